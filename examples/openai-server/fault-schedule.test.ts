import { expect, test } from "vitest";
import { demoFaults, repeatEvery } from "./fault-schedule.ts";

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
	const kinds = Array.from({ length: 19 }, (_, index) => demoFaults(index + 1)?.kind);
	expect(new Set(kinds)).toEqual(new Set([undefined, "cut", "empty", "rate_limit", "server_error", "slow"]));
	expect(demoFaults(20)).toBeUndefined();
	expect(demoFaults(21)?.kind).toBe("server_error");
});
