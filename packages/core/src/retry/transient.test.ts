import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import {
	BudgetExceededError,
	BulkheadFullError,
	CancelledError,
	CircuitOpenError,
	InterruptedError,
	RateLimitedError,
	RejectedError,
	TimeoutError,
} from "../error.ts";
import { isCallersFault, isTransient } from "./transient.ts";

const verdict = (error: unknown) =>
	isTransient(error) ? "transient" : isCallersFault(error) ? "the caller's fault" : "neither";
const withFields = (fields: object) => Object.assign(new Error("no"), fields);

/** As grpc-js and connect-es make them. */
const rpc = (code: number) => withFields({ code, details: "no", metadata: { get: () => [] } });
const rpcNames = [
	...["OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS"],
	...["PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED"],
	...["INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"],
];
const connect = (code: number, cause?: unknown) =>
	withFields({ name: "ConnectError", code, metadata: new Headers(), cause });

describe("an error that says", () => {
	it.each<[string, "transient" | "the caller's fault" | "neither"]>([
		...["ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT", "EAI_AGAIN", "EHOSTUNREACH", "ECONNABORTED"].map(
			(code): [string, "transient"] => [code, "transient"],
		),
		...["UND_ERR_SOCKET", "UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"].map(
			(code): [string, "transient"] => [code, "transient"],
		),
		["ENOENT", "neither"],
		["ENOTFOUND", "neither"],
		["ERR_INVALID_ARG_TYPE", "neither"],
		["UND_ERR_ABORTED", "neither"],
		["unavailable", "transient"],
		["not_found", "the caller's fault"],
		["canceled", "neither"],
	])("%s is %s", (code, expected) => {
		expect(verdict(withFields({ code }))).toBe(expected);
		expect(verdict(new TypeError("fetch failed", { cause: withFields({ code }) }))).toBe(expected);
	});

	it("an HTTP status is judged by it, wherever it stands", () => {
		const expected: [number, string][] = [
			...[408, 425, 429, 500, 501, 502, 503, 504, 529, 599].map((status): [number, string] => [status, "transient"]),
			...[400, 401, 403, 404, 409, 410, 422, 499].map((status): [number, string] => [status, "the caller's fault"]),
			...[200, 304, 0, 42, 600, 1_000].map((status): [number, string] => [status, "neither"]),
		];
		for (const [status, word] of expected) {
			for (const fields of [
				{ status },
				{ statusCode: status },
				{ response: { status } },
				{ response: { statusCode: status } },
				{ $metadata: { httpStatusCode: status } },
			]) {
				expect([status, verdict(withFields(fields))]).toEqual([status, word]);
				expect([status, verdict(new Error("wrapped", { cause: withFields(fields) }))]).toEqual([status, word]);
			}
		}
	});

	it("a number of gRPC is judged by the seed's list", () => {
		const five = ["UNKNOWN", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "INTERNAL", "UNAVAILABLE"];
		const neither = ["OK", "CANCELLED", "DATA_LOSS"];
		for (const [code, name] of rpcNames.entries()) {
			const expected = neither.includes(name) ? "neither" : "the caller's fault";
			expect([name, verdict(rpc(code))]).toEqual([name, five.includes(name) ? "transient" : expected]);
		}
		expect(verdict(connect(14))).toBe("transient");
		expect(verdict(connect(3))).toBe("the caller's fault");
	});

	it("unknown in an RPC's name for what a handler threw is judged by that", () => {
		expect(verdict(connect(2))).toBe("transient");
		expect(verdict(connect(2, new TypeError("x is not a function")))).toBe("neither");
		expect(verdict(connect(2, new TypeError("fetch failed", { cause: withFields({ code: "ECONNRESET" }) })))).toBe(
			"transient",
		);
	});

	it("a number that is not one of RPC says nothing", () => {
		expect(verdict(withFields({ code: 14 }))).toBe("neither");
		expect(verdict(new DOMException("x", "DataCloneError"))).toBe("neither");
		expect(verdict(withFields({ code: 99, metadata: {} }))).toBe("neither");
	});
});

describe("of what is thrown,", () => {
	it.each<[string, unknown, string]>([
		["a time limit", new TimeoutError("ask", 100), "transient"],
		["AbortSignal.timeout()", new DOMException("x", "TimeoutError"), "transient"],
		["a client's time limit", withFields({ name: "APIConnectionTimeoutError" }), "transient"],
		["a browser's fetch", new TypeError("Failed to fetch"), "transient"],
		["a mistake in the code", new TypeError("x is not a function"), "neither"],
		["a reference to nothing", new ReferenceError("x is not defined"), "neither"],
		["a text that is no JSON", new SyntaxError("Unexpected token"), "neither"],
		["an error that says nothing", new Error("boom"), "neither"],
		["an abort", new DOMException("x", "AbortError"), "neither"],
		[
			"an abort while the socket went down",
			Object.assign(new DOMException("x", "AbortError"), { cause: withFields({ code: "ECONNRESET" }) }),
			"neither",
		],
		["a cancellation", new CancelledError("ask"), "neither"],
		["an interrupt", new InterruptedError("wait for Ada"), "neither"],
		["an open breaker", new CircuitOpenError("load", 100), "neither"],
		["an open breaker, wrapped", new Error("no page", { cause: new CircuitOpenError("load", 100) }), "neither"],
		["a limit", new RateLimitedError("api", "minute", 60, 100), "neither"],
		["a full bulkhead", new BulkheadFullError("load", "10 calls run"), "neither"],
		["a budget", new BudgetExceededError("b", 1, 2), "neither"],
		["a refusal", new RejectedError("unauthorized", "no"), "neither"],
		...[undefined, null, "ECONNRESET", 503, Symbol("x"), () => {}].map((value): [string, unknown, string] => [
			String(value),
			value,
			"neither",
		]),
	])("%s is %s", (_, error, expected) => {
		expect(verdict(error)).toBe(expected);
	});

	it("the outermost that tells counts", () => {
		expect(verdict(withFields({ status: 400, cause: withFields({ code: "ECONNRESET" }) }))).toBe("the caller's fault");
		expect(verdict(new Error("no page", { cause: new Error("no", { cause: withFields({ status: 503 }) }) }))).toBe(
			"transient",
		);
	});

	it("what cannot be read, or goes round, says nothing", () => {
		const round = new Error("round");
		round.cause = round;
		expect(verdict(round)).toBe("neither");
		const unreadable = Object.defineProperty(new Error("x"), "status", {
			get() {
				throw new Error("no");
			},
		});
		expect(verdict(unreadable)).toBe("neither");
	});

	it("what fetch itself throws is transient where nobody listens, and not where it was aborted", async () => {
		const server = createServer();
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const { port } = server.address() as { port: number };
		await new Promise((resolve) => server.close(resolve));
		const refused = await fetch(`http://127.0.0.1:${port}`).catch((error: unknown) => error);
		expect(verdict(refused)).toBe("transient");
		const aborted = await fetch(`http://127.0.0.1:${port}`, { signal: AbortSignal.abort() }).catch((e: unknown) => e);
		expect(verdict(aborted)).toBe("neither");
		const misused = await fetch("no address").catch((error: unknown) => error);
		expect(verdict(misused)).toBe("neither");
	});
});
