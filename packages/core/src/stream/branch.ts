import type { ResultWatcher } from "./watcher.ts";

/** What the branches of one stream share. */
export interface Branches {
	/** Every branch sees all items, so the stream has given as many as the branch that is furthest on has had. */
	seen: number;
	/** Branches that have not stopped. */
	open: number;
}

/**
 * Hears one branch on behalf of the whole stream, which has ended once any of them comes to its end: what the others
 * still read is only kept for them.
 */
export function branchOf(whole: ResultWatcher, branches: Branches): ResultWatcher {
	let seen = 0;
	let over = false;
	const isLast = (): boolean => {
		if (over) return false;
		over = true;
		return --branches.open === 0;
	};
	return {
		get ended() {
			return over || whole.ended;
		},
		get unwatched() {
			return whole.unwatched === true;
		},
		run: (step, argument) => whole.run(step, argument),
		isActive: () => whole.isActive(),
		opened: () => void branches.open++,
		released: (value) => whole.released(value),
		settled: (value) => whole.settled(value),
		cancelled: () => (isLast() ? whole.cancelled() : undefined),
		unreachable: () => (isLast() ? whole.unreachable() : undefined),
		failed: (error) => whole.failed(error),
		abandon: () => (isLast() ? whole.abandon() : undefined),
		awaiting: () => whole.awaiting(),
		answered: () => whole.answered(),
		countItems: () => {},
		item(item) {
			if (++seen <= branches.seen) return;
			branches.seen = seen;
			whole.item(item);
		},
	};
}
