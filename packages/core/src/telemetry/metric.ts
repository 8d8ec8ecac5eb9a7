// Over 250 lines: a table that is read from top to bottom.
import type { AttributeName } from "./attribute.ts";

/** Attributes that only metrics carry; the rest are those of spans. */
export type MetricAttribute =
	| AttributeName
	| "bulkhead.result"
	| "cache.eviction_reason"
	| "circuit_breaker.result"
	| "circuit_breaker.slow"
	| "cost.source"
	| "fallback.result"
	| "gen_ai.token.type"
	| "hedge.result"
	| "pipeline.sdk.version"
	| "pipeline.telemetry.part"
	| "pipeline.telemetry.reason"
	| "pipeline.telemetry.signal"
	| "rate_limit.result"
	| "retry.budget_name"
	| "retry.result"
	| "retry.retried"
	| "stream.buffer_event"
	| "stream.direction"
	| "timeout.result";

/** What a metric measures, and by which labels it can be taken apart. */
export interface MetricDefinition {
	readonly instrument:
		| "counter"
		| "histogram"
		| "gauge"
		| "observable_counter"
		| "observable_up_down_counter"
		| "observable_gauge";
	/** A unit of UCUM, or what is counted in braces. */
	readonly unit: string;
	readonly attributes: readonly MetricAttribute[];
	readonly description: string;
	readonly buckets?: keyof typeof bucketBounds;
}

/** Upper bounds of the buckets of histograms, in the unit of each. */
export const bucketBounds = {
	/** Seconds: from a cache's answer to a long agent run. */
	duration: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
	/** Attempts of one call. */
	attempts: [1, 2, 3, 4, 5, 7, 10],
	/** Share of a limit that was used. */
	share: [0.1, 0.25, 0.5, 0.75, 0.9, 1],
} as const;

/**
 * Every metric Footlight emits: the one table that instruments, docs, dashboards and tests are made from.
 *
 * Identifiers of users, sessions and runs are never attributes: each would be a series of its own for ever.
 */
export const metricCatalogue = {
	"pipeline.runs": {
		instrument: "observable_counter",
		unit: "{run}",
		attributes: ["pipeline.name", "outcome"],
		description: "Runs that ended, by outcome.",
	},
	"pipeline.run.duration": {
		instrument: "histogram",
		unit: "s",
		attributes: ["pipeline.name", "outcome", "error.type"],
		description: "How long runs took, streams to their end.",
		buckets: "duration",
	},
	"pipeline.run.active": {
		instrument: "observable_up_down_counter",
		unit: "{run}",
		attributes: ["pipeline.name"],
		description: "Runs that go on at this moment.",
	},
	"pipeline.stage.calls": {
		instrument: "observable_counter",
		unit: "{call}",
		attributes: ["pipeline.name", "stage.name", "outcome"],
		description: "Calls of stages that ended, by outcome; a retried call is one.",
	},
	"pipeline.stage.duration": {
		instrument: "histogram",
		unit: "s",
		attributes: ["pipeline.name", "stage.name", "outcome", "error.type"],
		description: "How long calls of stages took, streams to their end.",
		buckets: "duration",
	},
	"pipeline.stage.active": {
		instrument: "observable_up_down_counter",
		unit: "{call}",
		attributes: ["pipeline.name", "stage.name"],
		description: "Calls of stages that go on at this moment.",
	},
	"pipeline.stage.queue_duration": {
		instrument: "histogram",
		unit: "s",
		attributes: ["pipeline.name", "stage.name"],
		description:
			"How long a stage that could have started waited for a free place, under a runner's concurrency limit.",
		buckets: "duration",
	},
	"pipeline.tokens": {
		instrument: "counter",
		unit: "{token}",
		attributes: ["pipeline.name", "stage.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.token.type"],
		description:
			"Tokens of model calls by type: input and output; cache_read and cache_write are parts of input, reasoning is part of output.",
	},
	"pipeline.tokens.wasted": {
		instrument: "counter",
		unit: "{token}",
		attributes: ["pipeline.name", "stage.name"],
		description: "Input and output tokens that failed attempts used.",
	},
	"pipeline.cost.usd": {
		instrument: "counter",
		unit: "{USD}",
		attributes: ["pipeline.name", "stage.name", "gen_ai.request.model", "cost.source"],
		description: "Money spent, in US dollars.",
	},
	"pipeline.cost.wasted_usd": {
		instrument: "counter",
		unit: "{USD}",
		attributes: ["pipeline.name", "stage.name"],
		description: "Money that failed attempts spent, in US dollars; it is part of pipeline.cost.usd.",
	},
	"pipeline.cost.unpriced": {
		instrument: "counter",
		unit: "{call}",
		attributes: ["pipeline.name", "stage.name", "gen_ai.request.model"],
		description: "Model calls whose tokens are known but whose price is not: their cost is missing, not zero.",
	},
	"pipeline.cost.unmetered": {
		instrument: "counter",
		unit: "{call}",
		attributes: ["pipeline.name", "stage.name", "gen_ai.request.model"],
		description: "Model calls whose answer said nothing of its usage: their cost is missing, not zero.",
	},
	"pipeline.cost.budget.limit_usd": {
		instrument: "observable_gauge",
		unit: "{USD}",
		attributes: ["budget.name"],
		description: "Limit of a budget, in US dollars.",
	},
	"pipeline.cost.budget.spent_usd": {
		instrument: "observable_gauge",
		unit: "{USD}",
		attributes: ["budget.name"],
		description: "Money spent of a budget, in US dollars; of one kept per key, that of the key that spent most.",
	},
	"pipeline.retry.calls": {
		instrument: "observable_counter",
		unit: "{call}",
		attributes: ["pipeline.name", "stage.name", "retry.retried", "retry.result"],
		description:
			"Calls through a retry layer that ended, by whether there was a second attempt, and by success or why there was no further one; a stream has succeeded with its first item.",
	},
	"pipeline.retry.attempts": {
		instrument: "observable_counter",
		unit: "{attempt}",
		attributes: ["pipeline.name", "stage.name", "error.type"],
		description: "Attempts after the first, by the error that each was made for.",
	},
	"pipeline.retry.attempts_per_call": {
		instrument: "histogram",
		unit: "{attempt}",
		attributes: ["pipeline.name", "stage.name", "retry.result"],
		description: "Attempts that calls took, the first included.",
		buckets: "attempts",
	},
	"pipeline.retry.delay": {
		instrument: "histogram",
		unit: "s",
		attributes: ["pipeline.name", "stage.name", "retry.delay_source"],
		description: "How long attempts were put off: by the backoff, or as the other side asked.",
		buckets: "duration",
	},
	"pipeline.retry.budget.utilization": {
		instrument: "observable_gauge",
		unit: "1",
		attributes: ["retry.budget_name"],
		description: "Share of a retry budget that is used up, from 0 to 1.",
	},
	"pipeline.retry.budget.exhausted": {
		instrument: "observable_counter",
		unit: "{retry}",
		attributes: ["pipeline.name", "stage.name"],
		description: "Attempts that were not made because the retry budget was used up.",
	},
	"pipeline.circuit_breaker.state": {
		instrument: "observable_up_down_counter",
		unit: "{circuit_breaker}",
		attributes: ["circuit_breaker.name", "circuit_breaker.state"],
		description: "1 for the state a circuit breaker is in, 0 for each other.",
	},
	"pipeline.circuit_breaker.transitions": {
		instrument: "observable_counter",
		unit: "{transition}",
		attributes: [
			"circuit_breaker.name",
			"circuit_breaker.from_state",
			"circuit_breaker.state",
			"circuit_breaker.reason",
		],
		description: "Changes of a circuit breaker's state, by the state it came from, the one it went to, and why.",
	},
	"pipeline.circuit_breaker.time_in_state": {
		instrument: "observable_counter",
		unit: "s",
		attributes: ["circuit_breaker.name", "circuit_breaker.state"],
		description: "Time a circuit breaker has spent in each state.",
	},
	"pipeline.circuit_breaker.calls": {
		instrument: "observable_counter",
		unit: "{call}",
		attributes: ["circuit_breaker.name", "circuit_breaker.result", "circuit_breaker.slow"],
		description: "Calls through a circuit breaker, by how it took them: success, failure, ignored or not_permitted.",
	},
	"pipeline.circuit_breaker.failure_rate": {
		instrument: "observable_gauge",
		unit: "1",
		attributes: ["circuit_breaker.name"],
		description: "Share of failures in the window, from 0 to 1; absent below the minimum of calls.",
	},
	"pipeline.circuit_breaker.failure_rate_threshold": {
		instrument: "observable_gauge",
		unit: "1",
		attributes: ["circuit_breaker.name"],
		description: "Share of failures at which the circuit breaker opens.",
	},
	"pipeline.circuit_breaker.slow_call_rate": {
		instrument: "observable_gauge",
		unit: "1",
		attributes: ["circuit_breaker.name"],
		description: "Share of slow calls in the window, from 0 to 1; absent below the minimum of calls.",
	},
	"pipeline.circuit_breaker.slow_call_rate_threshold": {
		instrument: "observable_gauge",
		unit: "1",
		attributes: ["circuit_breaker.name"],
		description: "Share of slow calls at which the circuit breaker opens.",
	},
	"pipeline.circuit_breaker.last_transition_time": {
		instrument: "observable_gauge",
		unit: "s",
		attributes: ["circuit_breaker.name"],
		description: "When the circuit breaker last changed its state, in seconds since 1970; absent where it never has.",
	},
	"pipeline.timeout.calls": {
		instrument: "observable_counter",
		unit: "{call}",
		attributes: ["pipeline.name", "stage.name", "timeout.result"],
		description:
			"Calls under a time limit: completed, timed_out, or ignored_cancel where the function had been called and had not asked for its signal, so that it went on.",
	},
	"pipeline.timeout.utilization": {
		instrument: "histogram",
		unit: "1",
		attributes: ["pipeline.name", "stage.name"],
		description: "Share of a time limit that completed calls used: of several limits, of the one they came nearest to.",
		buckets: "share",
	},
	"pipeline.fallback.calls": {
		instrument: "observable_counter",
		unit: "{call}",
		attributes: ["pipeline.name", "stage.name", "fallback.result"],
		description:
			"Calls through a fallback: not_needed, success where it answered for a failure, failure where it failed itself, not_applicable for an error it does not take.",
	},
	"pipeline.bulkhead.calls": {
		instrument: "observable_counter",
		unit: "{call}",
		attributes: ["bulkhead.name", "bulkhead.result"],
		description:
			"Calls through a bulkhead: accepted, rejected because its queue was full, or expired where they left it before they had a place: their time was over, or they were given up.",
	},
	"pipeline.bulkhead.active": {
		instrument: "observable_up_down_counter",
		unit: "{call}",
		attributes: ["bulkhead.name"],
		description: "Calls that run in a bulkhead at this moment.",
	},
	"pipeline.bulkhead.queued": {
		instrument: "observable_up_down_counter",
		unit: "{call}",
		attributes: ["bulkhead.name"],
		description: "Calls that wait for a place in a bulkhead at this moment.",
	},
	"pipeline.bulkhead.capacity": {
		instrument: "observable_up_down_counter",
		unit: "{call}",
		attributes: ["bulkhead.name"],
		description: "Calls that may run in a bulkhead at the same time.",
	},
	"pipeline.bulkhead.wait_duration": {
		instrument: "histogram",
		unit: "s",
		attributes: ["bulkhead.name"],
		description: "How long calls waited for a place in a bulkhead; those that need not wait are not in it.",
		buckets: "duration",
	},
	"pipeline.hedge.calls": {
		instrument: "observable_counter",
		unit: "{call}",
		attributes: ["pipeline.name", "stage.name", "hedge.result"],
		description:
			"Calls through a hedge: not_needed where none followed the first, however that ended; first_won, hedge_won, or failed where all did.",
	},
	"pipeline.rate_limit.decisions": {
		instrument: "observable_counter",
		unit: "{decision}",
		attributes: ["rate_limit.policy", "rate_limit.result"],
		description: "Decisions of a rate limit: allowed, rejected, or store_error where it could not be asked.",
	},
	"pipeline.rate_limit.tracked_keys": {
		instrument: "observable_up_down_counter",
		unit: "{key}",
		attributes: ["rate_limit.policy"],
		description: "Keys a rate limit keeps in memory.",
	},
	"pipeline.cache.requests": {
		instrument: "observable_counter",
		unit: "{request}",
		attributes: ["cache.name", "cache.result"],
		description:
			"Calls through a cache: hit, miss, stale, coalesced with one that was under way, bypass for those without a key, error where the store failed.",
	},
	"pipeline.cache.entries": {
		instrument: "observable_up_down_counter",
		unit: "{entry}",
		attributes: ["cache.name"],
		description: "Entries in a cache's own memory; of a store that was given, those it says it holds.",
	},
	"pipeline.cache.evictions": {
		instrument: "observable_counter",
		unit: "{entry}",
		attributes: ["cache.name", "cache.eviction_reason"],
		description: "Entries that a cache's own memory gave up: expired, or for want of room.",
	},
	"pipeline.cache.refreshes": {
		instrument: "observable_counter",
		unit: "{refresh}",
		attributes: ["cache.name", "outcome"],
		description: "Calls in the background that got a new answer for one that is no longer fresh, by outcome.",
	},
	"pipeline.feature_flag.evaluations": {
		instrument: "observable_counter",
		unit: "{evaluation}",
		attributes: [
			"feature_flag.key",
			"feature_flag.result.variant",
			"feature_flag.result.reason",
			"feature_flag.provider.name",
			"error.type",
		],
		description: "Evaluations of feature flags.",
	},
	"pipeline.stream.queue.depth": {
		instrument: "observable_up_down_counter",
		unit: "{item}",
		attributes: ["pipeline.name", "stage.name", "stream.name"],
		description: "Items that wait in queues.",
	},
	"pipeline.stream.queue.capacity": {
		instrument: "observable_up_down_counter",
		unit: "{item}",
		attributes: ["pipeline.name", "stage.name", "stream.name"],
		description: "Items that open queues have room for.",
	},
	"pipeline.stream.queue.depth_max": {
		instrument: "observable_gauge",
		unit: "{item}",
		attributes: ["pipeline.name", "stage.name", "stream.name"],
		description: "Most items that waited in one queue since the last collection.",
	},
	"pipeline.stream.items": {
		instrument: "observable_counter",
		unit: "{item}",
		attributes: ["pipeline.name", "stage.name", "stream.name", "stream.direction"],
		description: "Items that queues took in, and those that were taken out of them.",
	},
	"pipeline.stream.dropped": {
		instrument: "observable_counter",
		unit: "{item}",
		attributes: ["pipeline.name", "stage.name", "stream.name", "stream.drop_reason"],
		description: "Items that were put to a queue and never came out of it, by reason.",
	},
	"pipeline.stream.producer.blocked_time": {
		instrument: "observable_counter",
		unit: "s",
		attributes: ["pipeline.name", "stage.name", "stream.name"],
		description: "Time that producers have waited for room in a queue, summed over them; it grows while they wait.",
	},
	"pipeline.stream.throttled_time": {
		instrument: "observable_counter",
		unit: "s",
		attributes: ["pipeline.name", "stage.name", "stream.name"],
		description: "Time that queues have spent above their high water mark and not yet below the low one.",
	},
	"pipeline.stream.time_to_first_item": {
		instrument: "histogram",
		unit: "s",
		attributes: ["pipeline.name", "stage.name", "stream.name"],
		description: "How long it took from the making of a queue until its first item was taken out.",
		buckets: "duration",
	},
	"pipeline.stream.buffer.fill": {
		instrument: "observable_up_down_counter",
		unit: "s",
		attributes: ["pipeline.name", "stage.name", "stream.name"],
		description: "Playing time that waits in buffers.",
	},
	"pipeline.stream.buffer.events": {
		instrument: "observable_counter",
		unit: "{event}",
		attributes: ["pipeline.name", "stage.name", "stream.name", "stream.buffer_event"],
		description: "Overflows and underruns of buffers, and recoveries from underruns.",
	},
	"pipeline.stream.buffer.dropped_time": {
		instrument: "observable_counter",
		unit: "s",
		attributes: ["pipeline.name", "stage.name", "stream.name"],
		description: "Playing time that buffers dropped: they were full, or had ended.",
	},
	"pipeline.exporter.queue.size": {
		instrument: "observable_up_down_counter",
		unit: "{item}",
		attributes: ["exporter.name"],
		description: "Items that wait in an exporter's memory, those in flight included.",
	},
	"pipeline.exporter.queue.capacity": {
		instrument: "observable_up_down_counter",
		unit: "{item}",
		attributes: ["exporter.name"],
		description: "Items that an exporter's memory has room for.",
	},
	"pipeline.exporter.items": {
		instrument: "observable_counter",
		unit: "{item}",
		attributes: ["exporter.name", "error.type"],
		description:
			"Items that an exporter is done with, each once: delivered, or with the reason why they never will be.",
	},
	"pipeline.exporter.inflight": {
		instrument: "observable_up_down_counter",
		unit: "{item}",
		attributes: ["exporter.name"],
		description: "Items of batches that a sink has yet to confirm.",
	},
	"pipeline.exporter.flush.duration": {
		instrument: "histogram",
		unit: "s",
		attributes: ["exporter.name", "error.type"],
		description: "How long attempts to deliver a batch took.",
		buckets: "duration",
	},
	"pipeline.exporter.spool.size": {
		instrument: "observable_up_down_counter",
		unit: "By",
		attributes: ["exporter.name"],
		description: "Bytes that an exporter's spool takes on disk.",
	},
	"pipeline.exporter.spool.capacity": {
		instrument: "observable_up_down_counter",
		unit: "By",
		attributes: ["exporter.name"],
		description: "Bytes that an exporter's spool may take on disk.",
	},
	"pipeline.exporter.spool.backlog": {
		instrument: "observable_up_down_counter",
		unit: "{item}",
		attributes: ["exporter.name"],
		description: "Items in an exporter's spool that have yet to be delivered.",
	},
	"gen_ai.client.inference.usage.input_tokens": {
		instrument: "counter",
		unit: "{token}",
		attributes: ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model"],
		description: "Tokens of prompts, cached ones included; as the GenAI conventions count them.",
	},
	"gen_ai.client.inference.usage.output_tokens": {
		instrument: "counter",
		unit: "{token}",
		attributes: ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model"],
		description: "Tokens of answers; as the GenAI conventions count them.",
	},
	"gen_ai.client.inference.usage.cache_read.input_tokens": {
		instrument: "counter",
		unit: "{token}",
		attributes: ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model"],
		description: "Part of the input that was read from the provider's cache; as the GenAI conventions count it.",
	},
	"gen_ai.client.inference.usage.cache_write.input_tokens": {
		instrument: "counter",
		unit: "{token}",
		attributes: ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model"],
		description: "Part of the input that was written to the provider's cache; as the GenAI conventions count it.",
	},
	"gen_ai.client.inference.usage.reasoning.output_tokens": {
		instrument: "counter",
		unit: "{token}",
		attributes: ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model"],
		description: "Part of the output spent on reasoning; as the GenAI conventions count it.",
	},
	"pipeline.sdk.info": {
		instrument: "observable_gauge",
		unit: "{process}",
		attributes: ["pipeline.sdk.version"],
		description: "1 for each process that Footlight records in, with its version.",
	},
	"pipeline.telemetry.dropped": {
		instrument: "counter",
		unit: "{item}",
		attributes: ["pipeline.telemetry.signal", "pipeline.telemetry.reason"],
		description:
			"Items of telemetry that were given up, by the reason: cardinality (values of labels beyond the limit), sampling (spans that were sampled out), sampling_early (those of a trace that had not come to its end).",
	},
	"pipeline.telemetry.failures": {
		instrument: "observable_counter",
		unit: "{failure}",
		attributes: ["pipeline.telemetry.part"],
		description: "Failures of telemetry that were kept from the calls they belong to, by the part that failed.",
	},
} as const;

/** Name of a metric that Footlight itself may emit. */
export type MetricName = keyof typeof metricCatalogue;

/** Names of the metrics of one kind of instrument. */
export type MetricOf<Instrument extends MetricDefinition["instrument"]> = {
	[Name in MetricName]: (typeof metricCatalogue)[Name]["instrument"] extends Instrument ? Name : never;
}[MetricName];
