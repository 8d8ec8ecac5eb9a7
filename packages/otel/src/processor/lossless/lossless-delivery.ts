import { telemetryFailed, warn } from "@footlight/core";
import { knownOptions, milliseconds, refuse, withMethods } from "@footlight/core/option";
import { withoutTelemetry } from "@footlight/core/telemetry";
import { BufferedExporter, type BufferedExporterOptions, type ExporterSnapshot } from "@footlight/exporters/buffered";
import { type FileSpoolOptions, fileSpool } from "@footlight/exporters/spool";
import { within } from "../../deadline.ts";
import type { ItemLike } from "../span-shape.ts";
import { type ExporterLike, exporterSink, mayBeExportedLater } from "./exporter-sink.ts";
import type { ItemCodec } from "./item-codec.ts";

/** The options that both lossless processors have. */
export interface LosslessOptions<Item>
	extends Pick<
		BufferedExporterOptions<Item>,
		"retry" | "highWaterRatio" | "onHighWater" | "onOverflow" | "priorityOf" | "clock" | "meterProvider"
	> {
	/** What delivers: the one that would be given to the batch processor. */
	readonly exporter: ExporterLike;
	/** Name on the metrics `pipeline.exporter.*`. @default "spans", or "logs" */
	readonly name?: string;
	/** Most items in memory, those in flight included. @default 50000 */
	readonly maxItems?: number;
	/** Most bytes that these take, by estimate. @default 64 MiB */
	readonly maxBytes?: number;
	/** Most items of an export. @default 512 */
	readonly batchSize?: number;
	/** Longest that an item waits for others to go with it, in milliseconds. @default 1000 */
	readonly maxDelayMs?: number;
	/** Most exports under way at once. @default 8 */
	readonly concurrency?: number;
	/** When an export that does not answer is given up and tried again, in milliseconds. @default 30000 */
	readonly timeoutMs?: number;
	/** Longest that a flush takes, and that a shutdown does, in milliseconds. @default 10000 */
	readonly deadlineMs?: number;
	/** Keeps what has not been delivered in files, for the next process with the same folder. @default in memory only */
	readonly spool?: Omit<FileSpoolOptions<Item>, "encode" | "decode">;
}

/** What both lossless processors do with items. */
export interface LosslessDelivery<Item> {
	add(item: Item): void;
	forceFlush(): Promise<void>;
	shutdown(): Promise<void>;
	snapshot(): ExporterSnapshot;
}

/** What sets the two apart. */
export interface LosslessKind<Item> {
	/** Of the factory, for messages. */
	readonly where: string;
	/** What items are called: the name of the exporter where none is given. */
	readonly plural: string;
	readonly codec: () => ItemCodec<Item>;
	readonly bytesOf: (item: Item) => number;
}

const known = [
	...["exporter", "name", "maxItems", "maxBytes", "batchSize", "maxDelayMs", "concurrency", "timeoutMs", "deadlineMs"],
	...["retry", "highWaterRatio", "onHighWater", "onOverflow", "priorityOf", "clock", "meterProvider", "spool"],
];
const defaultMaxItems = 50_000;

export function losslessDelivery<Item extends ItemLike>(
	{ where, plural, codec, bytesOf }: LosslessKind<Item>,
	options: LosslessOptions<Item>,
): LosslessDelivery<Item> {
	if (options === undefined) refuse(TypeError, `${where}: options`, "an object", options);
	knownOptions(where, options, known);
	const { exporter, deadlineMs = 10_000, spool, onOverflow, name = plural, ...others } = options;
	withMethods(`${where}: exporter`, exporter, ["export", "shutdown"]);
	milliseconds(`${where}: deadlineMs`, deadlineMs);
	if (spool !== undefined) checkSpool(`${where}: spool`, plural, spool);
	let hasTold = false;
	const buffered = new BufferedExporter<Item>({
		...{ maxItems: defaultMaxItems, maxBytes: 64 * 2 ** 20, concurrency: 8, timeoutMs: 30_000 },
		...others,
		...{ name, sizeOf: bytesOf, sink: exporterSink<Item>(exporter) },
		retry: { retryIf: mayBeExportedLater, ...options.retry },
		...(spool !== undefined && { spool: fileSpool<Item>({ ...spool, ...codec() }) }),
		onOverflow(overflow) {
			if (!hasTold) {
				hasTold = true;
				const count = "further ones are only counted, in pipeline.exporter.items";
				warn("FOOTLIGHT_TELEMETRY_DROPPED", `${name}: there is no room for all, the oldest are dropped; ${count}`);
			}
			onOverflow?.(overflow);
		},
	});

	return {
		add: (item) => buffered.tryEmit(item),
		snapshot: () => buffered.snapshot(),
		async forceFlush() {
			await buffered.flush({ timeoutMs: deadlineMs });
			if (exporter.forceFlush === undefined) return;
			await within(
				deadlineMs,
				withoutTelemetry(() => flushed(exporter)),
			);
		},
		async shutdown() {
			const { left } = await buffered.close({ timeoutMs: deadlineMs });
			if (left === 0) return;
			const fate = spool === undefined ? "are lost" : "stay in the spool, for the next process";
			warn("FOOTLIGHT_TELEMETRY_DROPPED", `${name}: ${left} were not delivered within ${deadlineMs} ms and ${fate}`);
		},
	};
}

/** A `BufferedExporter` takes a spool that is made; here it is made, since it has to know how to write what it holds. */
function checkSpool(where: string, plural: string, spool: unknown): void {
	const expected = `options such as { directory: "/var/spool/${plural}" }`;
	if (typeof spool !== "object" || spool === null || Array.isArray(spool)) refuse(TypeError, where, expected, spool);
	if ("open" in spool) throw new TypeError(`${where} must be ${expected}, got a fileSpool()`);
}

async function flushed(exporter: ExporterLike): Promise<void> {
	try {
		await exporter.forceFlush?.();
	} catch (error) {
		telemetryFailed("exporter", error);
	}
}
