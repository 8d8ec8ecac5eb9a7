// Over 250 lines: a table of panels that is read from top to bottom.

import { attemptsPerCall } from "../amplification.ts";
import { byStage, stageLegend } from "../grouping.ts";
import { breakerStates, endingIn, resultColors, retryColors } from "../palette.ts";
import {
	dashboardScope,
	increase,
	maxBy,
	quantile,
	rate,
	rateInterval,
	risen,
	share,
	sumBy,
	worstProcess,
} from "../promql.ts";
import type { Dashboard } from "../specification.ts";

const scope = dashboardScope("pipeline", "stage", "breaker");
const { series, buckets, sums } = scope;

const state = (name: (typeof breakerStates)[number]["state"]) =>
	series("pipeline.circuit_breaker.state", { "circuit_breaker.state": name });
/** The worst state that a breaker is in, in any process, by its number. */
const stateNumber = maxBy(
	["circuit_breaker.name"],
	breakerStates.map(({ state: name }, number) => `${state(name)} * ${number}`).join(" or "),
);
const stateTexts = breakerStates.map(({ text, color }, value) => ({ value, text, color }));

const breakerCalls = series("pipeline.circuit_breaker.calls");
const notPermitted = series("pipeline.circuit_breaker.calls", { "circuit_breaker.result": "not_permitted" });
const retryCalls = series("pipeline.retry.calls");
const retryAttempts = series("pipeline.retry.attempts");

/** Circuit breakers, retries, time limits, limits of rate and concurrency, caches, flags. */
export const resilience: Dashboard = {
	name: "resilience",
	title: "Footlight · Resilience",
	description:
		"Circuit breakers, retries, time limits, limits, caches and flags: what protects the pipelines, and what it costs.",
	variables: ["pipeline", "stage", "breaker"],
	rows: [
		{
			title: "Circuit breakers",
			panels: [
				{
					kind: "state-timeline",
					title: "State of every breaker",
					description:
						"The state each circuit breaker was in; where processes differ, the worst. Red for long: look at what it protects, its errors are on the dashboard of stages.",
					unit: "none",
					width: 16,
					queries: [{ expression: stateNumber, legend: "{{circuit_breaker_name}}" }],
					mappings: stateTexts,
					thresholds: [
						{ color: "green" },
						{ from: 1, color: "yellow" },
						{ from: 2, color: "semi-dark-red" },
						{ from: 3, color: "purple" },
						{ from: 4, color: "#808080" },
					],
					expected: [0, 4],
				},
				{
					kind: "bargauge",
					title: "Share of time not closed",
					description:
						"Share of the shown time in which each breaker was open or half-open, in the process where it was so longest. A breaker that is open for most of it protects something that is down: mend that, or take the stage out by a flag.",
					unit: "percentunit",
					width: 8,
					max: 1,
					queries: [
						{
							expression: worstProcess(["circuit_breaker.name"], (by) =>
								share(
									sumBy(
										by,
										increase(
											series("pipeline.circuit_breaker.time_in_state", {
												"circuit_breaker.state": ["open", "half_open", "forced_open"],
											}),
											"$__range",
										),
									),
									sumBy(by, increase(series("pipeline.circuit_breaker.time_in_state"), "$__range")),
								),
							),
							legend: "{{circuit_breaker_name}}",
						},
					],
					thresholds: [{ color: "green" }, { from: 0.1, color: "yellow" }, { from: 0.5, color: "semi-dark-red" }],
					expected: [0, 1],
				},
				{
					kind: "timeseries",
					draw: "bars",
					title: "Transitions by reason",
					description:
						"Changes of state, by where they went and why. Many in a row between open and half-open: what it protects is not back yet; between open and closed: the breaker is too nervous, or the fault comes and goes.",
					unit: "short",
					width: 18,
					queries: [
						{
							expression: sumBy(
								["circuit_breaker.name", "circuit_breaker.state", "circuit_breaker.reason"],
								increase(series("pipeline.circuit_breaker.transitions")),
							),
							legend: "{{circuit_breaker_name}} → {{circuit_breaker_state}} ({{circuit_breaker_reason}})",
						},
					],
					expected: [0, 60],
				},
				{
					kind: "stat",
					title: "Last change",
					description: "When each breaker last changed its state. Moments ago, for several: look for a common cause.",
					unit: "dateTimeFromNow",
					width: 6,
					height: 8,
					sparkline: false,
					queries: [
						{
							expression: `${maxBy(["circuit_breaker.name"], series("pipeline.circuit_breaker.last_transition_time"))} * 1000`,
							legend: "{{circuit_breaker_name}}",
						},
					],
					thresholds: [{ color: "blue" }],
					expected: [1.6e12, 4e12],
				},
				{
					kind: "timeseries",
					title: "Failure rate and its threshold",
					description:
						"Share of failures in the breaker's window, with the share at which it opens (dashed). A gap is a window with too few calls. Close below the line for long: the threshold is all that keeps it shut.",
					unit: "percentunit",
					width: 12,
					max: 1,
					dashed: ["threshold"],
					queries: [
						{
							expression: maxBy(["circuit_breaker.name"], series("pipeline.circuit_breaker.failure_rate")),
							legend: "{{circuit_breaker_name}}",
						},
						{
							expression: maxBy(["circuit_breaker.name"], series("pipeline.circuit_breaker.failure_rate_threshold")),
							legend: "threshold of {{circuit_breaker_name}}",
						},
					],
					thresholds: [{ color: "green" }, { from: 0.5, color: "semi-dark-red" }],
					expected: [0, 1],
				},
				{
					kind: "timeseries",
					title: "Slow-call rate and its threshold",
					description:
						"Share of calls that took longer than the breaker allows, with the share at which it opens (dashed). It rises before failures do: look at the latency of what is called.",
					unit: "percentunit",
					width: 12,
					max: 1,
					dashed: ["threshold"],
					queries: [
						{
							expression: maxBy(["circuit_breaker.name"], series("pipeline.circuit_breaker.slow_call_rate")),
							legend: "{{circuit_breaker_name}}",
						},
						{
							expression: maxBy(["circuit_breaker.name"], series("pipeline.circuit_breaker.slow_call_rate_threshold")),
							legend: "threshold of {{circuit_breaker_name}}",
						},
					],
					thresholds: [{ color: "green" }, { from: 0.5, color: "semi-dark-red" }],
					expected: [0, 1],
				},
				{
					kind: "timeseries",
					draw: "stacked",
					title: "Calls through breakers by result",
					description:
						"What became of calls: success, failure, ignored (cancelled, or an error that does not count), not_permitted (refused at once). Purple is work that callers did without: see that they have a fallback.",
					unit: "cps",
					width: 12,
					queries: [
						{ expression: sumBy(["circuit_breaker.result"], rate(breakerCalls)), legend: "{{circuit_breaker_result}}" },
					],
					colors: resultColors,
					expected: [0, 1_000],
				},
				{
					kind: "timeseries",
					title: "Share not permitted",
					description:
						"Share of a breaker's calls that it refused without calling. At 100 % nothing gets through: its timeline says since when.",
					unit: "percentunit",
					width: 12,
					max: 1,
					queries: [
						{
							expression: share(
								sumBy(["circuit_breaker.name"], rate(notPermitted)),
								sumBy(["circuit_breaker.name"], rate(breakerCalls)),
							),
							legend: "{{circuit_breaker_name}}",
						},
					],
					thresholds: [{ color: "green" }, { from: 0.01, color: "yellow" }, { from: 0.5, color: "semi-dark-red" }],
					expected: [0, 1],
				},
			],
		},
		{
			title: "Retries",
			panels: [
				{
					kind: "stat",
					title: "Retry amplification",
					description:
						"Attempts for each call, over the shown time. 1 is none repeated. Above 1.2, retries are a good part of the load on what is already failing: lower maxAttempts, or share a budget.",
					unit: "suffix:x",
					decimals: 2,
					width: 4,
					height: 8,
					queries: [
						{
							expression: attemptsPerCall(scope, [], "$__range"),
							legend: "attempts per call",
						},
					],
					thresholds: [{ color: "green" }, { from: 1.1, color: "yellow" }, { from: 1.2, color: "semi-dark-red" }],
					expected: [1, 10],
				},
				{
					kind: "timeseries",
					title: "Amplification by stage",
					description:
						"Attempts for each call of a stage; the lines are 1.1 and 1.2. A stage above them hammers what is failing: see by which error on the right.",
					unit: "suffix:x",
					width: 10,
					thresholdLines: true,
					queries: [
						{
							expression: attemptsPerCall(scope, byStage),
							legend: stageLegend,
						},
					],
					thresholds: [{ color: "green" }, { from: 1.1, color: "yellow" }, { from: 1.2, color: "semi-dark-red" }],
					drillDown: "stages",
					expected: [1, 10],
				},
				{
					kind: "timeseries",
					draw: "bars",
					title: "Further attempts by error",
					description: "Attempts after the first, by the error each was made for: what to mend first.",
					unit: "short",
					width: 10,
					queries: [
						{
							expression: sumBy(["stage.name", "error.type"], risen(retryAttempts, rateInterval)),
							legend: "{{stage_name}}: {{error_type}}",
						},
					],
					drillDown: "stages",
					expected: [0, 1_000],
				},
				{
					kind: "timeseries",
					draw: "stacked",
					title: "Calls by result",
					description:
						"Calls through retry layers, by why there was no further attempt. success with retried=true is what retries are for; max_attempts and budget_exhausted are what they could not save.",
					unit: "cps",
					width: 12,
					queries: [
						{
							expression: sumBy(["retry.retried", "retry.result"], rate(retryCalls)),
							legend: "{{retry_result}} (retried: {{retry_retried}})",
						},
					],
					colors: retryColors,
					expected: [0, 1_000],
				},
				{
					kind: "timeseries",
					title: "Success after retry",
					description:
						"Of the calls that were tried again, the share that succeeded in the end. Near zero: retries only add load, so fail fast instead.",
					unit: "percentunit",
					width: 12,
					max: 1,
					queries: [
						{
							expression: share(
								sumBy(
									byStage,
									rate(series("pipeline.retry.calls", { "retry.retried": "true", "retry.result": "success" })),
								),
								sumBy(byStage, rate(series("pipeline.retry.calls", { "retry.retried": "true" }))),
							),
							legend: stageLegend,
						},
					],
					thresholds: [{ color: "semi-dark-red" }, { from: 0.2, color: "yellow" }, { from: 0.5, color: "green" }],
					drillDown: "stages",
					expected: [0, 1],
				},
				{
					kind: "heatmap",
					title: "Attempts per call",
					description:
						"How many attempts calls took, the first included. Colour in the upper rows: calls that go to their last attempt, whatever that costs.",
					unit: "short",
					yUnit: "none",
					width: 8,
					queries: [
						{
							expression: `sum by (le) (${increase(buckets("pipeline.retry.attempts_per_call"))})`,
							legend: "{{le}}",
						},
					],
					expected: [0, 1_000],
				},
				{
					kind: "timeseries",
					title: "Delay before an attempt, p95",
					description:
						"How long attempts were put off, by backoff or because the other side asked (retry_after). Long delays that the other side asks for: you are over its limit.",
					unit: "s",
					width: 8,
					queries: [
						{
							expression: quantile(0.95, ["stage.name", "retry.delay_source"], buckets("pipeline.retry.delay")),
							legend: "{{stage_name}} ({{retry_delay_source}})",
						},
					],
					drillDown: "stages",
					expected: [0, 300],
				},
				{
					kind: "timeseries",
					draw: "area",
					title: "Share of stage time lost waiting",
					description:
						"Of the time a stage's calls took, the share spent between attempts. It is latency that users feel and no work is done in: a shorter backoff, or fewer attempts. It may pass 100 %: a wait counts as it begins, a stage's time when it has ended.",
					unit: "percentunit",
					width: 8,
					queries: [
						{
							expression: share(
								sumBy(byStage, rate(sums("pipeline.retry.delay"))),
								sumBy(byStage, rate(sums("pipeline.stage.duration"))),
							),
							legend: stageLegend,
						},
					],
					thresholds: [{ color: "green" }, { from: 0.1, color: "yellow" }, { from: 0.3, color: "semi-dark-red" }],
					drillDown: "stages",
					// Delays are counted when they begin, the stage's time when it has ended.
					expected: [0, 20],
				},
				{
					kind: "timeseries",
					title: "Retry budget used",
					description:
						"Share of each retry budget that is used up. At 100 % no further attempt is made, on purpose: what fails, fails for good until calls succeed again.",
					unit: "percentunit",
					width: 12,
					max: 1,
					thresholdLines: true,
					queries: [
						{
							expression: maxBy(["retry.budget_name"], series("pipeline.retry.budget.utilization")),
							legend: "{{retry_budget_name}}",
						},
					],
					thresholds: [{ color: "green" }, { from: 0.8, color: "yellow" }, { from: 1, color: "semi-dark-red" }],
					expected: [0, 1],
				},
				{
					kind: "timeseries",
					draw: "bars",
					title: "Attempts refused by the budget",
					description:
						"Attempts that were not made because the retry budget was used up. Now and then is its purpose; all the time: what is called is down, and a circuit breaker should say so.",
					unit: "short",
					width: 12,
					queries: [
						{
							expression: sumBy(byStage, increase(series("pipeline.retry.budget.exhausted"))),
							legend: stageLegend,
						},
					],
					drillDown: "stages",
					expected: [0, 1_000],
				},
			],
		},
		{
			title: "Time limits, fallbacks, hedges",
			panels: [
				{
					kind: "timeseries",
					title: "Share that timed out",
					description:
						"Share of calls that ran into their time limit. Above 5 %: the limit is too short for what is called, or that has become slow.",
					unit: "percentunit",
					width: 8,
					max: 1,
					queries: [
						{
							expression: share(
								sumBy(
									byStage,
									rate(series("pipeline.timeout.calls", { "timeout.result": ["timed_out", "ignored_cancel"] })),
								),
								sumBy(byStage, rate(series("pipeline.timeout.calls"))),
							),
							legend: stageLegend,
						},
					],
					thresholds: [{ color: "green" }, { from: 0.01, color: "yellow" }, { from: 0.05, color: "semi-dark-red" }],
					drillDown: "stages",
					expected: [0, 1],
				},
				{
					kind: "timeseries",
					title: "Time limit used, p95",
					description:
						"Of their time limit, what all but the slowest 5 % of completed calls used. Near 100 %: the next slow day is an outage; give more time, or make it faster.",
					unit: "percentunit",
					width: 8,
					max: 1,
					thresholdLines: true,
					queries: [
						{ expression: quantile(0.95, byStage, buckets("pipeline.timeout.utilization")), legend: stageLegend },
					],
					thresholds: [{ color: "green" }, { from: 0.75, color: "yellow" }, { from: 0.9, color: "semi-dark-red" }],
					drillDown: "stages",
					expected: [0, 1],
				},
				{
					kind: "timeseries",
					draw: "stacked",
					title: "Calls under a time limit",
					description:
						"completed, timed_out, or ignored_cancel: it was given up and went on all the same, because it never asked for its signal. Pass `signal` to what it calls, or the work is done for nobody.",
					unit: "cps",
					width: 8,
					queries: [
						{
							expression: sumBy(["timeout.result"], rate(series("pipeline.timeout.calls"))),
							legend: "{{timeout_result}}",
						},
					],
					colors: resultColors,
					expected: [0, 1_000],
				},
				{
					kind: "timeseries",
					draw: "stacked",
					title: "Fallbacks",
					description:
						"Calls through fallbacks: success is a second-best answer, failure that there was none. Success that stays high: users live on the second best; find out for how long.",
					unit: "cps",
					width: 12,
					queries: [
						{
							expression: sumBy(["stage.name", "fallback.result"], rate(series("pipeline.fallback.calls"))),
							legend: "{{stage_name}}: {{fallback_result}}",
						},
					],
					colors: endingIn({
						not_needed: "green",
						success: "yellow",
						failure: "semi-dark-red",
						not_applicable: "#808080",
					}),
					drillDown: "stages",
					expected: [0, 1_000],
				},
				{
					kind: "timeseries",
					draw: "stacked",
					title: "Hedged calls",
					description:
						"Calls through hedges. hedge_won is latency saved for the price of a second call; if it hardly ever wins, the delay before it is too short.",
					unit: "cps",
					width: 12,
					queries: [
						{
							expression: sumBy(["hedge.result"], rate(series("pipeline.hedge.calls"))),
							legend: "{{hedge_result}}",
						},
					],
					colors: resultColors,
					expected: [0, 1_000],
				},
			],
		},
		{
			title: "Limits of rate and concurrency",
			panels: [
				{
					kind: "timeseries",
					draw: "stacked",
					title: "Rate limit decisions",
					description:
						"What rate limits decided, by policy. store_error: the shared store could not be asked, and the limit does what it was told to do then.",
					unit: "ops",
					width: 8,
					queries: [
						{
							expression: sumBy(
								["rate_limit.policy", "rate_limit.result"],
								rate(series("pipeline.rate_limit.decisions")),
							),
							legend: "{{rate_limit_policy}}: {{rate_limit_result}}",
						},
					],
					colors: endingIn({ allowed: "green", rejected: "purple", store_error: "semi-dark-red" }),
					expected: [0, 1_000],
				},
				{
					kind: "timeseries",
					title: "Share rejected by policy",
					description:
						"Share of calls that a rate limit refused. Above 20 %: either somebody is asking too much, or the limit is too low for how the service is used today.",
					unit: "percentunit",
					width: 8,
					max: 1,
					queries: [
						{
							expression: share(
								sumBy(
									["rate_limit.policy"],
									rate(series("pipeline.rate_limit.decisions", { "rate_limit.result": "rejected" })),
								),
								sumBy(["rate_limit.policy"], rate(series("pipeline.rate_limit.decisions"))),
							),
							legend: "{{rate_limit_policy}}",
						},
					],
					thresholds: [{ color: "green" }, { from: 0.05, color: "yellow" }, { from: 0.2, color: "semi-dark-red" }],
					expected: [0, 1],
				},
				{
					kind: "timeseries",
					title: "Keys in memory",
					description:
						"Users, tenants or addresses that a rate limit keeps in mind. It is bounded; close to the bound, idle ones are forgotten early.",
					unit: "short",
					width: 8,
					queries: [
						{
							expression: sumBy(["rate_limit.policy"], series("pipeline.rate_limit.tracked_keys")),
							legend: "{{rate_limit_policy}}",
						},
					],
					expected: [0, 10_000],
				},
				{
					kind: "timeseries",
					draw: "area",
					title: "Bulkhead: running and its capacity",
					description:
						"Calls that run in each bulkhead, with its capacity (dashed). At the line for long: callers wait; give it more room, or make the calls shorter.",
					unit: "short",
					width: 8,
					dashed: ["capacity"],
					queries: [
						{
							expression: sumBy(["bulkhead.name"], series("pipeline.bulkhead.active")),
							legend: "running in {{bulkhead_name}}",
						},
						{
							expression: sumBy(["bulkhead.name"], series("pipeline.bulkhead.queued")),
							legend: "waiting for {{bulkhead_name}}",
						},
						{
							expression: sumBy(["bulkhead.name"], series("pipeline.bulkhead.capacity")),
							legend: "capacity of {{bulkhead_name}}",
						},
					],
					expected: [0, 1_000],
				},
				{
					kind: "timeseries",
					title: "Bulkhead: wait for a place, p95",
					description:
						"How long calls waited for a place, of those that had to. It is added to the latency that users see.",
					unit: "s",
					width: 8,
					queries: [
						{
							expression: quantile(0.95, ["bulkhead.name"], buckets("pipeline.bulkhead.wait_duration")),
							legend: "{{bulkhead_name}}",
						},
					],
					expected: [0, 300],
				},
				{
					kind: "timeseries",
					draw: "stacked",
					title: "Bulkhead: calls by result",
					description: "accepted, rejected because the queue was full, or expired while they waited.",
					unit: "cps",
					width: 8,
					queries: [
						{
							expression: sumBy(["bulkhead.result"], rate(series("pipeline.bulkhead.calls"))),
							legend: "{{bulkhead_result}}",
						},
					],
					colors: resultColors,
					expected: [0, 1_000],
				},
			],
		},
		{
			title: "Caches and flags",
			panels: [
				{
					kind: "timeseries",
					title: "Cache hit ratio",
					description:
						"Share of calls that a cache answered: fresh, stale, or together with one that was under way. Low: the key is too fine, or entries are gone too soon.",
					unit: "percentunit",
					width: 8,
					max: 1,
					queries: [
						{
							expression: share(
								sumBy(
									["cache.name"],
									rate(series("pipeline.cache.requests", { "cache.result": ["hit", "stale", "coalesced"] })),
								),
								sumBy(["cache.name"], rate(series("pipeline.cache.requests"))),
							),
							legend: "{{cache_name}}",
						},
					],
					thresholds: [{ color: "semi-dark-red" }, { from: 0.2, color: "yellow" }, { from: 0.5, color: "green" }],
					expected: [0, 1],
				},
				{
					kind: "timeseries",
					draw: "stacked",
					title: "Cache requests by result",
					description:
						"hit, miss, stale (answered at once, renewed behind), coalesced, bypass (no key), error (the store failed; the call went on).",
					unit: "reqps",
					width: 8,
					queries: [
						{
							expression: sumBy(["cache.result"], rate(series("pipeline.cache.requests"))),
							legend: "{{cache_result}}",
						},
					],
					colors: resultColors,
					expected: [0, 1_000],
				},
				{
					kind: "timeseries",
					title: "Cache entries",
					description: "Entries a cache holds. At its bound, what is used least makes room.",
					unit: "short",
					width: 8,
					queries: [{ expression: sumBy(["cache.name"], series("pipeline.cache.entries")), legend: "{{cache_name}}" }],
					expected: [0, 100_000],
				},
				{
					kind: "timeseries",
					draw: "bars",
					title: "Evictions and refreshes",
					description:
						"Entries given up, by reason, and answers renewed in the background, by outcome. Evictions for want of room beside a low hit ratio: a larger cache.",
					unit: "short",
					width: 12,
					queries: [
						{
							expression: sumBy(["cache.name", "cache.eviction_reason"], increase(series("pipeline.cache.evictions"))),
							legend: "{{cache_name}} evicted: {{cache_eviction_reason}}",
						},
						{
							expression: sumBy(["cache.name", "outcome"], increase(series("pipeline.cache.refreshes"))),
							legend: "{{cache_name}} refreshed: {{outcome}}",
						},
					],
					expected: [0, 1_000],
				},
				{
					kind: "timeseries",
					draw: "stacked",
					title: "Feature flags by variant",
					description:
						"Evaluations of feature flags, by variant. One that should be everywhere and is not: its provider has not told all processes; look at the reason on spans.",
					unit: "ops",
					width: 12,
					queries: [
						{
							expression: sumBy(
								["feature_flag.key", "feature_flag.result.variant"],
								rate(series("pipeline.feature_flag.evaluations")),
							),
							legend: "{{feature_flag_key}}: {{feature_flag_result_variant}}",
						},
					],
					expected: [0, 1_000],
				},
			],
		},
	],
};
