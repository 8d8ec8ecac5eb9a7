import { describe, expect, test } from "vitest";
import { bar } from "./bar.ts";

describe("bar", () => {
	test("begins and ends on half columns", () => {
		expect(bar([{ startMs: 0, endMs: 100 }], 0, 100, 10)).toBe("━━━━━━━━━━");
		expect(bar([{ startMs: 5, endMs: 15 }], 0, 100, 10)).toBe("╺╸        ");
		expect(bar([{ startMs: 50, endMs: 75 }], 0, 100, 10)).toBe("     ━━╸  ");
	});

	test("is thin up to the first item", () => {
		expect(bar([{ startMs: 0, endMs: 100, flowMs: 50 }], 0, 100, 10)).toBe("─────━━━━━");
		expect(bar([{ startMs: 5, endMs: 95, flowMs: 35 }], 0, 100, 10)).toBe("╶──╼━━━━━╸");
	});

	test("stays thin when the first item never came in time", () => {
		expect(bar([{ startMs: 0, endMs: 100, flowMs: 100 }], 0, 100, 4)).toBe("────");
	});

	test("leaves a mark for what took no time, at either end and on a scale of nothing", () => {
		expect(bar([{ startMs: 0, endMs: 0 }], 0, 100, 4)).toBe("╸   ");
		expect(bar([{ startMs: 100, endMs: 100 }], 0, 100, 4)).toBe("   ╺");
		expect(bar([{ startMs: 0, endMs: 0 }], 0, 0, 4)).toBe("╸   ");
	});

	test("draws several intervals on one line", () => {
		expect(
			bar(
				[
					{ startMs: 0, endMs: 20 },
					{ startMs: 60, endMs: 100 },
				],
				0,
				100,
				10,
			),
		).toBe("━━    ━━━━");
	});

	test("stays within its columns when an interval leaves the scale", () => {
		expect(bar([{ startMs: -50, endMs: 500 }], 0, 100, 4)).toBe("━━━━");
	});
});
