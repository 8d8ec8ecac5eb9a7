import { expect, test } from "vitest";
import { shorten } from "./shorten.ts";

test("divides windows and offsets by the factor", () => {
	expect(shorten("rate(x[6h] offset 30m)", 60, 1_000)).toBe("rate(x[360000ms] offset 30000ms)");
});

test("reads every unit, and durations of several parts", () => {
	const expression = "a[1d] + b[2h] + c[3m] + d[4s] + e[5ms] + f[1h30m]";
	expect(shorten(expression, 1, 1)).toBe(
		"a[86400000ms] + b[7200000ms] + c[180000ms] + d[4000ms] + e[5ms] + f[5400000ms]",
	);
});

test("leaves none shorter than what a rate needs", () => {
	expect(shorten("rate(x[5m]) / rate(x[1h] offset 5m)", 240, 10_000)).toBe(
		"rate(x[10000ms]) / rate(x[15000ms] offset 10000ms)",
	);
});

test("shortens the window of a subquery, and leaves its default step", () => {
	expect(shorten("max_over_time(x[1h:])", 60, 1_000)).toBe("max_over_time(x[60000ms:])");
});

test("leaves what is compared, named and grouped as it is", () => {
	const expression = 'sum by (stage_5m) (stage:errors:ratio_rate5m{job="10m"}) > 14.4 * 300';
	expect(shorten(expression, 240, 10_000)).toBe(expression);
});
