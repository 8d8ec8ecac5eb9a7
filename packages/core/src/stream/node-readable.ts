import type { Context } from "@opentelemetry/api";
import { activeContext, withContext } from "../context.ts";
import { finalized } from "./finalization.ts";
import { patchMethod } from "./patch.ts";
import type { ResultWatcher } from "./watcher.ts";

/** The part of a Node stream this file relies on; named by structure, since core imports no Node built-in. */
interface NodeReadable {
	emit(event: string, ...values: unknown[]): boolean;
	on(event: string, listener: (...values: unknown[]) => void): unknown;
	pipe(destination: unknown): unknown;
	read(size?: number): unknown;
	listenerCount(event: string): number;
	_read?(size: number): void;
	readonly readableEnded?: boolean;
	readonly closed?: boolean;
	readonly errored?: unknown;
}

interface Followed {
	/** The innermost call first: it ends before those around it. */
	readonly watchers: ResultWatcher[];
	/** Context of whoever was handed the stream last. */
	consumer: Context;
}

const followed = new WeakMap<object, Followed>();

export function isNodeReadable(value: object): value is NodeReadable {
	const stream = value as Partial<NodeReadable> & { _readableState?: unknown };
	return (
		typeof stream.pipe === "function" &&
		typeof stream.on === "function" &&
		typeof stream.read === "function" &&
		typeof stream._readableState === "object"
	);
}

/**
 * Watches a Node Readable, changed in place, without listening to it: a listener for `data` would start its flow, one
 * for `error` would swallow an error nobody else handles.
 */
export function followNodeReadable(stream: NodeReadable, watcher: ResultWatcher): object {
	if (stream.readableEnded || stream.closed) {
		endedBefore(stream, watcher);
		return stream;
	}
	const { watchers } = patchOnce(stream);
	watcher.opened(listenedTo(stream));
	watcher.countItems();
	watchers.push(watcher);
	const { _read } = stream;
	if (typeof _read === "function") {
		patchMethod(stream, "_read", (size: number) => watcher.run(() => Reflect.apply(_read, stream, [size]), undefined));
	}
	finalized.watch(stream, watcher);
	return stream;
}

function endedBefore(stream: NodeReadable, watcher: ResultWatcher): void {
	if (stream.readableEnded) watcher.settled();
	else if (stream.errored) watcher.failed(stream.errored);
	else watcher.cancelled();
}

function patchOnce(stream: NodeReadable): Followed {
	const known = followed.get(stream);
	if (known !== undefined) {
		known.consumer = activeContext();
		return known;
	}
	const { emit } = stream;
	const state: Followed = { watchers: [], consumer: activeContext() };
	patchMethod(stream, "emit", (...given: [string, ...unknown[]]) => {
		const { watchers, consumer } = state;
		for (const watcher of watchers) if (!watcher.ended) hear(given[0], given[1], watcher);
		const heard = () => Reflect.apply(emit, stream, given);
		// What listens is the consumer's: its own spans must not end up under the call that reads.
		return watchers.at(-1)?.isActive() ? withContext(consumer, heard, undefined) : heard();
	});
	followed.set(stream, state);
	return state;
}

/** A consumer that listens never asks for an item, so it would seem to have left. */
function listenedTo(stream: NodeReadable): () => boolean {
	const listened = new WeakRef(stream);
	return () => ["data", "readable"].some((event) => (listened.deref()?.listenerCount(event) ?? 0) > 0);
}

function hear(event: string, value: unknown, watcher: ResultWatcher): void {
	switch (event) {
		case "data":
			watcher.item(value);
			break;
		case "end":
			watcher.settled();
			break;
		case "error":
			watcher.failed(value);
			break;
		case "close":
			// Closed before its end and without an error: the consumer destroyed it.
			watcher.cancelled();
			break;
	}
}
