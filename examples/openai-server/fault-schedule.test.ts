import { expect, test } from "vitest";
import { demoFaults, demoFaultsFor, repeatEvery } from "./fault-schedule.ts";

test("gives the same request number the same fault, and starts over after its length", () => {
	const schedule = repeatEvery(3, { 2: { kind: "server_error" } });
	const failing = [1, 2, 3, 4, 5, 6, 7, 8].filter((number) => schedule(number) !== undefined);
	expect(failing).toEqual([2, 5, 8]);
});

test("refuses a length that is no positive integer", () => {
	expect(() => repeatEvery(0, {})).toThrow("repeatEvery: requests must be a positive integer, got 0");
	expect(() => repeatEvery(1.5, {})).toThrow(RangeError);
});

test("shows every kind of fault in one pass of the demo", () => {
	const kinds = Array.from({ length: 20 }, (_, index) => demoFaults(index + 1)?.kind);
	expect(new Set(kinds)).toEqual(new Set([undefined, "cut", "empty", "rate_limit", "server_error", "slow", "stall"]));
	expect(demoFaults(21)).toBeUndefined();
	expect(demoFaults(22)?.kind).toBe("server_error");
});

test.each([1, 4, 20])(
	"is out long enough that two calls of three attempts fail one after the other: %i readers",
	(readers) => {
		const faults = demoFaultsFor(readers);
		const isOut = (request: number) => faults(request)?.kind === "server_error";
		const first = 11;
		const good = Array.from({ length: 1_000 }, (_, index) => first + index).find((request) => !isOut(request)) ?? 0;
		// As many answers as there are other readers may end well in between.
		expect(Math.floor((good - first) / 3)).toBe(readers + 1);
		for (const request of [good, good + 1, good + 2, good + 3]) expect(faults(request)).toBeUndefined();
	},
);
