import { isClosedEarly } from "../outcome.ts";
import { attend } from "./audience.ts";
import { handOver, overhear } from "./overhear.ts";
import { patchMethod } from "./patch.ts";
import type { ResultWatcher } from "./watcher.ts";

/** The part of a Node stream this file relies on; named by structure, since core imports no Node built-in. */
interface NodeReadable {
	emit(event: string, ...values: unknown[]): boolean;
	on(event: string, listener: (...values: unknown[]) => void): unknown;
	pipe(destination: unknown): unknown;
	read(size?: number): unknown;
	listenerCount(event: string): number;
	_read?(...given: unknown[]): void;
	_transform?(...given: unknown[]): void;
	_flush?(...given: unknown[]): void;
	readonly readableEnded?: boolean;
	readonly closed?: boolean;
	readonly errored?: unknown;
}

/** Where a stream makes its items. */
const steps = ["_read", "_transform", "_flush"] as const;

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
	attend(stream, watcher, {
		hook(audience) {
			overhear(stream, "emit", audience, (event, value) => hear(event, value, audience.present));
			for (const name of steps) {
				const step = stream[name];
				if (typeof step !== "function") continue;
				patchMethod(stream, name, (...given: unknown[]) =>
					audience.present.run(() => Reflect.apply(step, stream, given), undefined),
				);
			}
			return stream;
		},
		begin(newcomer) {
			newcomer.opened(listenedTo(stream));
			newcomer.countItems();
		},
	});
	handOver(stream);
	return stream;
}

function endedBefore(stream: NodeReadable, watcher: ResultWatcher): void {
	if (stream.readableEnded) watcher.settled();
	else if (stream.errored) watcher.failed(stream.errored);
	else watcher.cancelled();
}

/** A consumer that listens never asks for an item, so it would seem to have left. */
function listenedTo(stream: NodeReadable): () => boolean {
	const listened = new WeakRef(stream);
	return () => {
		try {
			return ["data", "readable"].some((event) => (listened.deref()?.listenerCount(event) ?? 0) > 0);
		} catch {
			// A method of the user's that cannot be asked tells of no listener.
			return false;
		}
	};
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
			// With such an error a pipeline destroys its source when the other side has gone.
			if (isClosedEarly(value)) watcher.cancelled();
			else watcher.failed(value);
			break;
		case "close":
			// Closed before its end and without an error: the consumer destroyed it.
			watcher.cancelled();
			break;
	}
}
