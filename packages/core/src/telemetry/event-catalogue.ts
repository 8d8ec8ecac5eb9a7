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
} as const;

/** Name of an event that Footlight itself may emit. */
export type EventName = keyof typeof eventCatalogue;
