// For users.

export type { StageKind } from "./call.ts";
export type { CaptureOptions } from "./capture.ts";
export type { CorrelationIds } from "./correlation.ts";
export { describe, type StageDescription } from "./describe.ts";
export {
	CancelledError,
	type ErrorCode,
	FootlightError,
	InterruptedError,
	RejectedError,
	TimeoutError,
} from "./error.ts";
export type { EventAttributes, EventSink, FootlightEvent } from "./event.ts";
export { footlight } from "./footlight.ts";
export type { FootlightOptions, Light, RunOptions, StageOptions } from "./light.ts";
export type { Logger, LogLevel, LogMethod } from "./logger.ts";
export { logging } from "./middleware/logging.ts";
export { type ObserveOptions, observe } from "./middleware/observe.ts";
export { tracing } from "./middleware/tracing.ts";
export type { LoggingOptions } from "./observer/log-line.ts";
export type { TracingOptions } from "./observer/span.ts";
export type { Outcome } from "./outcome.ts";
export type { Current } from "./scope.ts";
export { type StandardStack, standardStack } from "./stack.ts";
export { telemetryFailures } from "./telemetry-failure.ts";
export type { InstrumentOptions } from "./wrap/instrument.ts";
export type { Staged } from "./wrap/staged.ts";

// For authors of layers, sinks and adapters.

export { attempts } from "./attempt.ts";
export { type Call, type CallKey, type CallKind, CallValues, callKey, type Definition } from "./call.ts";
export { type Clock, systemClock } from "./clock.ts";
export { markOutcome } from "./mark-outcome.ts";
export {
	type AddingMiddleware,
	type AsyncMiddleware,
	asyncLayer,
	compose,
	describeLayer,
	type Handler,
	type LayerDescription,
	layer,
	type Middleware,
} from "./middleware.ts";
export { endAbandonedStreams } from "./observation.ts";
export { classify, errorType, isFailure } from "./outcome.ts";
export { type AttributeDefinition, type AttributeName, attributes } from "./telemetry/attribute.ts";
export { telemetryFailed, warn } from "./telemetry-failure.ts";
export { version } from "./version.ts";
