import type { ExporterSnapshot } from "@footlight/exporters/buffered";
import { spanCodec } from "./lossless/item-codec.ts";
import { type LosslessOptions, losslessDelivery } from "./lossless/lossless-delivery.ts";
import { spanBytes } from "./span-bytes.ts";
import { type EndedSpanLike, isSampled, type SpanProcessorLike } from "./span-shape.ts";

export interface LosslessSpanProcessorOptions extends LosslessOptions<EndedSpanLike> {}

/**
 * Exports spans in batches as the batch processor of the SDK does, and loses none: exports run in parallel, one that fails
 * is tried again until it is taken, and with a `spool` what is left outlives the process.
 *
 * What it holds is bounded; beyond that the oldest spans are dropped, counted, and told by one warning. Delivery is at least
 * once. Spans that are recorded and not sampled are left out. `snapshot()` says what has become of the others.
 *
 * **Emits** the metrics `pipeline.exporter.*`, and the event `analytics.overflow`.
 * **Throws** RangeError or TypeError for options that cannot be; `SpoolError` where the spool cannot be opened.
 *
 * @example
 * new TracerProvider({ spanProcessors: [losslessSpanProcessor({ exporter })] });
 */
export function losslessSpanProcessor(
	options: LosslessSpanProcessorOptions,
): SpanProcessorLike & { snapshot(): ExporterSnapshot } {
	const { add, forceFlush, shutdown, snapshot } = losslessDelivery<EndedSpanLike>(
		{ where: "losslessSpanProcessor", plural: "spans", codec: spanCodec, bytesOf: spanBytes },
		options,
	);
	return {
		onStart() {},
		onEnding() {},
		onEnd(span) {
			const ended = span as EndedSpanLike;
			if (isSampled(ended.spanContext())) add(ended);
		},
		...{ forceFlush, shutdown, snapshot },
	};
}
