import { expect, test } from "vitest";
import { logarithmicAxis, timeTicks, valueAxis } from "./tick.ts";

const start = Date.UTC(2026, 10, 21, 20, 0, 7);

test("times are round, and as many as have room", () => {
	const texts = (seconds: number, width: number) =>
		timeTicks({ fromMs: start, toMs: start + seconds * 1_000 }, width).map(({ text }) => text);
	expect(texts(90, 500)).toEqual(["20:00:15", "20:00:30", "20:00:45", "20:01:00", "20:01:15", "20:01:30"]);
	expect(texts(1_800, 300)).toEqual(["20:10", "20:20", "20:30"]);
});

test("a value axis begins at zero and ends somewhat above the highest value", () => {
	const axis = valueAxis([3, 8, 4], { heightPixels: 200 });
	expect(axis).toEqual({ min: 0, max: 8.8, ticks: [0, 2, 4, 6, 8], decimals: 0 });
	expect(valueAxis([0.03], { heightPixels: 200 }).decimals).toBe(3);
	expect(valueAxis([0, 0], { heightPixels: 200 })).toMatchObject({ min: 0, max: 1 });
	expect(valueAxis([-10, 4], { heightPixels: 200 }).min).toBe(-11);
	expect(valueAxis([5], { min: 0, max: 1, heightPixels: 200 })).toMatchObject({ min: 0, max: 1 });
});

test("an axis of bytes goes by powers of two", () => {
	const { ticks } = valueAxis([200 * 2 ** 20], { unit: "bytes", heightPixels: 150 });
	expect(ticks.map((tick) => tick / 2 ** 20)).toEqual([0, 64, 128, 192]);
});

test("a logarithmic axis takes in all values", () => {
	expect(logarithmicAxis([0, 0.02, 30]).ticks).toEqual([0.01, 0.1, 1, 10, 100]);
	expect(logarithmicAxis([]).ticks).toEqual([1, 10]);
});
