// Over 250 lines: a table of panels that is read from top to bottom.
import { byStage, stageLegend } from "../grouping.ts";
import {
	dashboardScope,
	increase,
	maxBy,
	minBy,
	orZero,
	perEach,
	rate,
	rateInterval,
	risen,
	share,
	sumBy,
} from "../promql.ts";
import type { Dashboard } from "../specification.ts";

const { series } = dashboardScope("pipeline", "stage", "model");
/**
 * What is wasted belongs to the stage whose attempt failed, what it cost to the call that was billed within: they are only
 * comparable in a whole pipeline.
 */
const whole = dashboardScope("pipeline");
const byPipeline = ["pipeline.name"] as const;
const byModel = ["gen_ai.request.model"] as const;

const shown = "$__range";
const secondsPerHour = 3600;
const perHour = (expression: string) => `${expression} * ${secondsPerHour}`;

const spending = series("pipeline.cost.usd");
const tokens = series("pipeline.tokens");
const tokensOf = (type: string) => series("pipeline.tokens", { "gen_ai.token.type": type });
const billedTokens = series("pipeline.tokens", { "gen_ai.token.type": ["input", "output"] });
const unpriced = series("pipeline.cost.unpriced");
const unmetered = series("pipeline.cost.unmetered");

const allSpending = whole.series("pipeline.cost.usd");
const wastedUsd = whole.series("pipeline.cost.wasted_usd");
const wastedTokens = whole.series("pipeline.tokens.wasted");
const allTokens = whole.series("pipeline.tokens", { "gen_ai.token.type": ["input", "output"] });

/** Spent and limit are of one process each; a budget counts as its worst process. */
const spent = series("pipeline.cost.budget.spent_usd");
const limit = series("pipeline.cost.budget.limit_usd");
const trendWindow = "30m";
const longest = 7 * 24 * secondsPerHour;

const usageRows = {
	gen_ai_operation_name: "Operation",
	gen_ai_provider_name: "Provider",
	gen_ai_request_model: "Model",
};
const usageColumns = [
	["gen_ai.client.inference.usage.input_tokens", "Input"],
	["gen_ai.client.inference.usage.cache_read.input_tokens", "of it read from cache"],
	["gen_ai.client.inference.usage.cache_write.input_tokens", "of it written to cache"],
	["gen_ai.client.inference.usage.output_tokens", "Output"],
	["gen_ai.client.inference.usage.reasoning.output_tokens", "of it reasoning"],
] as const;
const usage = usageColumns.map(([metric, heading]) => ({
	expression: sumBy(
		["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model"],
		increase(series(metric), shown),
	),
	legend: heading,
	column: { heading, unit: "short", decimals: 0 } as const,
}));

/** What models cost, what of it was in vain, and what of it nobody knows. */
export const cost: Dashboard = {
	name: "cost",
	title: "Footlight · Cost",
	description:
		"What models cost and use, what of it was in vain, what nobody knows the price of, and how budgets fare.",
	variables: ["pipeline", "stage", "model"],
	rows: [
		{
			title: "How much",
			panels: [
				{
					kind: "stat",
					title: "USD per hour",
					description:
						"US dollars per hour at the pace of the last five minutes, failed attempts included. It jumps: see below by which model and stage.",
					unit: "currencyUSD",
					width: 4,
					queries: [{ expression: perHour(`sum(${rate(spending, "5m")})`), legend: "USD per hour" }],
					thresholds: [{ color: "blue" }],
					expected: [0, 20],
				},
				{
					kind: "stat",
					title: "USD in the shown time",
					description:
						"US dollars spent in the time that the dashboard shows; choose a day or a month above to see its bill. Calls without a known price are not in it.",
					unit: "currencyUSD",
					width: 4,
					queries: [{ expression: `sum(${risen(spending, shown)})`, legend: "USD" }],
					thresholds: [{ color: "blue" }],
					expected: [0, 5],
				},
				{
					kind: "stat",
					title: "USD per run",
					description:
						"US dollars for each run of all pipelines, in the shown time. It rises while prices stay: longer prompts or answers, more calls in a run, or retries.",
					unit: "currencyUSD",
					width: 4,
					queries: [
						{
							expression: share(`sum(${risen(spending, shown)})`, `sum(${increase(series("pipeline.runs"), shown)})`),
							legend: "USD per run",
						},
					],
					thresholds: [{ color: "blue" }],
					expected: [0, 0.05],
				},
				{
					kind: "stat",
					title: "Wasted by retries",
					description:
						"Share of the money that attempts spent which then failed, in the shown time and in whole pipelines. Above 10 %: mend what fails after it was paid for; see where below.",
					unit: "percentunit",
					decimals: 1,
					width: 4,
					queries: [
						{
							expression: share(
								orZero(`sum(${risen(wastedUsd, shown)})`, `sum(${risen(allSpending, shown)})`),
								`sum(${risen(allSpending, shown)})`,
							),
							legend: "share of cost",
						},
					],
					thresholds: [{ color: "green" }, { from: 0.05, color: "yellow" }, { from: 0.1, color: "semi-dark-red" }],
					drillDown: "resilience",
					expected: [0, 1],
				},
				{
					kind: "stat",
					title: "Unpriced calls",
					description:
						"Calls of models in the shown time whose price is not known: their cost is missing everywhere here. Red: give `prices` the model that is named below.",
					unit: "short",
					decimals: 0,
					width: 4,
					queries: [
						{
							expression: orZero(`sum(${risen(unpriced, shown)})`, `sum(${increase(tokens, shown)})`),
							legend: "unpriced calls",
						},
					],
					thresholds: [{ color: "green" }, { from: 0.5, color: "semi-dark-red" }],
					expected: [0, 5_000],
				},
				{
					kind: "stat",
					title: "Unmetered calls",
					description:
						"Calls of models in the shown time whose answer said nothing of its usage: tokens and cost are missing. Red: ask the service for usage, or read it with the option `usage`.",
					unit: "short",
					decimals: 0,
					width: 4,
					queries: [
						{
							expression: orZero(`sum(${risen(unmetered, shown)})`, `sum(${increase(tokens, shown)})`),
							legend: "unmetered calls",
						},
					],
					thresholds: [{ color: "green" }, { from: 0.5, color: "semi-dark-red" }],
					expected: [0, 5_000],
				},
			],
		},
		{
			title: "On what",
			panels: [
				{
					kind: "timeseries",
					draw: "stacked",
					title: "USD per hour by model",
					description:
						"US dollars per hour at each moment's pace, by the model that was asked for; a band without a name is money that was added without a model. A new band: a model somebody has begun to use.",
					unit: "currencyUSD",
					width: 12,
					queries: [{ expression: perHour(sumBy(byModel, rate(spending))), legend: "{{gen_ai_request_model}}" }],
					expected: [0, 20],
				},
				{
					kind: "timeseries",
					draw: "stacked",
					title: "USD per hour by stage",
					description:
						"US dollars per hour at each moment's pace, by the call that was billed. The widest band is where a shorter prompt, a cache or a smaller model saves most.",
					unit: "currencyUSD",
					width: 12,
					queries: [{ expression: perHour(sumBy(byStage, rate(spending))), legend: stageLegend }],
					drillDown: "stages",
					expected: [0, 20],
				},
				{
					kind: "table",
					title: "The bill",
					description:
						"What each stage spent in the shown time, and what that makes for each run of its pipeline. Wasted money and tokens stand at the stage whose attempt failed, which may be one around the call that was billed. A stage without USD beside calls has no price: see below.",
					unit: "short",
					width: 16,
					rows: { pipeline_name: "Pipeline", stage_name: "Stage" },
					sortBy: "USD",
					queries: [
						{
							expression: sumBy(byStage, risen(spending, shown)),
							legend: "cost",
							column: { heading: "USD", unit: "currencyUSD" },
						},
						{
							expression: perEach(
								byPipeline,
								sumBy(byStage, risen(spending, shown)),
								sumBy(byPipeline, increase(series("pipeline.runs"), shown)),
							),
							legend: "cost per run",
							column: { heading: "USD per run", unit: "currencyUSD" },
						},
						{
							expression: sumBy(byStage, increase(billedTokens, shown)),
							legend: "tokens",
							column: { heading: "Tokens", unit: "short", decimals: 0 },
						},
						{
							expression: sumBy(byStage, increase(series("pipeline.cost.wasted_usd"), shown)),
							legend: "wasted",
							column: { heading: "Wasted USD", unit: "currencyUSD" },
						},
						{
							expression: sumBy(byStage, increase(series("pipeline.tokens.wasted"), shown)),
							legend: "wasted tokens",
							column: { heading: "Wasted tokens", unit: "short", decimals: 0 },
						},
					],
					drillDown: "stages",
					expected: [0, 5_000_000],
				},
				{
					kind: "timeseries",
					draw: "stacked",
					title: "USD per hour by source",
					description:
						"Who says what it cost: provider (the answer did), local (our price table), reported (the application did, by addCost). Much of it local: compare it with the bill now and then.",
					unit: "currencyUSD",
					width: 8,
					queries: [{ expression: perHour(sumBy(["cost.source"], rate(spending))), legend: "{{cost_source}}" }],
					colors: { provider: "green", local: "blue", reported: "purple" },
					expected: [0, 20],
				},
			],
		},
		{
			title: "Tokens",
			panels: [
				{
					kind: "timeseries",
					title: "Tokens per second by type",
					description:
						"Tokens by type; cache_read and cache_write are parts of input, reasoning is part of output. Input far above output and hardly any cache_read: let the provider cache the beginning of the prompt.",
					unit: "suffix:tokens/s",
					width: 8,
					queries: [{ expression: sumBy(["gen_ai.token.type"], rate(tokens)), legend: "{{gen_ai_token_type}}" }],
					colors: {
						input: "blue",
						output: "green",
						cache_read: "light-blue",
						cache_write: "semi-dark-blue",
						reasoning: "light-green",
					},
					expected: [0, 20_000],
				},
				{
					kind: "timeseries",
					draw: "stacked",
					title: "Tokens per second by model",
					description:
						"Input and output tokens by provider and model: how near you are to what each of them allows per minute. A model at its limit answers 429, which retries then repeat.",
					unit: "suffix:tokens/s",
					width: 8,
					queries: [
						{
							expression: sumBy(["gen_ai.provider.name", ...byModel], rate(billedTokens)),
							legend: "{{gen_ai_provider_name}} · {{gen_ai_request_model}}",
						},
					],
					expected: [0, 20_000],
				},
				{
					kind: "timeseries",
					title: "Input read from cache",
					description:
						"Share of a model's input tokens that came from the provider's cache, at a part of the price. It falls: something that changes has moved to the front of the prompt.",
					unit: "percentunit",
					width: 8,
					max: 1,
					queries: [
						{
							expression: share(
								orZero(sumBy(byModel, rate(tokensOf("cache_read"))), sumBy(byModel, rate(tokensOf("input")))),
								sumBy(byModel, rate(tokensOf("input"))),
							),
							legend: "{{gen_ai_request_model}}",
						},
					],
					expected: [0, 1],
				},
				{
					kind: "table",
					title: "Usage as providers count it",
					description:
						"Tokens in the shown time by operation, provider and model, of all pipelines: to compare with the provider's own page of usage. A difference: calls that are not instrumented, or calls that nobody metered.",
					unit: "short",
					width: 24,
					height: 6,
					rows: usageRows,
					sortBy: "Input",
					queries: usage as [(typeof usage)[0], ...typeof usage],
					expected: [0, 5_000_000],
				},
			],
		},
		{
			title: "In vain",
			panels: [
				{
					kind: "timeseries",
					draw: "stacked",
					title: "Wasted USD per hour",
					description:
						"US dollars per hour for attempts that were paid for and then failed, by the stage that tried again or gave up. A stage that wastes all the time: check its answers sooner, or try fewer times.",
					unit: "currencyUSD",
					width: 8,
					queries: [
						{
							expression: perHour(sumBy(byStage, rate(series("pipeline.cost.wasted_usd")))),
							legend: stageLegend,
						},
					],
					drillDown: "resilience",
					expected: [0, 5],
				},
				{
					kind: "timeseries",
					draw: "stacked",
					title: "Wasted tokens per second",
					description:
						"Tokens of attempts that failed, by the stage that tried again or gave up. It is there where no price is known too.",
					unit: "suffix:tokens/s",
					width: 8,
					queries: [{ expression: sumBy(byStage, rate(series("pipeline.tokens.wasted"))), legend: stageLegend }],
					drillDown: "resilience",
					expected: [0, 2_000],
				},
				{
					kind: "timeseries",
					title: "Share wasted",
					description:
						"Share of a pipeline's money, and of its tokens, that went to attempts which failed. Above 10 % for long: retries pay for a fault that wants mending.",
					unit: "percentunit",
					width: 8,
					max: 1,
					queries: [
						{
							expression: share(
								orZero(sumBy(byPipeline, rate(wastedUsd)), sumBy(byPipeline, rate(allSpending))),
								sumBy(byPipeline, rate(allSpending)),
							),
							legend: "cost: {{pipeline_name}}",
						},
						{
							expression: share(
								orZero(sumBy(byPipeline, rate(wastedTokens)), sumBy(byPipeline, rate(allTokens))),
								sumBy(byPipeline, rate(allTokens)),
							),
							legend: "tokens: {{pipeline_name}}",
						},
					],
					thresholds: [{ color: "green" }, { from: 0.05, color: "yellow" }, { from: 0.1, color: "semi-dark-red" }],
					drillDown: "resilience",
					// Counted when an attempt has failed, which may be in an interval after the one it was paid in.
					expected: [0, 5],
				},
			],
		},
		{
			title: "What nobody knows",
			panels: [
				{
					kind: "timeseries",
					draw: "bars",
					title: "Unpriced calls by model",
					description:
						"Calls whose tokens are known but whose price is not. Add the model to `prices`; until then all money on this dashboard is too low.",
					unit: "short",
					width: 12,
					queries: [
						{
							expression: sumBy([...byStage, ...byModel], risen(unpriced, rateInterval)),
							legend: `${stageLegend}: {{gen_ai_request_model}}`,
						},
					],
					thresholds: [{ color: "green" }, { from: 0.5, color: "semi-dark-red" }],
					drillDown: "stages",
					expected: [0, 500],
				},
				{
					kind: "timeseries",
					draw: "bars",
					title: "Unmetered calls by model",
					description:
						"Calls whose answer said nothing of its usage. Streams often tell only when asked (include_usage); another shape of answer is read with the option `usage`.",
					unit: "short",
					width: 12,
					queries: [
						{
							expression: sumBy([...byStage, ...byModel], risen(unmetered, rateInterval)),
							legend: `${stageLegend}: {{gen_ai_request_model}}`,
						},
					],
					thresholds: [{ color: "green" }, { from: 0.5, color: "semi-dark-red" }],
					drillDown: "stages",
					expected: [0, 500],
				},
			],
		},
		{
			title: "Budgets",
			panels: [
				{
					kind: "bargauge",
					title: "Budget spent",
					description:
						"Share of each budget that is spent, in the process that spent most; of one kept for each run or user, by the one who spent most. At 100 % its calls are refused, or warned of, as it was told.",
					unit: "percentunit",
					width: 8,
					max: 1,
					queries: [{ expression: maxBy(["budget.name"], share(spent, limit)), legend: "{{budget_name}}" }],
					thresholds: [{ color: "green" }, { from: 0.8, color: "yellow" }, { from: 1, color: "semi-dark-red" }],
					expected: [0, 3],
				},
				{
					kind: "timeseries",
					title: "Spent and its limit",
					description:
						"US dollars spent of each budget, with its limit (dashed). A climb that meets the line before its window ends: raise the limit, or find above what spends it.",
					unit: "currencyUSD",
					width: 8,
					dashed: ["limit"],
					queries: [
						{ expression: maxBy(["budget.name"], spent), legend: "{{budget_name}}" },
						{ expression: maxBy(["budget.name"], limit), legend: "limit of {{budget_name}}" },
					],
					expected: [0, 1],
				},
				{
					kind: "stat",
					title: "Time until it is spent",
					description: `How long each budget lasts at the pace of the last ${trendWindow}; a week stands for that or more. One that has begun anew in that time, as those of runs and users do, has no figure. Red is less than an hour: raise it, or slow down what spends.`,
					unit: "s",
					width: 8,
					height: 8,
					sparkline: false,
					queries: [
						{
							expression: minBy(
								["budget.name"],
								`clamp_max(clamp_min(${limit} - ${spent}, 0) / (deriv(${spent}[${trendWindow}]) > 0), ${longest}) unless resets(${spent}[${trendWindow}]) > 0`,
							),
							legend: "{{budget_name}}",
						},
					],
					thresholds: [{ color: "semi-dark-red" }, { from: 3_600, color: "yellow" }, { from: 86_400, color: "green" }],
					expected: [0, longest],
				},
			],
		},
	],
};
