import { expect, test } from "vitest";
import { substitute } from "./substitute.ts";
import { rateIntervalMs, readDuration, stepMsOf } from "./time-range.ts";

const range = { fromMs: 0, toMs: 180_000, scrapeMs: 5_000 };
const variables = [
	{ name: "job", type: "query", allValue: ".+" },
	{ name: "jobs", type: "query", allValue: "other" },
	{ name: "stage", type: "query" },
];

test("variables stand for all of their values", () => {
	expect(substitute('up{job=~"$job",other=~"$jobs",stage=~"\x24{stage:regex}"}', variables, range, 5_000)).toBe(
		'up{job=~".+",other=~"other",stage=~".*"}',
	);
});

test("Grafana's own variables follow range and step", () => {
	const text = substitute("a[$__range] b[\x24{__rate_interval}] c[$__interval] $__range_s", [], range, 5_000);
	expect(text).toBe("a[180s] b[20s] c[5s] 180");
});

test("a variable that the dashboard lacks is refused by name", () => {
	expect(() => substitute("$nobody", variables, range, 5_000)).toThrow("no variable nobody");
});

test("rates are taken over four scrapes, or a step and a scrape where that is more", () => {
	expect(rateIntervalMs(range, 5_000)).toBe(20_000);
	expect(rateIntervalMs(range, 60_000)).toBe(65_000);
});

test("points are no closer than pixels or scrapes", () => {
	expect(stepMsOf(range, 500)).toBe(5_000);
	expect(stepMsOf({ ...range, toMs: 86_400_000 }, 500)).toBe(300_000);
});

test("durations are read, and others refused", () => {
	expect(readDuration("gap", "250ms")).toBe(250);
	expect(readDuration("gap", "5m")).toBe(300_000);
	expect(() => readDuration("gap", "soon")).toThrow('gap must be a duration such as 20s or 5m, got "soon"');
	expect(() => readDuration("gap", "0s")).toThrow(RangeError);
});
