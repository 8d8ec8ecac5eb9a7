import { everywhere, increase, rate, share, sumBy } from "../promql.ts";
import { define, label } from "./alert.ts";

const { series } = everywhere;
const byPolicy = ["job", "rate_limit.policy"] as const;
const limit = `Rate limit ${label("rate_limit.policy")} of ${label("job")}`;
const dashboard = "resilience";

export const rateLimitRejecting = define({
	name: "PipelineRateLimitRejecting",
	defaults: { severity: "info", for: "10m", threshold: 0.2, window: "10m", leastDecisions: 20 },
	by: byPolicy,
	operator: ">",
	thresholdBelow: 1,
	dashboard,
	panel: "Share rejected by policy",
	summary: `Rate limit ${label("rate_limit.policy")} refuses many calls.`,
	description: ({ window }) => `${limit} refused {{ $value | humanizePercentage }} of the calls in the last ${window}.`,
	value: ({ window }) =>
		share(
			sumBy(byPolicy, rate(series("pipeline.rate_limit.decisions", { "rate_limit.result": "rejected" }), window)),
			sumBy(byPolicy, rate(series("pipeline.rate_limit.decisions"), window)),
		),
	guards: ({ window, leastDecisions }) => [
		`${sumBy(byPolicy, increase(series("pipeline.rate_limit.decisions"), window))} >= ${leastDecisions}`,
	],
});

export const rateLimitStoreFailing = define({
	name: "PipelineRateLimitStoreFailing",
	defaults: { severity: "warning", for: "10m", threshold: 0, window: "5m" },
	by: byPolicy,
	operator: ">",
	dashboard,
	panel: "Rate limit decisions",
	summary: `Rate limit ${label("rate_limit.policy")} cannot ask its store.`,
	description: ({ window }) =>
		`${limit} could not ask its store {{ $value | printf "%.0f" }} times in the last ${window}: it does not limit as it should.`,
	value: ({ window }) =>
		sumBy(byPolicy, increase(series("pipeline.rate_limit.decisions", { "rate_limit.result": "store_error" }), window)),
});
