import { membersOf } from "./fan.ts";
import type { ResultWatcher } from "./watcher.ts";

/** How many objects (an iterable, its iterators) can still be used to read on, for each watcher. */
const holders = new WeakMap<ResultWatcher, number>();

const registry = new FinalizationRegistry<ReadonlySet<ResultWatcher>>((watchers) => {
	for (const watcher of watchers) {
		const left = (holders.get(watcher) ?? 1) - 1;
		holders.set(watcher, left);
		if (left <= 0) watcher.unreachable();
	}
});

/**
 * Ends the span of a stream that was dropped unread, outside any run that could sweep it.
 *
 * A watcher must hold no reference to what it is registered for, or neither is ever collected.
 */
export const finalized = {
	/** Counts an object that a watcher can be told by; `watch` says when there are no more of them. */
	hold(watcher: ResultWatcher): void {
		if (!watcher.unwatched) holders.set(watcher, (holders.get(watcher) ?? 0) + 1);
	},
	/** Once for each object: those who watch it may change. */
	watch(object: object, watchers: ReadonlySet<ResultWatcher>): void {
		registry.register(object, watchers);
	},
	/** The watcher's stream lives on in others (branches), which are watched by themselves. */
	keep(watcher: ResultWatcher): void {
		for (const member of membersOf(watcher)) holders.set(member, Number.POSITIVE_INFINITY);
	},
};
