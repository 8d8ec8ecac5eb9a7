import type { AttributeName } from "./attribute.ts";

/** Attributes that only metrics carry; the rest are those of spans. */
export type MetricAttribute =
	| AttributeName
	| "cost.source"
	| "gen_ai.token.type"
	| "pipeline.telemetry.part"
	| "pipeline.telemetry.reason"
	| "pipeline.telemetry.signal";

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
	"pipeline.telemetry.dropped": {
		instrument: "counter",
		unit: "{item}",
		attributes: ["pipeline.telemetry.signal", "pipeline.telemetry.reason"],
		description: "Items of telemetry that were given up: values of labels beyond the limit, for one.",
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
