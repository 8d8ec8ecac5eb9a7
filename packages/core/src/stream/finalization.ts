import { membersOf } from "./fan.ts";
import type { ResultWatcher } from "./watcher.ts";

/** What is told when the last object is collected that could be used to read on: an iterable, its iterators. */
export interface Hold {
	/** None once it has ended: what it leads to (a run and all its outputs) may hold the object itself. */
	watcher: ResultWatcher | undefined;
	objects: number;
}

const holds = new WeakMap<ResultWatcher, Hold>();

const registry = new FinalizationRegistry<readonly Hold[]>((collected) => {
	for (const hold of collected) if (--hold.objects <= 0) hold.watcher?.unreachable();
});

/**
 * Ends the span of a stream that was dropped unread, outside any run that could sweep it.
 *
 * A watcher that holds a reference to what it is registered for keeps it from being collected until it has ended.
 */
export const finalized = {
	/** Counts an object that a watcher can be told by; `watch` says when there are no more of them. */
	hold(watcher: ResultWatcher): Hold | undefined {
		if (watcher.unwatched) return undefined;
		let hold = holds.get(watcher);
		if (hold === undefined) {
			hold = { watcher, objects: 0 };
			holds.set(watcher, hold);
		}
		hold.objects++;
		return hold;
	},
	/** Once for each object: those who watch it may change. */
	watch(object: object, watching: readonly Hold[]): void {
		registry.register(object, watching);
	},
	/** The watcher's stream lives on in others (branches), which are watched by themselves. */
	keep(watcher: ResultWatcher): void {
		for (const member of membersOf(watcher)) {
			const hold = holds.get(member);
			if (hold !== undefined) hold.objects = Number.POSITIVE_INFINITY;
		}
	},
	/** The watcher has ended, and nothing that is collected matters to it. */
	release(watcher: ResultWatcher): void {
		const hold = holds.get(watcher);
		if (hold !== undefined) hold.watcher = undefined;
	},
};
