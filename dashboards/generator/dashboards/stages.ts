import { byStage, stageLegend } from "../grouping.ts";
import { failedOutcomes } from "../objective.ts";
import { outcomeColors } from "../palette.ts";
import { dashboardScope, increase, perEach, quantile, rate, rateInterval, risen, share, sumBy } from "../promql.ts";
import type { Dashboard } from "../specification.ts";

const { series, buckets, sums, counts } = dashboardScope("pipeline", "stage");

const calls = series("pipeline.stage.calls");
const callsThat = (outcome: readonly string[]) => series("pipeline.stage.calls", { outcome });
const duration = buckets("pipeline.stage.duration");
const runTime = sumBy(byStage, rate(sums("pipeline.stage.duration")));
const queueTime = sumBy(byStage, rate(sums("pipeline.stage.queue_duration")));

/** How long stages take, where they fail, and where they wait. */
export const stages: Dashboard = {
	name: "stages",
	title: "Footlight · Stages",
	description: "How often stages are called, how long they take, where they fail, and where they wait.",
	variables: ["pipeline", "stage"],
	rows: [
		{
			title: "Load",
			panels: [
				{
					kind: "timeseries",
					title: "Calls per second by stage",
					description:
						"Calls of each stage that ended; a retried call is one. A stage that falls behind those before it: they fail, or it hangs; see the calls under way.",
					unit: "cps",
					width: 8,
					queries: [{ expression: sumBy(byStage, rate(calls)), legend: stageLegend }],
					expected: [0, 200],
				},
				{
					kind: "timeseries",
					draw: "stacked",
					title: "Calls per second by outcome",
					description:
						"How calls ended. Red, orange and purple are failures; yellow is a second-best answer, light blue was left out on purpose, grey was given up by whoever asked.",
					unit: "cps",
					width: 8,
					queries: [{ expression: sumBy(["outcome"], rate(calls)), legend: "{{outcome}}" }],
					colors: outcomeColors,
					expected: [0, 200],
				},
				{
					kind: "timeseries",
					draw: "area",
					title: "Calls under way",
					description:
						"Calls of each stage that go on at this moment. A level that only climbs: calls that never end; give the stage a time limit, and look at what it waits for.",
					unit: "short",
					width: 8,
					queries: [{ expression: sumBy(byStage, series("pipeline.stage.active")), legend: stageLegend }],
					expected: [0, 200],
				},
			],
		},
		{
			title: "How long it takes",
			panels: [
				{
					kind: "heatmap",
					title: "Duration of calls",
					description:
						"How many calls took how long; choose a stage above to see it alone. Each dot is a call: click it for its trace. Two bands: two kinds of calls (a cache, a second attempt); a band that rises: it slows down.",
					unit: "short",
					yUnit: "s",
					width: 12,
					height: 9,
					queries: [{ expression: `sum by (le) (${increase(duration)})`, legend: "{{le}}", exemplars: true }],
					expected: [0, 5_000],
				},
				{
					kind: "timeseries",
					title: "p95 by stage",
					description:
						"All but the slowest 5 % of a stage's calls were faster than this. Each dot is a call: click it for its trace. The highest line is where a faster run begins.",
					unit: "s",
					width: 12,
					height: 9,
					queries: [{ expression: quantile(0.95, byStage, duration), legend: stageLegend, exemplars: true }],
					expected: [0, 20],
				},
				{
					kind: "timeseries",
					title: "p50 by stage",
					description:
						"Half of a stage's calls were faster than this: what is usual. It climbs: all calls are slower, so look at load or at what the stage calls.",
					unit: "s",
					width: 8,
					queries: [{ expression: quantile(0.5, byStage, duration), legend: stageLegend }],
					expected: [0, 20],
				},
				{
					kind: "timeseries",
					title: "p99 by stage",
					description:
						"The slowest 1 % of a stage's calls took longer than this. Far above p50: a few calls hang; a time limit or a hedge cuts them off.",
					unit: "s",
					width: 8,
					logarithmic: true,
					queries: [{ expression: quantile(0.99, byStage, duration), legend: stageLegend }],
					drillDown: "resilience",
					expected: [0, 20],
				},
				{
					kind: "timeseries",
					draw: "stacked",
					title: "Where the time goes",
					description:
						"Each stage's share of the time that calls took. A stage that holds others within it has their time too. The widest band is what is worth making faster.",
					unit: "percentunit",
					width: 8,
					max: 1,
					queries: [
						{
							expression: perEach([], runTime, `sum(${rate(sums("pipeline.stage.duration"))})`),
							legend: stageLegend,
						},
					],
					expected: [0, 1],
				},
			],
		},
		{
			title: "Where it fails",
			panels: [
				{
					kind: "timeseries",
					title: "Share that failed",
					description:
						"Share of a stage's calls that ended as error, timeout or rejected, retries included. Above 5 %: see by which error on the right, and what protects it on the dashboard of resilience.",
					unit: "percentunit",
					width: 8,
					max: 1,
					queries: [
						{
							expression: share(sumBy(byStage, rate(callsThat(failedOutcomes))), sumBy(byStage, rate(calls))),
							legend: stageLegend,
						},
					],
					thresholds: [{ color: "green" }, { from: 0.01, color: "yellow" }, { from: 0.05, color: "semi-dark-red" }],
					drillDown: "resilience",
					expected: [0, 1],
				},
				{
					kind: "timeseries",
					draw: "bars",
					title: "Failures by error",
					description:
						"Calls that failed, by stage and error. What a stage before could not give fails the ones after it too: begin with the earliest stage.",
					unit: "short",
					width: 8,
					queries: [
						{
							expression: sumBy(
								[...byStage, "error.type"],
								risen(counts("pipeline.stage.duration", { outcome: failedOutcomes }), rateInterval),
							),
							legend: `${stageLegend}: {{error_type}}`,
						},
					],
					drillDown: "resilience",
					expected: [0, 200],
				},
				{
					kind: "timeseries",
					title: "Share second-best or left out",
					description:
						"Share of a stage's calls that a fallback answered, or that were skipped by a flag or a layer. No error, and yet not what was asked for: see that it is meant.",
					unit: "percentunit",
					width: 8,
					max: 1,
					queries: [
						{
							expression: share(sumBy(byStage, rate(callsThat(["fallback", "skipped"]))), sumBy(byStage, rate(calls))),
							legend: stageLegend,
						},
					],
					thresholds: [{ color: "green" }, { from: 0.1, color: "yellow" }, { from: 0.5, color: "orange" }],
					drillDown: "resilience",
					expected: [0, 1],
				},
			],
		},
		{
			title: "Where it waits",
			panels: [
				{
					kind: "timeseries",
					title: "Waiting and running, mean",
					description:
						"Of stages under a runner's concurrency limit: how long a call waited for a free place (dashed) and then ran. Waiting above running: a higher limit, or fewer items at a time.",
					unit: "s",
					width: 8,
					dashed: ["waiting"],
					queries: [
						{
							expression: share(queueTime, sumBy(byStage, rate(counts("pipeline.stage.queue_duration")))),
							legend: `waiting: ${stageLegend}`,
						},
						{
							expression: `${share(runTime, sumBy(byStage, rate(counts("pipeline.stage.duration"))))} and ${queueTime}`,
							legend: `running: ${stageLegend}`,
						},
					],
					expected: [0, 20],
				},
				{
					kind: "timeseries",
					draw: "area",
					title: "Share of time spent waiting",
					description:
						"Of the time from when a call could have started to its end, the share it waited for a free place. Above half: the limit is what users wait for, not the work.",
					unit: "percentunit",
					width: 8,
					max: 1,
					queries: [{ expression: share(queueTime, `(${queueTime} + ${runTime})`), legend: stageLegend }],
					thresholds: [{ color: "green" }, { from: 0.25, color: "yellow" }, { from: 0.5, color: "orange" }],
					expected: [0, 1],
				},
				{
					kind: "timeseries",
					title: "Wait for a free place, p95",
					description:
						"All but 5 % of a stage's calls waited shorter than this for a free place. It climbs with load: the limit is reached; what runs in it is on the left.",
					unit: "s",
					width: 8,
					queries: [
						{ expression: quantile(0.95, byStage, buckets("pipeline.stage.queue_duration")), legend: stageLegend },
					],
					expected: [0, 20],
				},
			],
		},
	],
};
