// For users.

export type { StageKind } from "./call.ts";
export type { CaptureOptions } from "./capture.ts";
export type { CorrelationIds } from "./correlation.ts";
export type { Charge } from "./cost/charge.ts";
export {
	type CostDimension,
	type CostLedger,
	type CostLedgerOptions,
	type CostRow,
	costLedger,
} from "./cost/ledger.ts";
export { type OwnPrice, type OwnPricesOptions, ownPrices } from "./cost/own-prices.ts";
export type { PricedUsage } from "./cost/price-usage.ts";
export type { CostSource, Spend } from "./cost/spend.ts";
export type { TokenUsage, UsageExtractor } from "./cost/token-usage.ts";
export { describe, type StageDescription } from "./describe.ts";
export {
	BudgetExceededError,
	CancelledError,
	type ErrorCode,
	FootlightError,
	InterruptedError,
	RejectedError,
	TimeoutError,
} from "./error.ts";
export type { EventAttributes, EventSink, FootlightEvent } from "./event.ts";
export { footlight } from "./footlight.ts";
export type { ErrorAction } from "./graph/error-action.ts";
export type {
	ChosenEdge,
	Graph,
	GraphCompleted,
	GraphEdge,
	GraphNode,
	GraphOptions,
	GraphOutput,
	GraphReport,
	GraphResult,
	GraphRunOptions,
	GraphStep,
	GraphStopped,
	GraphStream,
	NamedEdge,
	NestedGraph,
	NodeFunction,
	NodeOptions,
} from "./graph/graph.ts";
export { EdgeError, StepLimitError } from "./graph/graph-error.ts";
export {
	type FromGraphMiddlewareOptions,
	fromGraphMiddleware,
	type GraphErrorContext,
	type GraphMiddleware,
	type GraphRunContext,
	type NodeRequest,
} from "./graph/graph-middleware.ts";
export type { FootlightOptions, Light, RunOptions, StageOptions } from "./light.ts";
export type { Logger, LogLevel, LogMethod } from "./logger.ts";
export { type BudgetOptions, budget } from "./middleware/budget.ts";
export { type CostOptions, cost } from "./middleware/cost.ts";
export { logging } from "./middleware/logging.ts";
export { metrics } from "./middleware/metrics.ts";
export { type ObserveOptions, observe } from "./middleware/observe.ts";
export { tracing } from "./middleware/tracing.ts";
export type { LoggingOptions } from "./observer/log-line.ts";
export type { TracingOptions } from "./observer/span.ts";
export type { Outcome } from "./outcome.ts";
export type { FailureMode, PipelineOptions } from "./runner/options.ts";
export type { NotRunReason, RunReport, StageReport } from "./runner/report.ts";
export type {
	PipelineFailure,
	PipelineReport,
	PipelineResult,
	PipelineStageReport,
	PipelineStream,
	PipelineSuccess,
} from "./runner/result.ts";
export type {
	AnyPipeline,
	MapOptions,
	PipelineCurrent,
	PipelineRunOptions,
	PipelineStageOptions,
	RunnablePipeline,
	StageDefinition,
	SubPipelineOptions,
} from "./runner/runnable-pipeline.ts";
export type { Current } from "./scope.ts";
export { type StandardStack, standardStack } from "./stack.ts";
export { telemetryFailures } from "./telemetry-failure.ts";
export type { InstrumentOptions } from "./wrap/instrument.ts";
export type { Staged } from "./wrap/staged.ts";

// For authors of layers, sinks and adapters.

export { attempts } from "./attempt.ts";
export { type Call, type CallKey, type CallKind, CallValues, callKey, type Definition } from "./call.ts";
export { type Clock, systemClock } from "./clock.ts";
export type { Price, PriceBook, PriceParts, PriceQuery } from "./cost/price-book.ts";
export { type TierFactor, tierFactors } from "./cost/tier.ts";
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
export { type EventDefinition, type EventName, eventCatalogue } from "./telemetry/event-catalogue.ts";
export { type MetricAttribute, type MetricDefinition, type MetricName, metricCatalogue } from "./telemetry/metric.ts";
export { telemetryFailed, warn } from "./telemetry-failure.ts";
export { version } from "./version.ts";
