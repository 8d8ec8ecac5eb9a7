import { telemetryFailed } from "../telemetry-failure.ts";
import { followAsyncIterable } from "./async-iterable.ts";
import { followEventStream, isEventStream } from "./event-stream.ts";
import { followIterator, mayBeIterator } from "./iterator.ts";
import { followNodeReadable, isNodeReadable } from "./node-readable.ts";
import { isPlainPromise } from "./plain-promise.ts";
import { followPromise } from "./promise.ts";
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
	try {
		if (isPlainPromise(result)) {
			const derived = followPromise(result, watcher, (value) => handedOn(value, watcher));
			if (derived !== undefined) return derived;
		}
		const lasting = followLasting(result, watcher);
		if (lasting !== undefined) return lasting.result;
		watcher.settled(result);
	} catch (error) {
		telemetryFailed("follow", error);
	}
	return result;
}

function handedOn(value: unknown, watcher: ResultWatcher): unknown {
	if (value !== null && typeof value === "object") {
		const lasting = followLasting(value, watcher);
		if (lasting !== undefined) return lasting.result;
	}
	watcher.settled(value);
	return value;
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

function followByKind(result: object, watcher: ResultWatcher): object | undefined {
	if (isWebStream(result)) return followWebStream(result, watcher);
	if (isNodeReadable(result)) return followNodeReadable(result, watcher);
	if (typeof (result as PromiseLike<unknown>).then === "function") {
		return followThenable(result as PromiseLike<unknown>, watcher, followLasting);
	}
	if (typeof result === "function") return undefined;
	if (typeof (result as AsyncIterable<unknown>)[Symbol.asyncIterator] === "function") {
		return isEventStream(result)
			? followEventStream(result, watcher)
			: followAsyncIterable(result as AsyncIterable<unknown>, watcher);
	}
	return mayBeIterator(result, Symbol.iterator) ? followIterator(result, watcher, { mode: "sync" }) : undefined;
}
