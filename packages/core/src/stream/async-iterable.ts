import { finalized } from "./finalization.ts";
import { followIterator, watchIterator } from "./iterator.ts";
import { isPatchable, patchMethod, proxyWith } from "./patch.ts";
import type { ResultWatcher } from "./watcher.ts";

type Tee = () => readonly unknown[];

/** Watches an async iterable, changed in place: a generator object, a client's stream class, a cursor. */
export function followAsyncIterable(iterable: AsyncIterable<unknown>, watcher: ResultWatcher): object {
	if (typeof (iterable as unknown as AsyncIterator<unknown>).next === "function") {
		return followIterator(iterable, watcher, "async");
	}
	watcher.opened();
	watcher.countItems();
	const methods = new Map<PropertyKey, (...input: never[]) => unknown>();
	const iterate = iterable[Symbol.asyncIterator];
	methods.set(Symbol.asyncIterator, () => {
		const iterator = watcher.run(() => iterate.call(iterable), undefined);
		return watcher.ended ? iterator : watchIterator(iterator, watcher, "async");
	});
	const { tee } = iterable as { tee?: Tee };
	if (typeof tee === "function") methods.set("tee", () => teed(watcher.run(() => tee.call(iterable), undefined), watcher));
	if (!isPatchable(iterable, [...methods.keys()])) {
		const proxy = proxyWith(iterable, methods);
		finalized.watch(proxy, watcher);
		return proxy;
	}
	for (const [name, method] of methods) patchMethod(iterable, name, method);
	finalized.watch(iterable, watcher);
	return iterable;
}

/** Each branch is a piece of its own: the call lasts until the slower one ends. */
function teed(branches: readonly unknown[], watcher: ResultWatcher): readonly unknown[] {
	if (watcher.ended) return branches;
	const followed = branches.map((branch, index) =>
		followAsyncIterable(branch as AsyncIterable<unknown>, branchOf(watcher, index)),
	);
	finalized.keep(watcher);
	watcher.released();
	return followed;
}

/** Hears one branch on behalf of the whole. Every branch sees all items; the first alone counts them. */
export function branchOf(watcher: ResultWatcher, index: number): ResultWatcher & { abandon(): void } {
	const counts = index === 0;
	return {
		get ended() {
			return watcher.ended;
		},
		run: (step, argument) => watcher.run(step, argument),
		opened: () => watcher.opened(),
		released: (value) => watcher.released(value),
		settled: (value) => watcher.settled(value),
		cancelled: () => watcher.cancelled(),
		abandon: () => watcher.cancelled(),
		failed: (error) => watcher.failed(error),
		countItems: () => {},
		item: (item) => (counts ? watcher.item(item) : undefined),
	};
}
