import { describe, expect, it } from "vitest";
import { CancelledError, FootlightError, InterruptedError, RejectedError, TimeoutError } from "./index.ts";

describe("Footlight's errors", () => {
	it.each([
		[new TimeoutError("ask", 200), "TimeoutError", "timeout", "[timeout] ask did not settle within 200 ms"],
		[new CancelledError("ask"), "CancelledError", "cancelled", "[cancelled] ask was cancelled"],
		[new InterruptedError("waits for review"), "InterruptedError", "interrupted", "[interrupted] waits for review"],
		[new RejectedError("rate_limited", "too many"), "RejectedError", "rate_limited", "[rate_limited] too many"],
	])("lead their message with the code: %s", (error, name, code, message) => {
		expect(error).toBeInstanceOf(FootlightError);
		expect(error).toBeInstanceOf(Error);
		expect(error).toMatchObject({ name, code, message });
		expect(String(error.stack)).toContain(message);
	});

	it("keep their cause and what their class adds", () => {
		const cause = new Error("boom");
		expect(new TimeoutError("ask", 200, { cause })).toMatchObject({ cause, timeoutMs: 200 });
		expect(new RejectedError("circuit_open", "open", { cause, retryAfterMs: 50 })).toMatchObject({
			cause,
			retryAfterMs: 50,
		});
		expect(new RejectedError("circuit_open", "open")).not.toHaveProperty("retryAfterMs");
		expect(new CancelledError("ask")).not.toHaveProperty("cause");
	});

	it("are known across copies of the package", async () => {
		const copy = (await import(`${"./error.ts"}?copy`)) as typeof import("./error.ts");
		const foreign = new copy.TimeoutError("ask", 1);
		expect(copy.FootlightError).not.toBe(FootlightError);
		expect(foreign).not.toBeInstanceOf(FootlightError);
		expect(FootlightError.is(foreign)).toBe(true);
		expect(copy.FootlightError.is(new TimeoutError("ask", 1))).toBe(true);
	});

	it("can be made where the name of all errors is frozen", () => {
		const name = Object.getOwnPropertyDescriptor(Error.prototype, "name") as PropertyDescriptor;
		Object.defineProperty(Error.prototype, "name", { writable: false });
		try {
			expect(new TimeoutError("ask", 200)).toMatchObject({ name: "TimeoutError", code: "timeout" });
		} finally {
			Object.defineProperty(Error.prototype, "name", name);
		}
	});

	it("do not claim other things", () => {
		for (const other of [new Error("[timeout] x"), { code: "timeout" }, "timeout", null, undefined, 5]) {
			expect(FootlightError.is(other)).toBe(false);
		}
	});

	it("show their brand to nobody who prints them", () => {
		expect(Object.keys(new CancelledError("ask"))).toEqual(["code", "name"].sort());
	});
});
