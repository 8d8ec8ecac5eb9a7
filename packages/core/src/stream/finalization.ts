import type { ResultWatcher } from "./watcher.ts";

/** How many objects (an iterable, its iterators, a reader) can still be used to read on, for each watcher. */
const holders = new WeakMap<ResultWatcher, number>();

const registry = new FinalizationRegistry<ResultWatcher>((watcher) => {
	const left = (holders.get(watcher) ?? 1) - 1;
	holders.set(watcher, left);
	if (left <= 0) watcher.unreachable();
});

/**
 * Ends the span of a stream that was dropped unread, outside any run that could sweep it.
 *
 * A watcher must hold no reference to what it is registered for, or neither is ever collected.
 */
export const finalized = {
	watch(stream: object, watcher: ResultWatcher): void {
		if (watcher.unwatched) return;
		holders.set(watcher, (holders.get(watcher) ?? 0) + 1);
		registry.register(stream, watcher);
	},
	/** The watcher's stream lives on in others (branches), which are watched by themselves. */
	keep(watcher: ResultWatcher): void {
		holders.set(watcher, Number.POSITIVE_INFINITY);
	},
};
