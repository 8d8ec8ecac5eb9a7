import type { Clock } from "../clock.ts";
import {
	integerFrom,
	knownOptions,
	milliseconds,
	nonEmptyName,
	oneOf,
	optionalBoolean,
	optionalFunction,
	positiveInteger,
	refuse,
	withMethods,
} from "../option.ts";
import type { StreamEventListener } from "../stream-reporter.ts";
import { type ChunkDuration, DurationMeasure } from "./duration-measure.ts";
import type { Measure } from "./measure.ts";
import { checkPcmFormat, type PcmFormat } from "./pcm-format.ts";
import { PcmMeasure } from "./pcm-measure.ts";

/** What happens to a chunk that a full buffer has no room for, or to what it would push out. */
export type BufferPolicy = "drop-oldest" | "drop-newest" | "reject";

/** Options of every {@link StreamingBuffer}. */
export interface CommonBufferOptions {
	/** What its metrics and events are told apart by: of the few names that your code has for its buffers, no id. */
	readonly name: string;
	/** Playing time that makes it ready, in milliseconds. @default 200, or `maxMs` where that is less */
	readonly targetMs?: number;
	/** Playing time that it has room for, in milliseconds. @default 2,000 */
	readonly maxMs?: number;
	/** Chunks that it has room for, however short they are. @default 100,000 */
	readonly maxChunks?: number;
	/** Reads give nothing before the target is reached for the first time, or again after `clear`. @default true */
	readonly prebuffer?: boolean;
	/** Reads give nothing after an underrun either, until the target is reached again. @default false */
	readonly rebuffer?: boolean;
	/**
	 * Drops the oldest that is there, the newest of what comes, or takes nothing of a chunk that does not fit as a whole and
	 * throws. @default "drop-oldest"
	 */
	readonly policy?: BufferPolicy;
	/** Overflows within this time of an event are summed up in the next one, in milliseconds; 0 for an event each. @default 1,000 */
	readonly eventIntervalMs?: number;
	/** Hears its events. */
	readonly onEvent?: StreamEventListener;
	/** @default the clock of the call it is made in, or of the machine */
	readonly clock?: Clock;
}

/** Options of a buffer of PCM audio. */
export interface PcmBufferOptions extends CommonBufferOptions {
	readonly format: PcmFormat;
}

/** Options of a buffer of chunks of any kind: encoded audio, video, text that is spoken. */
export interface ChunkBufferOptions<Chunk> extends CommonBufferOptions, ChunkDuration<Chunk> {}

/** Options of {@link StreamingBuffer}. */
export type StreamingBufferOptions<Chunk = Uint8Array> =
	| ChunkBufferOptions<Chunk>
	| (Uint8Array extends Chunk ? PcmBufferOptions : never);

/** Options as a buffer works with them. */
export interface BufferSettings<Chunk> {
	readonly name: string;
	readonly measure: Measure<Chunk>;
	readonly targetMs: number;
	readonly maxMs: number;
	readonly maxChunks: number;
	readonly prebuffer: boolean;
	readonly rebuffer: boolean;
	readonly policy: BufferPolicy;
	readonly eventIntervalMs: number;
	readonly onEvent: StreamEventListener | undefined;
	readonly clock: Clock | undefined;
}

type AnyOptions<Chunk> = CommonBufferOptions & Partial<PcmBufferOptions> & Partial<ChunkBufferOptions<Chunk>>;

const known = [
	...["name", "format", "durationOf", "split", "join", "targetMs", "maxMs", "maxChunks", "prebuffer", "rebuffer"],
	...["policy", "eventIntervalMs", "onEvent", "clock"],
];

const defaultTargetMs = 200;

export function checkBufferOptions<Chunk>(options: StreamingBufferOptions<Chunk>): BufferSettings<Chunk> {
	const where = "StreamingBuffer";
	if (options === undefined) refuse(TypeError, `${where}: options`, "an object", options);
	knownOptions(where, options, known);
	const given = options as AnyOptions<Chunk>;
	const { name, maxMs = 2_000, maxChunks = 100_000, prebuffer = true, rebuffer = false } = given;
	const { policy = "drop-oldest", eventIntervalMs = 1_000, onEvent, clock } = given;
	nonEmptyName(`${where}: name`, name);
	milliseconds(`${where}: maxMs`, maxMs);
	const { targetMs = Math.min(defaultTargetMs, maxMs) } = given;
	integerFrom(`${where}: targetMs`, targetMs, 0);
	if (targetMs > maxMs) refuse(RangeError, `${where}: targetMs`, `at most maxMs, which is ${maxMs}`, targetMs);
	positiveInteger(`${where}: maxChunks`, maxChunks);
	optionalBoolean(`${where}: prebuffer`, prebuffer);
	optionalBoolean(`${where}: rebuffer`, rebuffer);
	oneOf(`${where}: policy`, policy, ["drop-oldest", "drop-newest", "reject"]);
	integerFrom(`${where}: eventIntervalMs`, eventIntervalMs, 0);
	optionalFunction(`${where}: onEvent`, onEvent);
	if (clock !== undefined) withMethods(`${where}: clock`, clock, ["now", "monotonicMs", "sleep"]);
	const measure = measureOf(where, given);
	if (maxMs * measure.unitsPerSecond < 1_000) refuse(RangeError, `${where}: maxMs`, "as long as a frame", maxMs);
	return {
		...{ name, measure, targetMs, maxMs, maxChunks, prebuffer, rebuffer, policy, eventIntervalMs },
		...{ onEvent, clock },
	};
}

function measureOf<Chunk>(where: string, options: AnyOptions<Chunk>): Measure<Chunk> {
	const { format, durationOf, split, join } = options;
	if (durationOf === undefined) {
		if (format === undefined) throw new TypeError(`${where}: needs a format, or a durationOf its chunks`);
		for (const [key, value] of Object.entries({ split, join })) {
			if (value !== undefined) refuse(TypeError, `${where}: ${key}`, "absent beside a format", value);
		}
		// Only a buffer of bytes has a format.
		return new PcmMeasure(checkPcmFormat(`${where}: format`, format)) as Measure<unknown> as Measure<Chunk>;
	}
	if (format !== undefined) refuse(TypeError, `${where}: durationOf`, "absent beside a format", durationOf);
	for (const [key, value] of Object.entries({ durationOf, split, join })) optionalFunction(`${where}: ${key}`, value);
	return new DurationMeasure({ durationOf, split, join });
}
