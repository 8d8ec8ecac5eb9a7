import { type Clock, type FootlightEvent, type RetryOptions, retry } from "@footlight/core";
import {
	knownOptions,
	milliseconds,
	nonEmptyName,
	optionalFunction,
	positiveInteger,
	ratio,
	refuse,
	withMethods,
} from "@footlight/core/option";
import type { MeterProvider } from "@opentelemetry/api";
import type { Priority, Spool, SpoolFigures } from "./backlog.ts";
import type { BatchSink } from "./batch.ts";
import { batchesFor, type ItemSink } from "./item-sink.ts";

/** What {@link BufferedExporterOptions.onOverflow} is told: items were shed, or not taken, for want of room. */
export interface Overflow {
	/** Items since it was told before. */
	readonly dropped: number;
	/** Items since the exporter was made. */
	readonly total: number;
	/** Items in memory. */
	readonly size: number;
	/** Items that memory has room for. */
	readonly capacity: number;
}

/** What {@link BufferedExporterOptions.onHighWater} is told. */
export interface HighWater {
	readonly size: number;
	readonly capacity: number;
	readonly bytes: number;
	readonly maxBytes: number;
	readonly spool: SpoolFigures | undefined;
}

/** Options of {@link BufferedExporter}. */
export interface BufferedExporterOptions<Item = FootlightEvent> {
	/** Name on its metrics and events: one of few, never an id. */
	readonly name: string;
	/** Where batches go; an `EventSink`, which takes one item at a time, will do as well. */
	readonly sink: BatchSink<Item> | ItemSink<Item>;
	/** Most items in memory, those in flight included. @default 10000 */
	readonly maxItems?: number;
	/** Most bytes in memory, by `sizeOf`, those in flight included. @default no limit */
	readonly maxBytes?: number;
	/** What an item counts for in `maxBytes` and `batchBytes`, in bytes. */
	readonly sizeOf?: (item: Item) => number;
	/** Most items of a batch; so many at once are sent without waiting. @default 512, or `maxItems` where that is less; for a sink that takes one at a time 1 */
	readonly batchSize?: number;
	/** Most bytes of a batch, but one item always may. @default no limit */
	readonly batchBytes?: number;
	/** Longest that an item waits for others to go with it while the sink is free, in milliseconds. @default 1000 */
	readonly maxDelayMs?: number;
	/** Most batches in flight at once. Beyond 1, only items of one `orderKeyOf` keep their order. @default 1 */
	readonly concurrency?: number;
	/** When an attempt to deliver a batch is given up, in milliseconds. @default 10000 */
	readonly timeoutMs?: number;
	/**
	 * How a batch that failed is tried again, as options of `retry`. A failure that `retryIf` calls temporary never gives a
	 * batch up: after `maxAttempts` there is a pause of `maxDelayMs`, and it begins anew.
	 * @default 5 attempts, from 500 ms to 30 s, Retry-After of up to an hour; temporary is what `isTransient` says, an
	 * abort, refused credentials (HTTP 401 and 403), a refusal by a breaker, a limit, a bulkhead or an exporter that has no
	 * room, and an answer that is no HTTP
	 */
	readonly retry?: RetryOptions;
	/** Share of `maxItems`, of `maxBytes` or of the spool at which `onHighWater` is called. @default 0.8 */
	readonly highWaterRatio?: number;
	/** Called once when it fills beyond `highWaterRatio`, and again only after it was below half of that. */
	readonly onHighWater?: (level: HighWater) => void;
	/** Called when items were shed: for the first at once, for those soon after it together. */
	readonly onOverflow?: (overflow: Overflow) => void;
	/** What an item is worth: where there is no room the lowest goes first, and of these the oldest. @default "normal" */
	readonly priorityOf?: (item: Item) => Priority | undefined;
	/** Items of one key are delivered in order of acceptance, whatever fails. @default no key */
	readonly orderKeyOf?: (item: Item) => string | undefined;
	/** Keeps what was accepted beyond the end of the process. @default in memory only */
	readonly spool?: Spool<Item>;
	/** @default the machine's clock */
	readonly clock?: Clock;
	/** Where metrics go. @default the globally registered provider, whenever that is */
	readonly meterProvider?: MeterProvider;
}

/** How batches are tried again, with what the pauses between the rounds of attempts are made of. */
export type ExporterRetryOptions = RetryOptions & Required<Pick<RetryOptions, "maxDelayMs" | "maxRetryAfterMs">>;

/** The options as they are used. */
export interface BufferedExporterSettings<Item> {
	readonly name: string;
	readonly sink: BatchSink<Item>;
	readonly maxItems: number;
	readonly maxBytes: number;
	readonly batchSize: number;
	readonly batchBytes: number;
	readonly maxDelayMs: number;
	readonly concurrency: number;
	readonly timeoutMs: number;
	readonly retry: ExporterRetryOptions;
	readonly highWaterRatio: number;
}

const known = [
	...["name", "sink", "maxItems", "maxBytes", "sizeOf", "batchSize", "batchBytes", "maxDelayMs", "concurrency"],
	...["timeoutMs", "retry", "highWaterRatio", "onHighWater", "onOverflow", "priorityOf", "orderKeyOf", "spool"],
	...["clock", "meterProvider"],
];
const functions = ["sizeOf", "onHighWater", "onOverflow", "priorityOf", "orderKeyOf"] as const;
const where = (option: string): string => `BufferedExporter: ${option}`;

/** Each lane costs a few queues, and nobody means more. */
const mostConcurrency = 1_024;

export function bufferedExporterSettings<Item>(options: BufferedExporterOptions<Item>): BufferedExporterSettings<Item> {
	if (options === undefined) refuse(TypeError, where("options"), "an object", options);
	knownOptions("BufferedExporter", options, known);
	const { name, maxItems = 10_000, maxBytes, sizeOf, batchBytes, maxDelayMs = 1_000, concurrency = 1 } = options;
	const { timeoutMs = 10_000, highWaterRatio = 0.8, spool, clock, meterProvider } = options;
	nonEmptyName(where("name"), name);
	const sink = sinkOf(options.sink);
	positiveInteger(where("maxItems"), maxItems);
	const batchSize = options.batchSize ?? (takesBatches(options.sink) ? Math.min(512, maxItems) : 1);
	positiveInteger(where("batchSize"), batchSize);
	if (batchSize > maxItems) refuse(RangeError, where("batchSize"), `at most maxItems (${maxItems})`, batchSize);
	for (const [option, bytes] of Object.entries({ maxBytes, batchBytes })) {
		if (bytes === undefined) continue;
		positiveInteger(where(option), bytes);
		if (sizeOf === undefined) refuse(TypeError, where("sizeOf"), `a function, since ${option} is set`, sizeOf);
	}
	milliseconds(where("maxDelayMs"), maxDelayMs);
	positiveInteger(where("concurrency"), concurrency);
	if (concurrency > mostConcurrency)
		refuse(RangeError, where("concurrency"), `at most ${mostConcurrency}`, concurrency);
	milliseconds(where("timeoutMs"), timeoutMs);
	ratio(where("highWaterRatio"), highWaterRatio);
	for (const option of functions) optionalFunction(where(option), options[option]);
	if (spool !== undefined && typeof (spool as Partial<Spool<Item>> | null)?.open !== "function")
		refuse(TypeError, where("spool"), "a fileSpool({ directory })", spool);
	if (clock !== undefined) withMethods(where("clock"), clock, ["now", "monotonicMs", "sleep"]);
	if (meterProvider !== undefined) withMethods(where("meterProvider"), meterProvider, ["getMeter"]);
	return {
		...{ name, sink, maxItems, batchSize, maxDelayMs, concurrency, timeoutMs, highWaterRatio },
		maxBytes: maxBytes ?? Number.POSITIVE_INFINITY,
		batchBytes: batchBytes ?? Number.POSITIVE_INFINITY,
		retry: retryOptions(options.retry),
	};
}

function sinkOf<Item>(sink: BatchSink<Item> | ItemSink<Item>): BatchSink<Item> {
	optionalFunction(where("sink.close"), (sink as Partial<BatchSink<Item>> | undefined | null)?.close);
	if (takesBatches(sink)) return sink;
	if (typeof (sink as Partial<ItemSink<Item>> | undefined | null)?.emit === "function") {
		return batchesFor(sink as ItemSink<Item>);
	}
	return refuse(TypeError, where("sink"), "an object with a method write or emit", sink);
}

function takesBatches<Item>(sink: BatchSink<Item> | ItemSink<Item>): sink is BatchSink<Item> {
	return typeof (sink as Partial<BatchSink<Item>> | undefined | null)?.write === "function";
}

/** The defaults; the retry layer itself checks what is given. */
function retryOptions(given: RetryOptions = {}): ExporterRetryOptions {
	if (!isPlain(given)) refuse(TypeError, where("retry"), "a plain object", given);
	const initialDelayMs = given.initialDelayMs ?? Math.min(500, given.maxDelayMs ?? 500);
	const maxDelayMs = given.maxDelayMs ?? Math.max(30_000, initialDelayMs);
	const maxRetryAfterMs = given.maxRetryAfterMs ?? 3_600_000;
	const options = { maxAttempts: 5, ...given, initialDelayMs, maxDelayMs, maxRetryAfterMs };
	try {
		retry(options);
	} catch (error) {
		const Kind = error instanceof RangeError ? RangeError : TypeError;
		throw new Kind(where((error as Error).message), { cause: error });
	}
	return options;
}

/** Of any other object the spread above would take nothing, or not all. */
function isPlain(value: unknown): boolean {
	if (typeof value !== "object" || value === null) return false;
	const prototype = Object.getPrototypeOf(value);
	return prototype === null || Object.getPrototypeOf(prototype) === null;
}
