export { type ManualClock, manualClock } from "./manual-clock.ts";
export { type MiddlewareContractOptions, middlewareContract } from "./middleware-contract.ts";
export { type LogLine, type RecordingLogger, recordingLogger } from "./recording-logger.ts";
export { failingSink, type RecordingSink, recordingSink, type SinkFailure } from "./recording-sink.ts";
export { type FinishedSpan, type RecordingTracerProvider, recordingTracerProvider } from "./recording-tracer.ts";
export { type ScriptedCall, type ScriptedHandler, scriptedHandler } from "./scripted-handler.ts";
export { type SpanTreeOptions, spanTree } from "./span-tree.ts";
export { type TestCallOptions, testCall } from "./test-call.ts";
