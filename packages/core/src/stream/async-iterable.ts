import { type Branches, branchOf } from "./branch.ts";
import { finalized } from "./finalization.ts";
import { followIterator, type Stepping, watchIterator } from "./iterator.ts";
import { isPatchable, patchMethod, proxyWith } from "./patch.ts";
import type { ResultWatcher } from "./watcher.ts";

type Tee = () => readonly AsyncIterable<unknown>[];

/** What is known of an iterable from elsewhere. */
interface Beside {
	readonly inUse?: () => boolean;
	readonly counted?: () => boolean;
}

/** Watches an async iterable, changed in place: a generator object, a client's stream class, a cursor. */
export function followAsyncIterable(
	iterable: AsyncIterable<unknown>,
	watcher: ResultWatcher,
	beside: Beside = {},
): object {
	const { inUse, counted = () => false } = beside;
	const stepping: Stepping = { mode: "async", aborted: abortedBy(iterable), counted };
	if (typeof (iterable as unknown as AsyncIterator<unknown>).next === "function") {
		return followIterator(iterable, watcher, stepping);
	}
	watcher.opened(inUse);
	watcher.countItems();
	const methods = new Map<PropertyKey, (...input: never[]) => unknown>();
	const iterate = iterable[Symbol.asyncIterator];
	methods.set(Symbol.asyncIterator, () => {
		const iterator = watcher.run(() => iterate.call(iterable), undefined);
		return watcher.ended ? iterator : watchIterator(iterator, watcher, stepping);
	});
	const { tee } = iterable as { tee?: Tee };
	if (typeof tee === "function")
		methods.set("tee", () =>
			teed(
				watcher.run(() => tee.call(iterable), undefined),
				watcher,
			),
		);
	if (!isPatchable(iterable, [...methods.keys()])) {
		const proxy = proxyWith(iterable, methods);
		finalized.watch(proxy, watcher);
		return proxy;
	}
	for (const [name, method] of methods) patchMethod(iterable, name, method);
	finalized.watch(iterable, watcher);
	return iterable;
}

/** The stream of a client ends without an error when its `controller` aborts it. */
function abortedBy(iterable: object): () => boolean {
	const { controller } = iterable as { controller?: Partial<AbortController> };
	return () => controller?.signal?.aborted === true;
}

function teed(branches: readonly AsyncIterable<unknown>[], watcher: ResultWatcher): readonly unknown[] {
	if (watcher.ended) return branches;
	const shared: Branches = { seen: 0, open: 0 };
	finalized.keep(watcher);
	return branches.map((branch) => followAsyncIterable(branch, branchOf(watcher, shared)));
}
