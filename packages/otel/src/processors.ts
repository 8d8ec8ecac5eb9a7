export { type BaggageAttributesOptions, baggageAttributes } from "./processor/baggage-attributes.ts";
export { redactText } from "./processor/redact-text.ts";
export { type RedactionOptions, redaction, redactionForLogs } from "./processor/redaction.ts";
export { type SizeLimitsOptions, type SizeLimitsReport, sizeLimits } from "./processor/size-limits.ts";
export type { LogRecordLike, LogRecordProcessorLike, SpanLike, SpanProcessorLike } from "./processor/span-shape.ts";
