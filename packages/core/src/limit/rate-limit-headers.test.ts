import { describe, expect, it } from "vitest";
import { RateLimitedError, type RateLimiterOptions, RateLimitResult, rateLimiter, rateLimitHeaders } from "../index.ts";
import { manualClock } from "../testing/index.ts";

function setUp(options: RateLimiterOptions = {}) {
	const clock = manualClock(1_767_225_600_000);
	return { clock, limiter: rateLimiter({ clock, ...options }) };
}

const twoWindows = {
	windows: [
		{ name: "minute", limit: 2, windowMs: 60_000 },
		{ name: "hour", limit: 5, windowMs: 3_600_000 },
	],
};

describe("headers of a limiter and a key", () => {
	it("say each quota, what is left of it, and for how long", async () => {
		const { clock, limiter } = setUp({ ...twoWindows, burst: { size: 3 } });
		const policy = '"minute";q=2;w=60, "hour";q=5;w=3600, "burst";q=3;w=90';
		expect(rateLimitHeaders(limiter, "ada")).toEqual({
			"RateLimit-Policy": policy,
			RateLimit: '"minute";r=2;t=60, "hour";r=5;t=3600, "burst";r=3;t=90',
		});
		limiter.consume("ada");
		await clock.advance(10_400);
		expect(rateLimitHeaders(limiter, "ada")).toEqual({
			"RateLimit-Policy": policy,
			RateLimit: '"minute";r=1;t=50, "hour";r=4;t=3590, "burst";r=2;t=20',
		});
		expect(rateLimitHeaders(limiter, "ada", { scope: "other" }).RateLimit).toContain('"minute";r=2;t=60');
	});

	it("are none where nothing is limited", () => {
		const { limiter } = setUp({ requestsPerMinute: 0, requestsPerHour: 0, requestsPerDay: 0 });
		expect(rateLimitHeaders(limiter, "ada", { legacy: true })).toEqual({});
		expect(rateLimitHeaders(limiter.consume("ada"))).toEqual({});
	});

	it("have windows below a second as one second: the field knows no less", () => {
		const { limiter } = setUp({ windows: [{ name: "blink", limit: 3, windowMs: 1 }] });
		expect(rateLimitHeaders(limiter, "ada")["RateLimit-Policy"]).toBe('"blink";q=3;w=1');
	});
});

describe("headers of a result", () => {
	it("are those of its key; of a refusal with the time to wait, rounded up and never before any t", async () => {
		const { clock, limiter } = setUp(twoWindows);
		expect(rateLimitHeaders(limiter.consume("ada")).RateLimit).toBe('"minute";r=1;t=60, "hour";r=4;t=3600');
		await clock.advance(29_999);
		limiter.consume("ada");
		const refusal = limiter.consume("ada");
		expect(refusal.retryAfterSeconds).toBe(30.001);
		expect(rateLimitHeaders(refusal)).toEqual({
			"RateLimit-Policy": '"minute";q=2;w=60, "hour";q=5;w=3600',
			// The hour, whose next call comes back much later, has some left.
			RateLimit: '"minute";r=0;t=31',
			"Retry-After": "31",
		});
		const wait = Number(rateLimitHeaders(refusal)["Retry-After"]);
		await clock.advance(wait * 1_000);
		expect(limiter.consume("ada").allowed).toBe(true);
	});

	it("name all quotas that are used up, and wait for the last", async () => {
		const { clock, limiter } = setUp({
			windows: [
				{ name: "minute", limit: 1, windowMs: 60_000 },
				{ name: "hour", limit: 1, windowMs: 3_600_000 },
			],
		});
		limiter.consume("ada");
		await clock.advance(1_000);
		expect(rateLimitHeaders(limiter.consume("ada"))).toMatchObject({
			RateLimit: '"minute";r=0;t=59, "hour";r=0;t=3599',
			"Retry-After": "3599",
		});
	});

	it("still tell of a refusal where its time has come in the meantime", async () => {
		const { clock, limiter } = setUp({ windows: [{ name: "second", limit: 1, windowMs: 1_000 }] });
		limiter.consume("ada");
		const refusal = limiter.consume("ada");
		await clock.advance(5_000);
		expect(rateLimitHeaders(refusal)).toMatchObject({ RateLimit: '"second";r=0;t=1', "Retry-After": "1" });
	});

	it("have what the result says where no limiter made it", () => {
		expect(rateLimitHeaders(RateLimitResult.exceededLimit("minute", 61, 60, 12.5))).toEqual({
			"RateLimit-Policy": '"minute";q=60',
			RateLimit: '"minute";r=0;t=13',
			"Retry-After": "13",
		});
		expect(rateLimitHeaders(RateLimitResult.ok(5))).toEqual({});
	});
});

describe("headers of an error", () => {
	it("have what it says", () => {
		expect(rateLimitHeaders(new RateLimitedError("per-user", "minute", 60, 1))).toEqual({
			"RateLimit-Policy": '"minute";q=60',
			RateLimit: '"minute";r=0;t=1',
			"Retry-After": "1",
		});
	});

	it("are structured fields whatever a limiter calls its windows", () => {
		const { "RateLimit-Policy": policy } = rateLimitHeaders(
			new RateLimitedError("x", 'a "b"\\\r\nSet-Cookie: é', 1, 1),
		);
		expect(policy).toBe('"a \\"b\\"\\\\__Set-Cookie: _";q=1');
	});
});

describe("the older headers", () => {
	it("are those of the quota that leaves the fewest calls, on request", async () => {
		const { clock, limiter } = setUp(twoWindows);
		limiter.consume("ada");
		await clock.advance(10_000);
		expect(rateLimitHeaders(limiter, "ada", { legacy: true, clock })).toMatchObject({
			"X-RateLimit-Limit": "2",
			"X-RateLimit-Remaining": "1",
			"X-RateLimit-Reset": String((clock.now() + 50_000) / 1_000),
		});
		limiter.consume("ada");
		expect(rateLimitHeaders(limiter.consume("ada"), { legacy: true, clock })).toMatchObject({
			"X-RateLimit-Limit": "2",
			"X-RateLimit-Remaining": "0",
			"X-RateLimit-Reset": String((clock.now() + 50_000) / 1_000),
		});
	});
});

describe("rateLimitHeaders refuses", () => {
	it.each<[readonly unknown[], string]>([
		[[{}], "rateLimitHeaders: limiter must have a method usage, got an object"],
		[[undefined], "rateLimitHeaders: limiter must have a method usage, got undefined"],
		[[rateLimiter()], "rateLimitHeaders: key must be a string, got undefined"],
		[[rateLimiter(), "ada", { legacy: 1 }], "rateLimitHeaders: legacy must be true or false, got 1"],
		[
			[RateLimitResult.ok(), { old: true }],
			'rateLimitHeaders: unknown option "old"; known options are scope, legacy, clock',
		],
	])("%#", (given, message) => {
		expect(() => Reflect.apply(rateLimitHeaders, undefined, given)).toThrow(new TypeError(message));
	});
});
