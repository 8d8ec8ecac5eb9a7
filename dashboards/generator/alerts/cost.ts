import { everywhere, increase, maxBy, rate, risen, share, sumBy } from "../promql.ts";
import { type CommonSettings, define, label } from "./alert.ts";
import { sumOf } from "./duration.ts";

const { series } = everywhere;
const byBudget = ["job", "budget.name"] as const;
const byModel = ["job", "pipeline.name", "stage.name", "gen_ai.request.model"] as const;
const dashboard = "cost";
const spending = series("pipeline.cost.usd");

export const costSpike = define({
	name: "PipelineCostSpike",
	defaults: { severity: "warning", for: "10m", threshold: 3, window: "30m", baseline: "6h", leastUsd: 1 },
	by: ["job"],
	operator: ">",
	dashboard,
	panel: "USD per hour by model",
	summary: `${label("job")} spends far more than before.`,
	description: ({ window, baseline }) =>
		`${label("job")} spent {{ $value | humanize }} times as much per hour in the last ${window} as in the ${baseline} before.`,
	value: ({ window, baseline }) =>
		share(sumBy(["job"], rate(spending, window)), sumBy(["job"], `rate(${spending}[${baseline}] offset ${window})`)),
	// Without a whole baseline each start of a service would be a spike.
	guards: ({ window, baseline, leastUsd }) => [
		`${sumBy(["job"], increase(spending, window))} > ${leastUsd}`,
		`count by (job) (${spending} offset ${sumOf(window, baseline)})`,
	],
});

/** The share from which on a budget refuses: it is no setting, as the texts and the other alert of budgets stand on it. */
const whole = 1;

// Of a budget per run or per key, the metric has the highest since the last scrape: the window holds it for people to see.
function spentShare({ window }: CommonSettings & { readonly window: string }): string {
	const spent = `max_over_time(${series("pipeline.cost.budget.spent_usd")}[${window}])`;
	return maxBy(byBudget, share(spent, series("pipeline.cost.budget.limit_usd")));
}

export const costBudgetNearlySpent = define({
	name: "PipelineCostBudgetNearlySpent",
	defaults: { severity: "warning", for: "0s", threshold: 0.8, window: "5m" },
	by: byBudget,
	operator: ">",
	thresholdBelow: whole,
	dashboard,
	panel: "Budget spent",
	summary: `Budget ${label("budget.name")} is nearly spent.`,
	description: () =>
		`{{ $value | humanizePercentage }} of budget ${label("budget.name")} of ${label("job")} is spent; calls are refused at 100 %, unless it only warns.`,
	value: spentShare,
	guards: (settings) => [`${spentShare(settings)} < ${whole}`],
});

export const costBudgetExceeded = define({
	name: "PipelineCostBudgetExceeded",
	// A budget per run that stops a single run has done its work: nobody has to get up for it.
	defaults: { severity: "warning", for: "0s", window: "5m" },
	by: byBudget,
	operator: ">=",
	fixedThreshold: whole,
	dashboard,
	panel: "Budget spent",
	summary: `Budget ${label("budget.name")} is spent.`,
	description: () =>
		`{{ $value | humanizePercentage }} of budget ${label("budget.name")} of ${label("job")} is spent: calls are refused, unless it only warns.`,
	value: spentShare,
});

export const costUnpriced = define({
	name: "PipelineCostUnpriced",
	defaults: { severity: "info", for: "0s", threshold: 0, window: "1h" },
	by: byModel,
	operator: ">",
	dashboard,
	panel: "Unpriced calls by model",
	summary: `The price of model ${label("gen_ai.request.model")} is not known.`,
	description: ({ window }) =>
		`{{ $value | printf "%.0f" }} of the calls that stage ${label("stage.name")} of ${label("pipeline.name")} (${label("job")}) made of ${label("gen_ai.request.model")} in the last ${window} have no price: what they cost is missing everywhere.`,
	value: ({ window }) => sumBy(byModel, risen(series("pipeline.cost.unpriced"), window)),
});
