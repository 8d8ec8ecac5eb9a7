import type { ExporterSnapshot } from "@footlight/exporters/buffered";
import { recordCodec } from "./lossless/item-codec.ts";
import { type LosslessOptions, losslessDelivery } from "./lossless/lossless-delivery.ts";
import { recordBytes } from "./span-bytes.ts";
import type { EmittedRecordLike, LogRecordProcessorLike } from "./span-shape.ts";

export interface LosslessLogProcessorOptions extends LosslessOptions<EmittedRecordLike> {}

/**
 * Exports log records in batches as the batch processor of the SDK does, and loses none: as {@link losslessSpanProcessor}
 * does with spans.
 *
 * **Emits** the metrics `pipeline.exporter.*`, and the event `analytics.overflow`.
 * **Throws** RangeError or TypeError for options that cannot be; `SpoolError` where the spool cannot be opened.
 *
 * @example
 * new LoggerProvider({ processors: [losslessLogProcessor({ exporter })] });
 */
export function losslessLogProcessor(
	options: LosslessLogProcessorOptions,
): LogRecordProcessorLike & { snapshot(): ExporterSnapshot } {
	const { add, forceFlush, shutdown, snapshot } = losslessDelivery<EmittedRecordLike>(
		{ where: "losslessLogProcessor", plural: "logs", codec: recordCodec, bytesOf: recordBytes },
		options,
	);
	return { onEmit: (record) => add(record as EmittedRecordLike), forceFlush, shutdown, snapshot };
}
