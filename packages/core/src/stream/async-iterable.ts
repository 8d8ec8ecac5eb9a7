import { type Audience, attend } from "./audience.ts";
import { type Branches, branchOf } from "./branch.ts";
import { finalized } from "./finalization.ts";
import { followIterator, mayBeIterator, type Stepping, watchIterator } from "./iterator.ts";
import { opening } from "./opening.ts";
import { isPatchable, patchMethod, proxyWith } from "./patch.ts";
import type { ResultWatcher } from "./watcher.ts";

type Tee = () => readonly AsyncIterable<unknown>[];

/** What is known of an iterable from elsewhere. */
interface Beside {
	readonly inUse?: () => boolean;
	readonly counted?: () => boolean;
	/** Hooks more of it, once. */
	readonly hook?: (audience: Audience) => void;
}

/** Watches an async iterable, changed in place: a generator object, a client's stream class, a cursor. */
export function followAsyncIterable(
	iterable: AsyncIterable<unknown>,
	watcher: ResultWatcher,
	{ inUse, counted = () => false, hook }: Beside = {},
): object {
	const stepping: Stepping = { mode: "async", aborted: abortedBy(iterable), counted };
	if (hook === undefined && mayBeIterator(iterable, Symbol.asyncIterator)) {
		return followIterator(iterable, watcher, stepping);
	}
	return attend(iterable, watcher, {
		hook(audience) {
			hook?.(audience);
			return hookIterable(iterable, audience, stepping);
		},
		begin(newcomer) {
			newcomer.opened(inUse);
			newcomer.countItems();
		},
	});
}

function hookIterable(iterable: AsyncIterable<unknown>, audience: Audience, stepping: Stepping): object {
	const methods = new Map<PropertyKey, (...input: never[]) => unknown>();
	const iterate = iterable[Symbol.asyncIterator];
	methods.set(Symbol.asyncIterator, () => {
		const watcher = audience.present;
		const iterator = opening(watcher, () => iterate.call(iterable));
		// What cannot be iterated is for the consumer to fail on.
		const isWatchable = !watcher.ended && iterator !== null && typeof iterator === "object";
		return isWatchable ? watchIterator(iterator, watcher, stepping) : iterator;
	});
	const { tee } = iterable as { tee?: Tee };
	if (typeof tee === "function") {
		methods.set("tee", () => {
			const watcher = audience.present;
			return teed(
				watcher.run(() => tee.call(iterable), undefined),
				watcher,
			);
		});
	}
	if (!isPatchable(iterable, [...methods.keys()])) return proxyWith(iterable, methods);
	for (const [name, method] of methods) patchMethod(iterable, name, method);
	return iterable;
}

/** The stream of a client ends without an error when its `controller` aborts it. */
function abortedBy(iterable: object): () => boolean {
	const { controller } = iterable as { controller?: Partial<AbortController> };
	return () => {
		try {
			return controller?.signal?.aborted === true;
		} catch {
			return false;
		}
	};
}

function teed(branches: readonly AsyncIterable<unknown>[], watcher: ResultWatcher): readonly unknown[] {
	if (watcher.ended) return branches;
	const shared: Branches = { seen: 0, open: 0 };
	finalized.keep(watcher);
	return branches.map((branch) => followAsyncIterable(branch, branchOf(watcher, shared)));
}
