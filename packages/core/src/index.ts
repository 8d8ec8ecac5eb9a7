// For users.

export type { CircuitBreaker } from "./breaker/circuit-breaker.ts";
export { type CircuitBreakers, circuitBreakers } from "./breaker/registry.ts";
export type { CircuitBreakerOptions } from "./breaker/settings.ts";
export type { CircuitBreakerSnapshot } from "./breaker/snapshot.ts";
export type {
	CircuitBreakerChange,
	CircuitBreakerFigures,
	CircuitBreakerReason,
	CircuitBreakerState,
} from "./breaker/state.ts";
export type { CacheOptions } from "./cache/settings.ts";
export type { AsyncCacheStore, CacheEntry, SyncCacheStore } from "./cache/store.ts";
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
	type AwaitedInTime,
	BudgetExceededError,
	BufferFullError,
	BulkheadFullError,
	CancelledError,
	CircuitOpenError,
	type ErrorCode,
	FootlightError,
	InterruptedError,
	QueueClosedError,
	QueueFullError,
	RateLimitedError,
	RejectedError,
	TimeoutError,
} from "./error.ts";
export type { EventAttributes, EventSink, FootlightEvent } from "./event.ts";
export type { FlagClient, FlagContext, FlagContextValue, FlagDetails, FlagFunction } from "./flag/client.ts";
export type { FeatureFlagOptions } from "./flag/settings.ts";
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
export type { RateLimitKey } from "./limit/gate.ts";
export { type RateLimitHeadersOptions, rateLimitHeaders } from "./limit/rate-limit-headers.ts";
export { RateLimitResult } from "./limit/rate-limit-result.ts";
export type { RateLimitDecision, RateLimitStore, SyncRateLimitStore } from "./limit/rate-limit-store.ts";
export {
	type RateLimiter,
	type RateLimiterOptions,
	type RateLimiterSettings,
	type RateLimitUsage,
	rateLimiter,
} from "./limit/rate-limiter.ts";
export type {
	RateLimitBurst,
	RateLimitConfig,
	RateLimitPolicy,
	RateLimits,
	RateLimitWindow,
} from "./limit/rate-limits.ts";
export type { Logger, LogLevel, LogMethod } from "./logger.ts";
export type { ChunkDuration } from "./media/duration-measure.ts";
export type { PcmEncoding, PcmFormat } from "./media/pcm-format.ts";
export type {
	BufferPolicy,
	ChunkBufferOptions,
	CommonBufferOptions,
	PcmBufferOptions,
	StreamingBufferOptions,
} from "./media/settings.ts";
export { StreamingBuffer, type StreamingBufferSnapshot } from "./media/streaming-buffer.ts";
export type { BufferWait } from "./media/waiters.ts";
export { type BudgetOptions, budget } from "./middleware/budget.ts";
export { type BulkheadOptions, bulkhead } from "./middleware/bulkhead.ts";
export { cache } from "./middleware/cache.ts";
export { circuitBreaker } from "./middleware/circuit-breaker.ts";
export { type CostOptions, cost } from "./middleware/cost.ts";
export { type Fallback, type FallbackOptions, fallback } from "./middleware/fallback.ts";
export { featureFlag } from "./middleware/feature-flag.ts";
export { type HedgeOptions, hedge } from "./middleware/hedge.ts";
export { logging } from "./middleware/logging.ts";
export { metrics } from "./middleware/metrics.ts";
export { type ObserveOptions, observe } from "./middleware/observe.ts";
export {
	type RateLimitOptions,
	type RateLimitSettings,
	rateLimit,
	type SharedRateLimitOptions,
} from "./middleware/rate-limit.ts";
export { retry } from "./middleware/retry.ts";
export { streamingTelemetry } from "./middleware/streaming-telemetry.ts";
export { type TimeoutOptions, timeout } from "./middleware/timeout.ts";
export { tracing } from "./middleware/tracing.ts";
export type { LoggingOptions } from "./observer/log-line.ts";
export type { TracingOptions } from "./observer/span.ts";
export type { Outcome } from "./outcome.ts";
export { ChunkQueue } from "./queue/chunk-queue.ts";
export type { FillOptions, QueueSource } from "./queue/fill.ts";
export type { ChunkQueueOptions, QueuePolicy, QueueWait, ValuesOptions } from "./queue/settings.ts";
export type { ChunkQueueSnapshot } from "./queue/snapshot.ts";
export type { StreamOptions } from "./queue/web-stream.ts";
export type { BackoffKind, Jitter } from "./retry/backoff.ts";
export { type RetryBudget, type RetryBudgetOptions, retryBudget } from "./retry/budget.ts";
export { type FailedAttempt, retryHistory } from "./retry/history.ts";
export type { RetryContext, RetryOptions, ScheduledRetry } from "./retry/settings.ts";
export { isCallersFault, isTransient } from "./retry/transient.ts";
export type { DelaySource } from "./retry/words.ts";
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
export type { StreamEventListener, StreamEventName } from "./stream-reporter.ts";
export type { ExporterOverflow, ExporterSetup, StreamExporter } from "./streaming/exporter.ts";
export { streamBuffer, streamExporter, streamQueue } from "./streaming/keys.ts";
export type { StreamingTelemetryOptions } from "./streaming/options.ts";
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
