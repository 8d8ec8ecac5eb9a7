import { followAsyncIterable } from "./async-iterable.ts";
import { followIterator } from "./iterator.ts";
import { followNodeReadable, isNodeReadable } from "./node-readable.ts";
import { followThenable } from "./thenable.ts";
import type { ResultWatcher } from "./watcher.ts";
import { followWebStream, isWebStream } from "./web-stream.ts";

/**
 * Watches a result to its end and hands it outward as what it is: the primitive under every layer that observes.
 *
 * A plain value has ended already; a promise ends when it settles, and goes on if it gives a stream; a stream ends with
 * its last item, its error, or when its consumer stops. Nothing is read, awaited or buffered on Footlight's own behalf.
 */
export function follow(result: unknown, watcher: ResultWatcher): unknown {
	if (isPlainPromise(result)) return followPromise(result, watcher);
	const followed = followLasting(result, watcher);
	if (followed !== undefined) return followed.result;
	watcher.settled(result);
	return result;
}

/** Follows a result that lasts (a stream, a promise, a lazy thenable); undefined for a plain value. */
export function followLasting(result: unknown, watcher: ResultWatcher): { readonly result: unknown } | undefined {
	if (result === null || (typeof result !== "object" && typeof result !== "function")) return undefined;
	try {
		if (isWebStream(result)) return { result: followWebStream(result, watcher) };
		if (isNodeReadable(result)) return { result: followNodeReadable(result, watcher) };
		if (typeof (result as PromiseLike<unknown>).then === "function") {
			return { result: followThenable(result as PromiseLike<unknown>, watcher) };
		}
		if (typeof result === "function") return undefined;
		if (typeof (result as AsyncIterable<unknown>)[Symbol.asyncIterator] === "function") {
			return { result: followAsyncIterable(result as AsyncIterable<unknown>, watcher) };
		}
		if (isIterator(result)) return { result: followIterator(result, watcher, "sync") };
	} catch {
		// A getter of the user's object threw while it was looked at: it is handed on as it is.
	}
	return undefined;
}

function isIterator(result: object): result is IterableIterator<unknown> {
	return (
		typeof (result as Iterator<unknown>).next === "function" &&
		typeof (result as Iterable<unknown>)[Symbol.iterator] === "function"
	);
}

/** A promise with nothing of its own: a derived one is as good, and leaves an unhandled rejection unhandled. */
function isPlainPromise(result: unknown): result is Promise<unknown> {
	return (
		result instanceof Promise &&
		result.constructor === Promise &&
		// biome-ignore lint/suspicious/noThenProperty: it is looked for, not made
		!Object.hasOwn(result, "then")
	);
}

export function followPromise(promise: Promise<unknown>, watcher: ResultWatcher): Promise<unknown> {
	return promise.then(
		(value) => {
			if (value !== null && typeof value === "object") {
				const followed = followLasting(value, watcher);
				if (followed !== undefined) return followed.result;
			}
			watcher.settled(value);
			return value;
		},
		(error) => {
			watcher.failed(error);
			throw error;
		},
	);
}
