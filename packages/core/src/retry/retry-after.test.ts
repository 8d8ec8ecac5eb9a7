import { describe, expect, it } from "vitest";
import { CircuitOpenError, RateLimitedError } from "../error.ts";
import { retryAfterMs } from "./retry-after.ts";

const nowMs = Date.UTC(2026, 10, 2, 12, 0, 0);

function asked(headers: object, more: object = {}): number | undefined {
	return retryAfterMs(Object.assign(new Error("busy"), { status: 429, headers, ...more }), nowMs);
}

describe("what the other side asks is read from", () => {
	it.each<[object, number]>([
		[{ "retry-after": "3" }, 3_000],
		[{ "retry-after": "0.25" }, 250],
		[{ "retry-after": " 7 " }, 7_000],
		[{ "retry-after": 2 }, 2_000],
		[{ "Retry-After": ["4", "9"] }, 4_000],
		[{ "retry-after": "Mon, 02 Nov 2026 12:00:30 GMT" }, 30_000],
		[{ "retry-after": "Monday, 02-Nov-26 12:00:31 GMT" }, 31_000],
		[{ "retry-after": "Mon Nov  2 12:00:32 2026" }, 32_000],
		[{ "retry-after": "Mon, 02 Nov 2026 10:00:30 GMT", date: "Mon, 02 Nov 2026 10:00:00 GMT" }, 30_000],
		[{ "retry-after-ms": "125", "retry-after": "1" }, 125],
		[{ ratelimit: '"default";r=0;t=30' }, 30_000],
		[{ RateLimit: '"burst";r=0;t=5, "daily";r=0;t=3600;pk=:Y2Ft:, "hourly";r=3;t=90' }, 3_600_000],
		[{ ratelimit: '"a;r=0;t=99, \\" b";r=0;t=4' }, 4_000],
		[{ ratelimit: "limit=100, remaining=0, reset=50" }, 50_000],
		[{ "ratelimit-remaining": "0", "ratelimit-reset": "12" }, 12_000],
		[{ "ratelimit-reset": "12" }, 12_000],
		[{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1s" }, 1_000],
		[{ "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s" }, 360_000],
		[{ "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms" }, 20],
		[{ "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1h2m3.5s" }, 3_723_500],
		[{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String((nowMs + 9_000) / 1_000) }, 9_000],
		[{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(nowMs + 8_000) }, 8_000],
		[
			{
				"anthropic-ratelimit-tokens-remaining": "0",
				"anthropic-ratelimit-tokens-reset": "2026-11-02T12:00:10Z",
				"anthropic-ratelimit-requests-remaining": "40",
				"anthropic-ratelimit-requests-reset": "2026-11-02T12:00:50Z",
			},
			10_000,
		],
	])("%j", (headers, expected) => {
		expect(asked(headers)).toBe(expected);
		expect(asked(new Headers(Object.entries(headers).map(([name, value]) => [name, `${[value].flat()[0]}`])))).toBe(
			expected,
		);
		expect(asked(new Map(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value])))).toBe(expected);
		expect(asked(Object.entries(headers).flatMap(([name, value]) => [name, `${[value].flat()[0]}`]))).toBe(expected);
	});

	it.each<[string, object, number]>([
		["error.response.headers", { response: { headers: new Headers({ "Retry-After": "2" }) } }, 2_000],
		["error.$response.headers", { $response: { headers: { "Retry-After": "2" } } }, 2_000],
		["error.responseHeaders", { responseHeaders: { "Retry-After": "2" } }, 2_000],
		[
			"metadata that can only be asked",
			{ metadata: { get: (n: string) => (n === "retry-after" ? ["2"] : []) } },
			2_000,
		],
		["the pushback of gRPC", { metadata: { get: (n: string) => (n.startsWith("grpc") ? ["70"] : []) } }, 70],
		["what caused the error", { cause: { status: 503, headers: { "retry-after": "2" } } }, 2_000],
	])("%s", (_, more, expected) => {
		expect(retryAfterMs(Object.assign(new Error("busy"), more), nowMs)).toBe(expected);
	});

	it("refusals of Footlight", () => {
		expect(retryAfterMs(new RateLimitedError("api", "minute", 60, 1_500), nowMs)).toBe(1_500);
		expect(retryAfterMs(new CircuitOpenError("load", 900), nowMs)).toBe(900);
		expect(retryAfterMs(new CircuitOpenError("load", undefined), nowMs)).toBeUndefined();
	});
});

describe("nothing is asked by", () => {
	it.each([
		...["", "0", "0.0", "-1", "-0.5", "+3", "1e3", "0x10", "abc", "3 seconds", "3, 4", "NaN", "Infinity"],
		...["Mon, 02 Nov 2026 11:59:59 GMT", "Mon, 99 Nov 2026 12:00:00 GMT", "Nov 2 2026", "1 potato"],
	])("Retry-After: %s", (value) => {
		expect(asked({ "retry-after": value })).toBeUndefined();
	});

	it.each<[object]>([
		[{ ratelimit: '"default";r=50;t=30' }],
		[{ ratelimit: '"default";t=30' }],
		[{ ratelimit: '"default";r=0' }],
		[{ ratelimit: '"default;r=0;t=30' }],
		[{ ratelimit: '"default";r=0;t=-30' }],
		[{ "x-ratelimit-remaining": "3", "x-ratelimit-reset": "30" }],
		[{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon" }],
		[{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(nowMs / 1_000 - 5) }],
	])("%j", (headers) => {
		expect(asked(headers)).toBeUndefined();
	});

	it("a window's reset on an answer that is not about a limit", () => {
		expect(asked({ "x-ratelimit-reset": "30" }, { status: 503 })).toBeUndefined();
	});

	it("what is no error, or cannot be read", () => {
		const unreadable = Object.defineProperty(new Error("busy"), "headers", {
			get() {
				throw new Error("no");
			},
		});
		const round: { cause?: unknown } = {};
		round.cause = round;
		for (const error of [undefined, null, "busy", 7, unreadable, round, { headers: null }, { headers: "x" }]) {
			expect(retryAfterMs(error, nowMs)).toBeUndefined();
		}
	});

	it("a huge number is understood, however huge", () => {
		expect(asked({ "retry-after": "9".repeat(400) })).toBe(Number.POSITIVE_INFINITY);
		expect(asked({ "retry-after": "99999999999" })).toBe(99_999_999_999_000);
	});
});
