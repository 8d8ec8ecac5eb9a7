import { followAsyncIterable } from "./async-iterable.ts";
import { followEventStream, isEventStream } from "./event-stream.ts";
import { followIterator } from "./iterator.ts";
import { followNodeReadable, isNodeReadable } from "./node-readable.ts";
import { followThenable } from "./thenable.ts";
import type { ResultWatcher } from "./watcher.ts";
import { followWebStream, isWebStream } from "./web-stream.ts";

interface Lasting {
	readonly result: object;
}

/**
 * Watches a result to its end and hands it outward as what it is: the primitive under every layer that observes.
 *
 * A plain value has ended already; a promise ends when it settles, and goes on if it gives a stream; a stream ends with
 * its last item, its error, or when its consumer stops. Nothing is read, awaited or buffered on Footlight's own behalf.
 */
export function follow(result: unknown, watcher: ResultWatcher): unknown {
	if (isPlainPromise(result)) return followPromise(result, watcher);
	const lasting = followLasting(result, watcher);
	if (lasting !== undefined) return lasting.result;
	watcher.settled(result);
	return result;
}

/** Follows a result that lasts (a stream, a promise, a lazy thenable); undefined for a plain value. */
function followLasting(result: unknown, watcher: ResultWatcher): Lasting | undefined {
	if (result === null || (typeof result !== "object" && typeof result !== "function")) return undefined;
	try {
		const outward = followByKind(result, watcher);
		return outward && { result: outward };
	} catch {
		// A getter of the user's object threw while it was looked at: it is handed on as it is.
		return undefined;
	}
}

/** What was handed outward in place of what arrived. */
const arrivals = new WeakMap<object, WeakMap<ResultWatcher, Lasting>>();

/** One stream may arrive more than once, through two `then`s of one promise; it is followed once. */
function followArrival(result: unknown, watcher: ResultWatcher): Lasting | undefined {
	if (result === null || typeof result !== "object") return undefined;
	const known = arrivals.get(result)?.get(watcher);
	if (known !== undefined) return known;
	const lasting = followLasting(result, watcher);
	if (lasting === undefined) return undefined;
	for (const object of [result, lasting.result]) {
		const watchers = arrivals.get(object) ?? new WeakMap();
		arrivals.set(object, watchers.set(watcher, lasting));
	}
	return lasting;
}

function followByKind(result: object, watcher: ResultWatcher): object | undefined {
	if (isWebStream(result)) return followWebStream(result, watcher);
	if (isNodeReadable(result)) return followNodeReadable(result, watcher);
	if (typeof (result as PromiseLike<unknown>).then === "function") {
		return followThenable(result as PromiseLike<unknown>, watcher, followArrival);
	}
	if (typeof result === "function") return undefined;
	if (typeof (result as AsyncIterable<unknown>)[Symbol.asyncIterator] === "function") {
		return isEventStream(result)
			? followEventStream(result, watcher)
			: followAsyncIterable(result as AsyncIterable<unknown>, watcher);
	}
	return isIterator(result) ? followIterator(result, watcher, { mode: "sync" }) : undefined;
}

function isIterator(result: object): result is IterableIterator<unknown> {
	return (
		typeof (result as Iterator<unknown>).next === "function" &&
		typeof (result as Iterable<unknown>)[Symbol.iterator] === "function"
	);
}

const { then } = Promise.prototype;

/** A promise of the platform's own class: `await` reads it inside the platform, so it is derived from, not hooked. */
function isPlainPromise(result: unknown): result is Promise<unknown> {
	try {
		return result instanceof Promise && result.constructor === Promise;
	} catch {
		// A proxy may refuse to be looked at.
		return false;
	}
}

/** A derived promise is as good as the first, and leaves an unhandled rejection unhandled. */
function followPromise(promise: Promise<unknown>, watcher: ResultWatcher): Promise<unknown> {
	const arrived = (value: unknown) => {
		if (value !== null && typeof value === "object") {
			const lasting = followLasting(value, watcher);
			if (lasting !== undefined) return lasting.result;
		}
		watcher.settled(value);
		return value;
	};
	const derived: Promise<unknown> = watcher.unwatched
		? then.call(promise, arrived)
		: then.call(promise, arrived, (error) => {
				watcher.failed(error);
				throw error;
			});
	// A promise may have been given members of its own: a `cancel`, the process it waits for.
	if (Object.keys(promise).length > 0) carryMembers(promise, derived);
	return derived;
}

function carryMembers(from: object, to: object): void {
	for (const name of Object.getOwnPropertyNames(from)) {
		Object.defineProperty(to, name, Object.getOwnPropertyDescriptor(from, name) as PropertyDescriptor);
	}
}
