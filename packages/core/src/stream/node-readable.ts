import { finalized } from "./finalization.ts";
import { patchMethod } from "./patch.ts";
import type { ResultWatcher } from "./watcher.ts";

/** The part of a Node stream this file relies on; named by structure, since core imports no Node built-in. */
interface NodeReadable {
	emit(event: string, ...values: unknown[]): boolean;
	on(event: string, listener: (...values: unknown[]) => void): unknown;
	pipe(destination: unknown): unknown;
	read(size?: number): unknown;
	_read?(size: number): void;
	readonly readableEnded?: boolean;
	readonly destroyed?: boolean;
	readonly errored?: unknown;
}

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
	if (stream.readableEnded) {
		watcher.settled();
		return stream;
	}
	watcher.opened();
	watcher.countItems();
	const { emit, _read } = stream;
	patchMethod(stream, "emit", (event: string, ...values: unknown[]) => {
		if (!watcher.ended) hear(event, values, watcher);
		return Reflect.apply(emit, stream, [event, ...values]);
	});
	if (typeof _read === "function") {
		patchMethod(stream, "_read", (size: number) => watcher.run(() => Reflect.apply(_read, stream, [size]), undefined));
	}
	finalized.watch(stream, watcher);
	return stream;
}

function hear(event: string, values: readonly unknown[], watcher: ResultWatcher): void {
	switch (event) {
		case "data":
			watcher.item(values[0]);
			break;
		case "end":
			watcher.settled();
			break;
		case "error":
			watcher.failed(values[0]);
			break;
		case "close":
			// Closed before its end and without an error: the consumer destroyed it.
			watcher.cancelled();
			break;
	}
}
