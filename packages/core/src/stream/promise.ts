import { watchIterator } from "./iterator.ts";
import { opening } from "./opening.ts";
import { patchMethod } from "./patch.ts";
import type { ResultWatcher } from "./watcher.ts";

const { then } = Promise.prototype;

/**
 * Watches a promise of the platform's class; undefined for what only looks like one: a proxy, an heir of the prototype.
 *
 * A derived promise is as good as the first, and leaves an unhandled rejection unhandled.
 *
 * @param arrive - gives what is handed on in place of what the promise gave
 */
export function followPromise(
	promise: Promise<unknown>,
	watcher: ResultWatcher,
	arrive: (value: unknown) => unknown,
): Promise<unknown> | undefined {
	let derived: Promise<unknown>;
	try {
		derived = watcher.unwatched
			? then.call(promise, arrive)
			: then.call(promise, arrive, (error) => {
					watcher.failed(error);
					throw error;
				});
	} catch {
		return undefined;
	}
	if (watcher.givesFreshPromises === true) return derived;
	const members = Reflect.ownKeys(promise);
	if (members.length > 0) carryMembers(members, promise, derived, watcher);
	return derived;
}

/** A promise may have been given members of its own: a `cancel`, the process it waits for, a list's iteration. */
function carryMembers(
	members: readonly PropertyKey[],
	from: Promise<unknown>,
	to: Promise<unknown>,
	watcher: ResultWatcher,
): void {
	for (const name of members) {
		// What the platform has put on both (ids of asynchronous hooks) differs.
		if (Object.hasOwn(to, name)) continue;
		Object.defineProperty(to, name, Object.getOwnPropertyDescriptor(from, name) as PropertyDescriptor);
		if (name === Symbol.asyncIterator) hookIteration(to as Promise<unknown> & AsyncIterable<unknown>, watcher);
	}
}

/** Follows an iteration begun before the promise has settled: then both are waited for. */
function hookIteration(promise: Promise<unknown> & AsyncIterable<unknown>, watcher: ResultWatcher): void {
	const { [Symbol.asyncIterator]: iterate } = promise;
	if (typeof iterate !== "function") return;
	let isLasting = false;
	const hooked = () => {
		if (watcher.ended) return iterate.call(promise);
		const iterator = opening(watcher, () => iterate.call(promise));
		// Whoever iterates hears of a failure there, and need not look at the promise as well.
		then.call(promise, undefined, () => {});
		if (!isLasting) watcher.opened();
		isLasting = true;
		watcher.opened();
		watcher.countItems();
		return watchIterator(iterator, watcher, { mode: "async" });
	};
	try {
		patchMethod(promise, Symbol.asyncIterator, hooked);
	} catch {
		// A member that cannot be changed is carried as it is.
	}
}
