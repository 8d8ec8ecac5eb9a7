import { expect, test } from "vitest";
import type { Point, Series } from "../series.ts";
import { bucketsOf } from "./heatmap.ts";

const bucket = (le: string, ...values: (number | null)[]): Series => ({
	name: le,
	labels: { le },
	refId: "A",
	points: values.map((value, index): Point => [index * 1_000, value]),
});

test("takes cumulative buckets apart, by their bounds and not by their texts", () => {
	const buckets = bucketsOf([bucket("+Inf", 9, 4), bucket("10", 9, 4), bucket("2.5", 6, 4), bucket("1", 1, 4)]);
	expect(buckets).toEqual([
		{ from: 0, to: 1, counts: [1, 4] },
		{ from: 1, to: 2.5, counts: [5, 0] },
		{ from: 2.5, to: 10, counts: [3, 0] },
		{ from: 10, to: Number.POSITIVE_INFINITY, counts: [0, 0] },
	]);
});

test("a bucket is never negative, and a gap is nothing", () => {
	const [, second] = bucketsOf([bucket("1", 5, null), bucket("2", 4.9, 3)]);
	expect(second?.counts).toEqual([0, 3]);
});
