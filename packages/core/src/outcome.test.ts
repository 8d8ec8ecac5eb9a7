import { describe, expect, it } from "vitest";
import {
	CancelledError,
	classify,
	errorType,
	FootlightError,
	InterruptedError,
	isFailure,
	RejectedError,
	TimeoutError,
} from "./index.ts";

const named = (name: string) => Object.assign(new Error("x"), { name });
const coded = (code: unknown) => Object.assign(new Error("x"), { code });

function aborted(reason: unknown): AbortSignal {
	return AbortSignal.abort(reason);
}

async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
	try {
		await promise;
	} catch (error) {
		return error;
	}
	throw new Error("nothing was thrown");
}

class APIUserAbortError extends Error {}
class APIConnectionTimeoutError extends Error {}

const unreadable = new Proxy(
	{},
	{
		get() {
			throw new Error("boom");
		},
		getPrototypeOf() {
			throw new Error("boom");
		},
	},
);

describe("classify", () => {
	it.each([
		["a plain error", new Error("x"), "error"],
		["a programming error", new TypeError("x"), "error"],
		["a string", "AbortError", "error"],
		["undefined", undefined, "error"],
		["null", null, "error"],
		["a number code", coded(20), "error"],
		["an unreadable object", unreadable, "error"],
		["Footlight's timeout", new TimeoutError("ask", 10), "timeout"],
		["Footlight's cancellation", new CancelledError("ask"), "cancelled"],
		["an interrupt", new InterruptedError("waits for review"), "interrupted"],
		["an open circuit", new RejectedError("circuit_open", "x"), "rejected"],
		["a limit", new RejectedError("rate_limited", "x"), "rejected"],
		["a missing permission", new RejectedError("unauthorized", "x"), "rejected"],
		["a full disk", new FootlightError("disk_full", "x"), "error"],
		["a spool that fails", new FootlightError("spool_failed", "x"), "error"],
		["a spool of another process", new FootlightError("spool_locked", "x"), "error"],
		["the platform's abort", new DOMException("x", "AbortError"), "cancelled"],
		["the platform's timeout", new DOMException("x", "TimeoutError"), "timeout"],
		["Node's abort", coded("ABORT_ERR"), "cancelled"],
		["axios' cancellation", named("CanceledError"), "cancelled"],
		["OpenAI's abort, whose name is Error", new APIUserAbortError("x"), "cancelled"],
		["OpenAI's timeout", new APIConnectionTimeoutError("x"), "timeout"],
		["a socket's timeout", coded("ETIMEDOUT"), "timeout"],
		["undici's timeout", coded("UND_ERR_HEADERS_TIMEOUT"), "timeout"],
		["a stream closed too early, nobody knows by whom", coded("ERR_STREAM_PREMATURE_CLOSE"), "error"],
		["a refused connection", coded("ECONNREFUSED"), "error"],
	])("takes %s for what it is", (_, error, outcome) => {
		expect(classify(error)).toBe(outcome);
	});

	it("takes exactly the caller's reason for a cancellation, and no other error", () => {
		const reason = new Error("the user left");
		expect(classify(reason, aborted(reason))).toBe("cancelled");
		expect(classify("the user left", aborted("the user left"))).toBe("cancelled");
		expect(classify(coded("ERR_STREAM_PREMATURE_CLOSE"), aborted(reason))).toBe("cancelled");
		expect(classify(new Error("a bug"), aborted(reason))).toBe("error");
		expect(classify(reason, new AbortController().signal)).toBe("error");
	});

	it("takes an abort after a timed-out signal for a timeout", async () => {
		const signal = AbortSignal.timeout(1);
		const thrown = await thrownBy(
			new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
		);
		expect(classify(thrown, signal)).toBe("timeout");
		expect(classify(new DOMException("x", "AbortError"), signal)).toBe("timeout");
		expect(classify(new DOMException("x", "AbortError"), aborted(new TimeoutError("ask", 5)))).toBe("timeout");
		expect(classify(new Error("a bug"), signal)).toBe("error");
	});
});

describe("isFailure", () => {
	it("is true of errors, timeouts and refusals alone", () => {
		const outcomes = ["ok", "error", "skipped", "fallback", "cancelled", "timeout", "rejected", "interrupted"] as const;
		expect(outcomes.filter(isFailure)).toEqual(["error", "timeout", "rejected"]);
	});
});

describe("errorType", () => {
	class RateLimitError extends Error {}
	it.each([
		["a code of Footlight's", new TimeoutError("ask", 1), "timeout"],
		["a system code", coded("ECONNREFUSED"), "ECONNREFUSED"],
		["a name", named("QuotaError"), "QuotaError"],
		["a built-in class", new TypeError("x"), "TypeError"],
		["a class that kept the name Error", new RateLimitError("x"), "RateLimitError"],
		["a plain error", new Error("x"), "Error"],
		["a code in words, which may hold anything", coded("user 17 not found"), "Error"],
		["a platform exception", new DOMException("x", "AbortError"), "AbortError"],
		["a plain object", { message: "x" }, "_OTHER"],
		["a string", "boom", "_OTHER"],
		["undefined", undefined, "_OTHER"],
		["an unreadable object", unreadable, "_OTHER"],
		["an endless name", named("x".repeat(500)), "x".repeat(100)],
	])("is of %s", (_, error, type) => {
		expect(errorType(error)).toBe(type);
	});
});
