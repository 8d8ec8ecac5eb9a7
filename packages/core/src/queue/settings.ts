import type { Clock } from "../clock.ts";
import {
	integerFrom,
	knownOptions,
	milliseconds,
	nonEmptyName,
	oneOf,
	optionalFunction,
	positiveInteger,
	ratio,
	refuse,
	withMethods,
} from "../option.ts";
import type { StreamEventListener } from "../stream-reporter.ts";
import { ignoreRejection, isThenable } from "../thenable.ts";

/** What a full queue does with one item more. */
export type QueuePolicy = (typeof policies)[number];

const policies = ["block", "drop-oldest", "drop-newest", "reject"] as const;

/** Options of a `ChunkQueue`. */
export interface ChunkQueueOptions<T> {
	/** What its metrics and events are told apart by: the name of a kind of stream, never of a single one. */
	readonly name: string;
	/** Most items that wait in it. @default 100 */
	readonly capacity?: number;
	/** Most bytes that wait in it; an item that is larger is refused. @default no limit */
	readonly maxBytes?: number;
	/**
	 * Size of an item in bytes; asked only where there is a `maxBytes`.
	 * @default `byteLength` of what has one; for a string, two for each character
	 */
	readonly sizeOf?: (item: T) => number;
	/** What a full queue does with one item more. @default "block" */
	readonly policy?: QueuePolicy;
	/** So full, by items or by bytes, is a queue that is throttled. @default 0.8 */
	readonly highWaterRatio?: number;
	/** So full, by items and by bytes, is a queue that no longer is. @default 0.2 */
	readonly lowWaterRatio?: number;
	/**
	 * What is found to happen again within so many milliseconds of an event is summed in the next; 0 tells each.
	 * @default 1000
	 */
	readonly eventIntervalMs?: number;
	/**
	 * Hears the queue's events, wherever else they go; of what it causes itself as it hears one it is told the drops alone,
	 * summed in a later event.
	 */
	readonly onEvent?: StreamEventListener;
	/** @default the clock of the call the queue is made in; outside of any, the machine's */
	readonly clock?: Clock;
}

/** How long to wait for room or for an item. */
export interface QueueWait {
	/** Longest wait, in milliseconds. @default as long as it takes */
	readonly timeoutMs?: number;
	/** Ends the wait; what waits is rejected with its reason. */
	readonly signal?: AbortSignal;
}

/** Options of an iteration over a queue. */
export interface ValuesOptions {
	/** Closes the queue when the loop is left before its end. @default false */
	readonly closeWhenLeft?: boolean;
}

/** Options of a queue that have been checked, with the marks as numbers. */
export interface QueueSettings<T> {
	readonly name: string;
	readonly capacity: number;
	readonly maxBytes: number;
	/** None where bytes do not count. */
	readonly sizeOf: ((item: T) => number) | undefined;
	readonly policy: QueuePolicy;
	readonly high: Mark;
	readonly low: Mark;
	readonly eventIntervalMs: number;
}

/** How full a queue is. */
export interface Mark {
	readonly items: number;
	readonly bytes: number;
}

const known = [
	...["name", "capacity", "maxBytes", "sizeOf", "policy", "highWaterRatio", "lowWaterRatio"],
	...["eventIntervalMs", "onEvent", "clock"],
];

export function queueSettings<T>(options: ChunkQueueOptions<T>): QueueSettings<T> {
	if (options === undefined) refuse(TypeError, "ChunkQueue: options", "an object", options);
	knownOptions("ChunkQueue", options, known);
	const { name, capacity = 100, maxBytes, sizeOf, policy = "block", eventIntervalMs = 1_000 } = options;
	const { highWaterRatio = 0.8, lowWaterRatio = 0.2, onEvent, clock } = options;
	nonEmptyName("ChunkQueue: name", name);
	positiveInteger("ChunkQueue: capacity", capacity);
	if (maxBytes !== undefined) positiveInteger("ChunkQueue: maxBytes", maxBytes);
	optionalFunction("ChunkQueue: sizeOf", sizeOf);
	if (sizeOf !== undefined && maxBytes === undefined) {
		refuse(TypeError, "ChunkQueue: sizeOf", "absent without a maxBytes", sizeOf);
	}
	oneOf("ChunkQueue: policy", policy, policies);
	ratio("ChunkQueue: highWaterRatio", highWaterRatio);
	ratio("ChunkQueue: lowWaterRatio", lowWaterRatio);
	if (highWaterRatio <= lowWaterRatio) {
		refuse(RangeError, "ChunkQueue: highWaterRatio", `above lowWaterRatio (${lowWaterRatio})`, highWaterRatio);
	}
	integerFrom("ChunkQueue: eventIntervalMs", eventIntervalMs, 0);
	if (eventIntervalMs > 0) milliseconds("ChunkQueue: eventIntervalMs", eventIntervalMs);
	optionalFunction("ChunkQueue: onEvent", onEvent);
	if (clock !== undefined) withMethods("ChunkQueue: clock", clock, ["now", "monotonicMs", "sleep"]);
	const most = maxBytes ?? Number.POSITIVE_INFINITY;
	return {
		name,
		capacity,
		maxBytes: most,
		sizeOf: maxBytes === undefined ? undefined : (sizeOf ?? sizeOfChunk),
		policy,
		// A product may be a little off: 0.07 * 100 is more than 7.
		high: { items: Math.ceil(capacity * highWaterRatio - 1e-9), bytes: most * highWaterRatio },
		low: {
			items: Math.floor(capacity * lowWaterRatio + 1e-9),
			bytes: maxBytes === undefined ? 0 : most * lowWaterRatio,
		},
		eventIntervalMs,
	};
}

const waitOptions = ["timeoutMs", "signal"];

export function checkWait(where: string, options: QueueWait): void {
	knownOptions(where, options, waitOptions);
	const { timeoutMs, signal } = options;
	if (timeoutMs !== undefined) milliseconds(`${where}: timeoutMs`, timeoutMs);
	checkSignal(where, signal);
}

export function checkSignal(where: string, signal: AbortSignal | undefined): void {
	if (signal !== undefined) withMethods(`${where}: signal`, signal, ["addEventListener", "removeEventListener"]);
}

/** Size of an item where bytes count. */
export function sizeIn<T>({ sizeOf }: QueueSettings<T>, item: T): number {
	if (sizeOf === undefined) return 0;
	const bytes: unknown = sizeOf(item);
	if (typeof bytes === "number" && bytes >= 0 && bytes < Number.POSITIVE_INFINITY) return bytes;
	// Of one written as an async function the promise may reject, which nobody else would hear.
	if (isThenable(bytes)) ignoreRejection(bytes);
	return refuse(
		typeof bytes === "number" ? RangeError : TypeError,
		"ChunkQueue: what sizeOf gives",
		"a number of at least 0",
		bytes,
	);
}

function sizeOfChunk(item: unknown): number {
	if (typeof item === "string") return 2 * item.length;
	const { byteLength } = (item ?? {}) as { byteLength?: unknown };
	return typeof byteLength === "number"
		? byteLength
		: refuse(TypeError, "ChunkQueue: an item", "binary or a string where there is a maxBytes but no sizeOf", item);
}
