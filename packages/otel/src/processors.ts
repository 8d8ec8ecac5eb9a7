export { redactText } from "@footlight/core/redaction";
export { type BaggageAttributesOptions, baggageAttributes } from "./processor/baggage-attributes.ts";
export type { GivenSpanProcessor } from "./processor/behind.ts";
export type { ExporterLike, ExportResultLike } from "./processor/lossless/exporter-sink.ts";
export type { LosslessOptions } from "./processor/lossless/lossless-delivery.ts";
export { type LosslessLogProcessorOptions, losslessLogProcessor } from "./processor/lossless-log-processor.ts";
export { type LosslessSpanProcessorOptions, losslessSpanProcessor } from "./processor/lossless-span-processor.ts";
export { type RedactionOptions, redaction, redactionForLogs } from "./processor/redaction.ts";
export { type SizeLimitsOptions, type SizeLimitsReport, sizeLimits } from "./processor/size-limits.ts";
export type {
	EmittedRecordLike,
	EndedSpanLike,
	ItemLike,
	LinkLike,
	LogRecordLike,
	LogRecordProcessorLike,
	ResourceLike,
	SpanLike,
	SpanProcessorLike,
} from "./processor/span-shape.ts";
export { type TailSamplingOptions, type TailSamplingReport, tailSampling } from "./processor/tail-sampling.ts";
