// Over 250 lines: a table of panels that is read from top to bottom.

import { attemptsPerCall } from "../amplification.ts";
import { byStage } from "../grouping.ts";
import { errorRatio, failedOutcomes, successObjective } from "../objective.ts";
import { outcomeColors } from "../palette.ts";
import {
	dashboardScope,
	everywhere,
	increase,
	maxBy,
	perEach,
	quantile,
	rate,
	rateInterval,
	risen,
	share,
	sumBy,
	worstProcess,
} from "../promql.ts";
import type { Dashboard } from "../specification.ts";

const scope = dashboardScope("pipeline");
const { series, buckets, counts } = scope;

const runs = series("pipeline.runs");
const stageCalls = series("pipeline.stage.calls");
const cost = series("pipeline.cost.usd");

/** As long as the window of the alert on fast burn. */
const burnWindow = "1h";
const shown = "$__range";
/** Money comes in lumps: a shorter window jumps between nothing and too much. */
const paceWindow = "5m";

const runQuantiles = ([0.5, 0.95, 0.99] as const).map((q) => ({
	expression: quantile(q, [], buckets("pipeline.run.duration")),
	legend: `p${q * 100}`,
	exemplars: q === 0.99,
}));

/** Alerts of every process: one that is absent has no labels to be chosen by. */
const alerts = (alertstate: string, severity?: string) =>
	everywhere.series("ALERTS", {
		alertname: ["Pipeline.+"],
		alertstate,
		...(severity === undefined ? {} : { severity }),
	});
const alertNumber = maxBy(
	["alertname"],
	[
		alerts("pending"),
		...["info", "warning", "critical"].map((severity, at) => `${alerts("firing", severity)} * ${at + 2}`),
	].join(" or "),
);

/** Whether users are served, what has changed, and where to look next. */
export const overview: Dashboard = {
	name: "overview",
	title: "Footlight · Overview",
	description: "Whether the pipelines are healthy, what has changed, and which stage to look at next.",
	variables: ["pipeline"],
	rows: [
		{
			title: "Is it healthy",
			panels: [
				{
					kind: "stat",
					title: "Failed runs",
					description:
						"Share of runs that failed in the shown time; what was refused on purpose, by a rate limit or for want of rights, is not counted. Above 1 %: look at the errors below, then at the table of stages for where they come from.",
					unit: "percentunit",
					decimals: 1,
					width: 3,
					queries: [
						{
							expression: errorRatio(scope, [], shown),
							legend: "share of runs that failed",
						},
					],
					thresholds: [
						{ color: "green" },
						{ from: 1 - successObjective, color: "yellow" },
						{ from: 0.05, color: "semi-dark-red" },
					],
					drillDown: "stages",
					expected: [0, 1],
				},
				{
					kind: "stat",
					title: "Error budget burn",
					description: `How fast the last hour used up the error budget, of the goal that ${successObjective * 100} % of runs end well: 1 x is exactly what may be used. At 14.4 x the budget of 30 days is gone in two; act now.`,
					unit: "suffix:x",
					decimals: 1,
					width: 3,
					queries: [
						{
							expression: `${errorRatio(scope, [], burnWindow)} / (1 - ${successObjective})`,
							legend: "error budget burn",
						},
					],
					thresholds: [
						{ color: "green" },
						{ from: 1, color: "yellow" },
						{ from: 6, color: "orange" },
						{ from: 14.4, color: "semi-dark-red" },
					],
					drillDown: "stages",
					expected: [0, 100],
				},
				{
					kind: "stat",
					title: "Run duration, p95",
					description:
						"How long all but the slowest 5 % of runs took, streams to their end. Red is a minute: the table of stages says which of them takes it.",
					unit: "s",
					width: 3,
					queries: [{ expression: quantile(0.95, [], buckets("pipeline.run.duration")), legend: "p95 of runs" }],
					thresholds: [{ color: "green" }, { from: 10, color: "yellow" }, { from: 60, color: "semi-dark-red" }],
					drillDown: "stages",
					expected: [0.01, 20],
				},
				{
					kind: "stat",
					title: "Runs under way",
					description:
						"Runs that go on at this moment. It climbs while no more of them begin: something does not answer; look at which stage has calls under way.",
					unit: "none",
					width: 3,
					queries: [{ expression: `sum(${series("pipeline.run.active")})`, legend: "runs under way" }],
					thresholds: [{ color: "blue" }],
					drillDown: "stages",
					expected: [0, 100],
				},
				{
					kind: "stat",
					title: "Breakers open",
					description:
						"Circuit breakers that let nothing through, in any process. Above 0: what they protect is down; the dashboard of resilience names it.",
					unit: "none",
					width: 3,
					queries: [
						{
							expression: `sum(${maxBy(
								["circuit_breaker.name"],
								series("pipeline.circuit_breaker.state", { "circuit_breaker.state": ["open", "forced_open"] }),
							)})`,
							legend: "breakers open",
						},
					],
					thresholds: [{ color: "green" }, { from: 1, color: "semi-dark-red" }],
					drillDown: "resilience",
					expected: [0, 10],
				},
				{
					kind: "stat",
					title: "Retry amplification",
					description:
						"Attempts for each call that may be retried, in the shown time; 1 is none repeated. Above 1.2, retries add to the load of what is failing already: look there at which stage, and why.",
					unit: "suffix:x",
					decimals: 2,
					width: 3,
					queries: [
						{
							expression: attemptsPerCall(scope, [], shown),
							legend: "attempts per call",
						},
					],
					thresholds: [{ color: "green" }, { from: 1.1, color: "yellow" }, { from: 1.2, color: "semi-dark-red" }],
					drillDown: "resilience",
					expected: [1, 10],
				},
				{
					kind: "stat",
					title: "Back-pressure",
					description:
						"Share of time in which the producers of the worst stream waited for room in its queue, summed over them: above 100 %, several wait. High for long: whoever reads the stream cannot keep up.",
					unit: "percentunit",
					decimals: 0,
					width: 3,
					queries: [
						{
							expression: worstProcess([], (by) =>
								sumBy([...by, ...byStage, "stream.name"], rate(series("pipeline.stream.producer.blocked_time"))),
							),
							legend: "worst stream",
						},
					],
					thresholds: [{ color: "green" }, { from: 0.25, color: "yellow" }, { from: 0.75, color: "orange" }],
					drillDown: "streaming",
					expected: [0, 20],
				},
				{
					kind: "stat",
					title: "USD per hour",
					description:
						"US dollars per hour at the pace of the last five minutes, failed attempts included. It jumps while runs do not: longer prompts, a dearer model, or retries; the dashboard of cost tells which.",
					unit: "currencyUSD",
					width: 3,
					queries: [{ expression: `sum(${rate(cost, paceWindow)}) * 3600`, legend: "USD per hour" }],
					thresholds: [{ color: "blue" }],
					drillDown: "cost",
					expected: [0, 20],
				},
			],
		},
		{
			title: "What users see",
			panels: [
				{
					kind: "timeseries",
					draw: "stacked",
					title: "Runs per second by outcome",
					description:
						"Runs that ended, by outcome. Red, orange and purple are failures; yellow was saved by a fallback; grey was given up by whoever asked. All gone: nobody asks, or nothing ends.",
					unit: "suffix:/s",
					width: 8,
					queries: [{ expression: sumBy(["outcome"], rate(runs)), legend: "{{outcome}}" }],
					colors: outcomeColors,
					drillDown: "stages",
					expected: [0, 20],
				},
				{
					kind: "timeseries",
					title: "Run duration",
					description:
						"Half of the runs, all but 5 %, and all but 1 % were faster than these. Each dot is a run: click it for its trace. p99 alone climbs: a few hang; all climb: a stage is slow.",
					unit: "s",
					width: 8,
					queries: runQuantiles as [(typeof runQuantiles)[0], ...typeof runQuantiles],
					colors: { p50: "light-blue", p95: "blue", p99: "purple" },
					drillDown: "stages",
					expected: [0.001, 20],
				},
				{
					kind: "timeseries",
					draw: "bars",
					title: "Failed runs by error",
					description:
						"Runs that failed, by the error they failed with. The tallest is what to mend first; its traces show the stage it came from.",
					unit: "short",
					width: 8,
					queries: [
						{
							expression: sumBy(
								["pipeline.name", "error.type"],
								risen(counts("pipeline.run.duration", { outcome: failedOutcomes }), rateInterval),
							),
							legend: "{{pipeline_name}}: {{error_type}}",
						},
					],
					drillDown: "stages",
					expected: [0, 200],
				},
			],
		},
		{
			title: "What wants attention",
			panels: [
				{
					kind: "table",
					title: "Stages",
					description:
						"Each stage in the shown time; a click leads to it. Refused calls count as failed. A coloured cell is where to look: errors of its own, slow answers, or attempts that repeat what fails. USD per run is what a run spends there.",
					unit: "short",
					width: 16,
					height: 10,
					rows: { pipeline_name: "Pipeline", stage_name: "Stage" },
					sortBy: "Failed",
					queries: [
						{
							expression: sumBy(byStage, rate(stageCalls, shown)),
							legend: "calls",
							column: { heading: "Calls/s", unit: "cps", decimals: 2 },
						},
						{
							expression: share(
								sumBy(byStage, rate(series("pipeline.stage.calls", { outcome: failedOutcomes }), shown)),
								sumBy(byStage, rate(stageCalls, shown)),
							),
							legend: "failed",
							column: {
								heading: "Failed",
								unit: "percentunit",
								decimals: 1,
								thresholds: [
									{ color: "transparent" },
									{ from: 0.01, color: "yellow" },
									{ from: 0.05, color: "semi-dark-red" },
								],
							},
						},
						{
							expression: quantile(0.95, byStage, buckets("pipeline.stage.duration"), shown),
							legend: "p95",
							column: {
								heading: "p95",
								unit: "s",
								thresholds: [
									{ color: "transparent" },
									{ from: 10, color: "yellow" },
									{ from: 60, color: "semi-dark-red" },
								],
							},
						},
						{
							expression: attemptsPerCall(scope, byStage, shown),
							legend: "amplification",
							column: {
								heading: "Attempts per call",
								unit: "suffix:x",
								decimals: 2,
								thresholds: [
									{ color: "transparent" },
									{ from: 1.1, color: "yellow" },
									{ from: 1.2, color: "semi-dark-red" },
								],
							},
						},
						{
							expression: perEach(
								["pipeline.name"],
								sumBy(byStage, increase(cost, shown)),
								sumBy(["pipeline.name"], increase(runs, shown)),
							),
							legend: "cost per run",
							column: { heading: "USD per run", unit: "currencyUSD" },
						},
					],
					drillDown: "stages",
					expected: [0, 200],
				},
				{
					kind: "state-timeline",
					title: "Alerts",
					description:
						"Footlight's alerts of every process, and since when. Nothing here: none is pending or firing. Each has a section in the runbooks that says what to do.",
					unit: "none",
					width: 8,
					height: 10,
					queries: [{ expression: alertNumber, legend: "{{alertname}}" }],
					mappings: [
						{ value: 1, text: "pending", color: "#b0b0b0" },
						{ value: 2, text: "info", color: "blue" },
						{ value: 3, text: "warning", color: "orange" },
						{ value: 4, text: "critical", color: "semi-dark-red" },
					],
					thresholds: [
						{ color: "#b0b0b0" },
						{ from: 2, color: "blue" },
						{ from: 3, color: "orange" },
						{ from: 4, color: "semi-dark-red" },
					],
					expected: [1, 4],
					steady: "An alert that fires keeps its number until it is resolved.",
				},
			],
		},
	],
};
