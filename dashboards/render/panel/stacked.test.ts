import { expect, test } from "vitest";
import type { Panel } from "../dashboard.ts";
import type { Point, Series } from "../series.ts";
import { stacked } from "./stacked.ts";

const series = (name: string, ...values: (number | null)[]): Series => ({
	name,
	labels: {},
	refId: "A",
	points: values.map((value, index): Point => [index, value]),
});
const panel = (mode: string): Panel => ({
	type: "timeseries",
	title: "",
	gridPos: { x: 0, y: 0, w: 24, h: 8 },
	fieldConfig: {
		defaults: { custom: { stacking: { mode } } },
		overrides: [
			{
				matcher: { id: "byName", options: "limit" },
				properties: [{ id: "custom.stacking", value: { mode: "none" } }],
			},
		],
	},
});
const uppers = (mode: string, ...all: Series[]) =>
	stacked(all, panel(mode)).map(({ upper }) => upper.map(([, value]) => value));

test("each series stands on those before it, and none on a gap", () => {
	const all = [series("a", 1, null, 3), series("b", 10, 20, null), series("c", 100, 100, 100)];
	expect(uppers("normal", ...all)).toEqual([
		[1, null, 3],
		[11, 20, null],
		[111, 120, 103],
	]);
	expect(stacked(all, panel("normal"))[1]?.lower).toEqual([
		[0, 1],
		[1, 0],
		[2, 3],
	]);
});

test("shares add up to a whole, also of nothing", () => {
	expect(uppers("percent", series("a", 1, 0), series("b", 3, 0))).toEqual([
		[0.25, 0],
		[1, 0],
	]);
});

test("a series that is not stacked stands by itself", () => {
	expect(uppers("normal", series("a", 5), series("limit", 8), series("b", 2))).toEqual([[5], [8], [7]]);
});
