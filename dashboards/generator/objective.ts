import { isFailure, type Outcome } from "@footlight/core";
import type { KnownAttribute } from "./metric.ts";
import { outcomeColors } from "./palette.ts";
import { orZero, rate, type Scope, share, sumBy } from "./promql.ts";

/** Outcomes that are a failure of a run or a stage: those that make a span's status ERROR. */
export const failedOutcomes: readonly Outcome[] = (Object.keys(outcomeColors) as Outcome[]).filter(isFailure);

/** Share of runs that have to end well; what is left of 1 is the error budget. */
export const successObjective = 0.99;

/**
 * Share of runs that failed. One that was refused has failed too, for whoever waited for it: behind an open circuit
 * breaker all are. Only what is refused on purpose, for the sake of others, is not counted.
 */
export function errorRatio({ series, counts }: Scope, by: readonly KnownAttribute[], window?: string): string {
	const failed = sumBy(by, rate(series("pipeline.runs", { outcome: failedOutcomes }), window));
	const onPurpose = counts("pipeline.run.duration", {
		outcome: "rejected",
		"error.type": ["rate_limited", "unauthorized"],
	});
	const refused = orZero(sumBy(by, rate(onPurpose, window)), failed);
	return share(`clamp_min(${failed} - ${refused}, 0)`, sumBy(by, rate(series("pipeline.runs"), window)));
}
