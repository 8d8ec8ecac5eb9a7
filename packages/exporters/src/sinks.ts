export type { ClosableSink } from "./sinks/closable-sink.ts";
export { type CompositeSinkMembers, type CompositeSinkOptions, compositeSink } from "./sinks/composite-sink.ts";
export { type EventFilter, type EventPattern, filterSink } from "./sinks/filter-sink.ts";
export { type MemorySink, type MemorySinkOptions, memorySink } from "./sinks/memory-sink.ts";
export { type RedactSinkOptions, redactSink } from "./sinks/redact-sink.ts";
export { SinkClosedError, SinkError, type SinkErrorCode, SinkFullError } from "./sinks/sink-error.ts";
