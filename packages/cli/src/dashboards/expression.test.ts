import { expect, test } from "vitest";
import { seriesOf } from "./expression.ts";

/** Each metric with the labels that are asked of it. */
const asked = (expression: string) =>
	seriesOf(expression).map(({ metric, labels }) => `${metric}: ${labels.join(" ")}`.trim());

test.each([
	["a name alone", "runs_total", ["runs_total:"]],
	["matchers of each kind", 'runs{a="1",b!="",c=~"x|y",d!~"z"}', ["runs: a b c d"]],
	[
		"a range, a subquery, an offset, a time",
		"rate(a[5m]) + max_over_time(b[1h:1m]) + (c offset 5m) + (d @ end())",
		["a:", "b:", "c:", "d:"],
	],
	["a grouping before and behind", "sum by (x) (a) + sum(b) by (y)", ["a: x", "b: y"]],
	[
		"groupings within groupings, each label once",
		"max by (x) (sum by (x, le) (rate(a_bucket[5m])))",
		["a_bucket: le x"],
	],
	["without, which needs its labels too", "sum without (x) (a)", ["a: x"]],
	["a grouping around both sides", "sum by (x) (a / b)", ["a: x", "b: x"]],
	["labels that sides are matched by", "a / on (x) b * ignoring (y) c", ["a: x y", "b: x y", "c: y"]],
	["group_left, whose labels come from the right", "sum by (x, v) (a * on (x) group_left (v) b)", ["a: x", "b: v x"]],
	["group_right, whose labels come from the left", "sum by (x, v) (b * on (x) group_right (v) a)", ["b: v x", "a: x"]],
	[
		"and, unless, whose right side gives no labels",
		"sum by (x) (a and b{y!=''} unless on (z) c)",
		["a: x z", "b: y", "c: z"],
	],
	["or, whose both sides do", "sum by (x) (a or b)", ["a: x", "b: x"]],
	["numbers and vectors beside", "1 + a > bool 0 or vector(0)", ["a:"]],
	["no name", 'count by (__name__, x) ({y="true"})', ["undefined: __name__ x y"]],
	["a name that is matched", '{__name__="a"}', ["undefined:"]],
	["quoted names", `sum by ("x.y") ({"a.b", 'c.d'="1"})`, ["a.b: c.d x.y"]],
])("finds series and their labels: %s", (_, expression, expected) => {
	expect(asked(expression)).toEqual(expected);
});

test("says through which functions series pass, and of which range", () => {
	expect(seriesOf('histogram_quantile(0.9, sum by (le) (rate(a_bucket{x="1"}[5m] offset 1h))) > b')).toEqual([
		{
			metric: "a_bucket",
			labels: ["le", "x"],
			selector: 'a_bucket{x="1"}',
			functions: ["rate", "sum", "histogram_quantile"],
			range: "5m",
		},
		{ metric: "b", labels: [], selector: "b", functions: [], range: undefined },
	]);
});

test.each([
	["sum(a", 6],
	["a{x=1}", 5],
	["rate(a[$__rate_interval])", 8],
	["", 1],
])("refuses what is no PromQL: %s", (expression, character) => {
	expect(() => seriesOf(expression)).toThrow(
		new SyntaxError(`no PromQL from character ${character} on: ${expression}`),
	);
});
