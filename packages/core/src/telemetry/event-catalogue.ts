import type { AttributeName } from "./attribute.ts";

/** What one of Footlight's own events says, beside the ids that every event carries. */
export interface EventDefinition {
	readonly attributes: readonly AttributeName[];
	readonly description: string;
}

/** Every event Footlight itself emits; those of users have names of their own. */
export const eventCatalogue = {
	"budget.exceeded": {
		attributes: ["budget.name", "budget.limit_usd", "budget.spent_usd"],
		description: "A budget was found spent, for the first time by its key or in its window.",
	},
	"retry.scheduled": {
		attributes: ["retry.attempt", "retry.max_attempts", "retry.delay_ms", "retry.delay_source", "error.type"],
		description: "An attempt, the numbered one, failed, and a further one will follow after a delay.",
	},
	"retry.exhausted": {
		attributes: ["retry.attempt", "retry.max_attempts", "retry.stop_reason", "error.type"],
		description:
			"An attempt, the numbered one, failed and none will follow, though the call was tried again or could have been; the call fails with its error.",
	},
	"circuit_breaker.opened": {
		attributes: [
			"circuit_breaker.name",
			"circuit_breaker.state",
			"circuit_breaker.from_state",
			"circuit_breaker.reason",
		],
		description: "A circuit breaker lets no more calls through; with the figures that made it open.",
	},
	"circuit_breaker.half_opened": {
		attributes: [
			"circuit_breaker.name",
			"circuit_breaker.state",
			"circuit_breaker.from_state",
			"circuit_breaker.reason",
		],
		description: "A circuit breaker lets probes through.",
	},
	"circuit_breaker.closed": {
		attributes: [
			"circuit_breaker.name",
			"circuit_breaker.state",
			"circuit_breaker.from_state",
			"circuit_breaker.reason",
		],
		description: "A circuit breaker lets calls through again.",
	},
	"hedge.started": {
		attributes: ["retry.attempt", "hedge.delay_ms"],
		description: "A second call was made because the first had not answered in time.",
	},
	"rate_limit.rejected": {
		attributes: ["rate_limit.policy", "rate_limit.type", "rate_limit.limit", "rate_limit.retry_after_ms"],
		description: "A rate limit refused a call.",
	},
	"cache.hit": {
		attributes: ["cache.name", "cache.age_ms"],
		description: "A cache answered a call in the stage's place.",
	},
	"feature_flag.evaluation": {
		attributes: ["feature_flag.key", "feature_flag.result.reason"],
		description: "A feature flag was evaluated; as the conventions for feature flags say.",
	},
	"stream.chunk_dropped": {
		attributes: ["stream.name", "stream.drop_reason", "stream.dropped", "stream.queue_size", "stream.capacity"],
		description: "Items were put to a queue and never came out of it: the first at once, those soon after it together.",
	},
	"stream.producer_blocked": {
		attributes: [
			"stream.name",
			"stream.blocked_producers",
			"stream.blocked_ms",
			"stream.queue_size",
			"stream.capacity",
		],
		description: "A producer began to wait for room in a queue; while it waits.",
	},
	"stream.throttle_started": {
		attributes: ["stream.name", "stream.fill_ratio", "stream.queue_size", "stream.capacity"],
		description: "A queue came up to its high water mark.",
	},
	"stream.throttle_ended": {
		attributes: ["stream.name", "stream.fill_ratio", "stream.queue_size", "stream.capacity", "stream.throttled_ms"],
		description: "A queue was drained down to its low water mark, or closed.",
	},
	"stream.queue_closed": {
		attributes: [
			"stream.name",
			"stream.queue_size",
			"stream.items_in",
			"stream.items_out",
			"stream.items_dropped",
			"stream.blocked_puts",
			"stream.blocked_ms",
			"stream.peak_size",
			"error.type",
		],
		description:
			"A queue was closed, or failed with an error: nothing more comes in, and what is in it may still be taken.",
	},
	"stream.buffer_overflow": {
		attributes: ["stream.name", "stream.dropped_ms", "stream.buffer_ms", "stream.max_buffer_ms"],
		description: "A buffer had no room for a chunk, and playing time was dropped.",
	},
	"stream.buffer_underrun": {
		attributes: ["stream.name", "stream.requested_ms", "stream.buffer_ms"],
		description: "A reader wanted more playing time than a buffer had, though it had been filled before.",
	},
	"stream.buffer_recovered": {
		attributes: ["stream.name", "stream.buffer_ms", "stream.underrun_ms"],
		description: "A buffer can give what is asked of it again after an underrun.",
	},
	"analytics.overflow": {
		attributes: [
			"exporter.name",
			"analytics.dropped",
			"analytics.total_dropped",
			"analytics.buffer_size",
			"analytics.capacity",
		],
		description: "An exporter had no room for items, and shed some: the first at once, those soon after it together.",
	},
} as const;

/** Name of an event that Footlight itself may emit. */
export type EventName = keyof typeof eventCatalogue;
