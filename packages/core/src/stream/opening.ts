import type { ResultWatcher } from "./watcher.ts";

/** Runs what opens a result in the call's context; where that throws, the call has failed. */
export function opening<R>(watcher: ResultWatcher, open: () => R): R {
	try {
		return watcher.run(open, undefined);
	} catch (error) {
		watcher.failed(error);
		throw error;
	}
}
