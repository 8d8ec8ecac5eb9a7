import { expect, test } from "vitest";
import { stretchesOf } from "./state-timeline.ts";

test("joins equal states that follow each other, and none over a gap", () => {
	const points = [0, 0, 2, 2, null, 2, 0].map((value, index) => [index * 10, value] as const);
	expect(stretchesOf(points, 10)).toEqual([
		{ fromMs: 0, toMs: 20, value: 0 },
		{ fromMs: 20, toMs: 40, value: 2 },
		{ fromMs: 50, toMs: 60, value: 2 },
		{ fromMs: 60, toMs: 70, value: 0 },
	]);
});
