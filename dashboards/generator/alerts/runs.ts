import { errorRatio } from "../objective.ts";
import { everywhere, increase, quantile, rate, share, sumBy } from "../promql.ts";
import { type CommonSettings, define, label, type Objective } from "./alert.ts";

const { series, buckets } = everywhere;

/** What runs are kept apart by. */
export const byPipeline = ["job", "pipeline.name"] as const;
/** What calls of stages are kept apart by. */
export const byStage = ["job", "pipeline.name", "stage.name"] as const;
const stage = `Stage ${label("stage.name")} of ${label("pipeline.name")} (${label("job")})`;

/** How many times faster than allowed the error budget is used up. */
function burnRate(window: string, objectiveRatio: number): string {
	return `${errorRatio(everywhere, byPipeline, window)} / ${Number((1 - objectiveRatio).toPrecision(12))}`;
}

interface BurnSettings extends CommonSettings {
	readonly threshold: number;
	readonly longWindow: string;
	readonly shortWindow: string;
	readonly leastRuns: number;
}

const burn = {
	by: byPipeline,
	operator: ">",
	dashboard: "overview",
	panel: "Error budget burn",
	description: ({ longWindow }: BurnSettings, { objectiveRatio }: Objective) =>
		`${label("pipeline.name")} of ${label("job")} used up its error budget {{ $value | humanize }} times as fast as it may in the last ${longWindow}, and still does: ${Number((objectiveRatio * 100).toPrecision(12))} % of its runs are to succeed.`,
	value: ({ longWindow }: BurnSettings, { objectiveRatio }: Objective) => burnRate(longWindow, objectiveRatio),
	// The short window ends the alert soon after the failures end; of a handful of runs no share can be told.
	guards: ({ threshold, longWindow, shortWindow, leastRuns }: BurnSettings, { objectiveRatio }: Objective) => [
		`${burnRate(shortWindow, objectiveRatio)} > ${threshold}`,
		`${sumBy(byPipeline, increase(series("pipeline.runs"), longWindow))} >= ${leastRuns}`,
	],
} as const;

export const runErrorBudgetBurnFast = define({
	...burn,
	name: "PipelineRunErrorBudgetBurnFast",
	defaults: { severity: "critical", for: "0s", threshold: 14.4, longWindow: "1h", shortWindow: "5m", leastRuns: 20 },
	summary: `Many runs of ${label("pipeline.name")} fail.`,
});

export const runErrorBudgetBurnSlow = define({
	...burn,
	name: "PipelineRunErrorBudgetBurnSlow",
	defaults: { severity: "warning", for: "15m", threshold: 6, longWindow: "6h", shortWindow: "30m", leastRuns: 20 },
	summary: `More runs of ${label("pipeline.name")} fail than may.`,
});

export const stageLatencyHigh = define({
	name: "PipelineStageLatencyHigh",
	defaults: { severity: "warning", for: "10m", threshold: 30, window: "10m", leastCalls: 20 },
	by: byStage,
	operator: ">",
	// A quantile cannot lie beyond the last bucket that has a bound.
	thresholdBelow: 300,
	dashboard: "stages",
	panel: "p95 by stage",
	summary: `Stage ${label("stage.name")} is slow.`,
	description: ({ window, threshold }) =>
		`${stage}: the slowest 5 % of calls took {{ $value | humanizeDuration }} or more in the last ${window}, above ${threshold} s.`,
	// What was refused or left out took no time, and would hide how slow the rest is.
	value: ({ window }) => quantile(0.95, byStage, buckets("pipeline.stage.duration", { outcome: worked }), window),
	guards: ({ window, leastCalls }) => [
		`${sumBy(byStage, increase(series("pipeline.stage.calls", { outcome: worked }), window))} >= ${leastCalls}`,
	],
});

const worked = ["ok", "error", "timeout", "fallback"];

export const timeoutsHigh = define({
	name: "PipelineTimeoutsHigh",
	defaults: { severity: "warning", for: "10m", threshold: 0.05, window: "10m", leastCalls: 20 },
	by: byStage,
	operator: ">",
	thresholdBelow: 1,
	dashboard: "resilience",
	panel: "Share that timed out",
	summary: `Calls of stage ${label("stage.name")} run into their time limit.`,
	description: ({ window }) =>
		`${stage}: {{ $value | humanizePercentage }} of the calls timed out in the last ${window}.`,
	value: ({ window }) => {
		const late = series("pipeline.timeout.calls", { "timeout.result": ["timed_out", "ignored_cancel"] });
		return share(sumBy(byStage, rate(late, window)), sumBy(byStage, rate(series("pipeline.timeout.calls"), window)));
	},
	guards: ({ window, leastCalls }) => [
		`${sumBy(byStage, increase(series("pipeline.timeout.calls"), window))} >= ${leastCalls}`,
	],
});
