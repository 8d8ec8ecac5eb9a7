import { attemptsPerCall } from "../amplification.ts";
import { everywhere, increase, rate, share, sumBy } from "../promql.ts";
import { define, label } from "./alert.ts";
import { byStage } from "./runs.ts";

const { series } = everywhere;
const stage = `Stage ${label("stage.name")} of ${label("pipeline.name")} (${label("job")})`;
const dashboard = "resilience";

export const retryStorm = define({
	name: "PipelineRetryStorm",
	defaults: { severity: "warning", for: "5m", threshold: 1.2, window: "5m", leastCallsPerSecond: 0.1 },
	by: byStage,
	operator: ">",
	dashboard,
	panel: "Amplification by stage",
	summary: `Stage ${label("stage.name")} hammers what is failing.`,
	description: ({ threshold }) =>
		`${stage} makes {{ $value | humanize }} attempts per call, more than ${threshold}: retries load what they call further.`,
	value: ({ window }) => attemptsPerCall(everywhere, byStage, window),
	guards: ({ window, leastCallsPerSecond }) => [
		`${sumBy(byStage, rate(series("pipeline.retry.calls"), window))} > ${leastCallsPerSecond}`,
	],
});

export const retriesIneffective = define({
	name: "PipelineRetriesIneffective",
	defaults: { severity: "info", for: "15m", threshold: 0.2, window: "15m", leastCalls: 10 },
	by: byStage,
	operator: "<",
	dashboard,
	panel: "Success after retry",
	summary: `Retries of stage ${label("stage.name")} do not help.`,
	description: ({ window }) =>
		`${stage}: of the calls that were tried again in the last ${window}, only {{ $value | humanizePercentage }} succeeded in the end.`,
	value: ({ window }) => {
		const saved = series("pipeline.retry.calls", { "retry.retried": "true", "retry.result": "success" });
		const retried = series("pipeline.retry.calls", { "retry.retried": "true" });
		return share(sumBy(byStage, rate(saved, window)), sumBy(byStage, rate(retried, window)));
	},
	guards: ({ window, leastCalls }) => [
		`${sumBy(byStage, increase(series("pipeline.retry.calls", { "retry.retried": "true" }), window))} >= ${leastCalls}`,
	],
});

export const retryBudgetExhausted = define({
	name: "PipelineRetryBudgetExhausted",
	defaults: { severity: "warning", for: "5m", threshold: 0, window: "10m" },
	by: byStage,
	operator: ">",
	dashboard,
	panel: "Attempts refused by the budget",
	summary: `The retry budget of stage ${label("stage.name")} is used up.`,
	description: ({ window }) =>
		`${stage}: {{ $value | printf "%.0f" }} attempts were not made in the last ${window}, because the retry budget was used up. Failures reach the callers at once.`,
	value: ({ window }) => sumBy(byStage, increase(series("pipeline.retry.budget.exhausted"), window)),
});
