import type { DashboardVariable } from "./dashboard.ts";
import { durationText, rateIntervalMs, type TimeRange } from "./time-range.ts";

/** Puts values for the variables of an expression: all of everything, and Grafana's own for this range and step. */
export function substitute(
	expression: string,
	variables: readonly DashboardVariable[],
	range: TimeRange,
	stepMs: number,
): string {
	const values: Record<string, string> = {
		__rate_interval: durationText(rateIntervalMs(range, stepMs)),
		__interval: durationText(stepMs),
		__interval_ms: String(stepMs),
		__range: durationText(Math.round((range.toMs - range.fromMs) / 1_000) * 1_000),
		__range_s: String(Math.round((range.toMs - range.fromMs) / 1_000)),
		__range_ms: String(range.toMs - range.fromMs),
	};
	for (const { name, allValue } of variables) values[name] ??= allValue ?? ".*";
	return expression.replace(/\$\{(\w+)(?::\w+)?\}|\$(\w+)/g, (_, braced?: string, bare?: string) => {
		const name = (braced ?? bare) as string;
		const value = values[name];
		if (value === undefined) throw new RangeError(`the dashboard has no variable ${name}, in ${expression}`);
		return value;
	});
}
