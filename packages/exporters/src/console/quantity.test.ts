import { describe, expect, test } from "vitest";
import { count, duration, money } from "./quantity.ts";

describe("quantities", () => {
	test.each([
		[0, "0ms"],
		[-3, "0ms"],
		[Number.NaN, "0ms"],
		[0.0001, "1µs"],
		[0.42, "420µs"],
		[0.9996, "1ms"],
		[4.25, "4.25ms"],
		[9.996, "10ms"],
		[12.53, "12.5ms"],
		[99.96, "100ms"],
		[182.4, "182ms"],
		[999.4, "999ms"],
		[999.6, "1.00s"],
		[1_240, "1.24s"],
		[9_996, "10.0s"],
		[59_949, "59.9s"],
		[59_951, "1m 00s"],
		[125_000, "2m 05s"],
		[3_599_600, "1h 00m"],
		[3_720_000, "1h 02m"],
		[86_400_000, "1d 00h"],
		[273_600_000, "3d 04h"],
	])("writes %d milliseconds as %s", (milliseconds, text) => {
		expect(duration(milliseconds)).toBe(text);
	});

	test.each([
		[0, "$0"],
		[0.0000341, "$0.000034"],
		[0.0021, "$0.0021"],
		[0.0123, "$0.012"],
		[0.0996, "$0.10"],
		[12.345, "$12.35"],
		[1234.5, "$1,234.50"],
		[-0.5, "-$0.50"],
	])("writes %d dollars as %s", (dollars, text) => {
		expect(money(dollars)).toBe(text);
	});

	test("writes large counts short", () => {
		expect([0, 812, 9_999, 12_400, 3_000_000].map(count)).toEqual(["0", "812", "9999", "12.4K", "3M"]);
	});
});
