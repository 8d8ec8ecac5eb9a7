// Over 250 lines: what the limiter does, what limiters before it did wrong, and every option it refuses.
import { describe, expect, it, vi } from "vitest";
import { type RateLimiterOptions, RateLimitResult, type RateLimits, rateLimiter } from "../index.ts";
import { manualClock } from "../testing/index.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

function setUp(options: RateLimiterOptions = {}) {
	const clock = manualClock();
	const limiter = rateLimiter({ clock, ...options });
	/** How many of so many calls, all at this moment, are let through. */
	const allowedOf = (calls: number, key = "ada", scope?: string) =>
		Array.from({ length: calls }, () => limiter.consume(key, scope)).filter(({ allowed }) => allowed).length;
	return { clock, limiter, allowedOf };
}

describe("a limiter", () => {
	it("has 60 calls a minute, 1000 an hour, 10000 a day and bursts of 10 by default", () => {
		const { limiter } = setUp();
		expect(limiter.limits).toEqual({
			requestsPerMinute: 60,
			requestsPerHour: 1_000,
			requestsPerDay: 10_000,
			burstSize: 10,
		});
		expect(limiter.usage("ada").map(({ name, limit, windowMs }) => [name, limit, windowMs])).toEqual([
			["minute", 60, minute],
			["hour", 1_000, hour],
			["day", 10_000, day],
			["burst", 10, 10_000],
		]);
	});

	it("lets a burst through, and then one call at a time as the minute's rate allows", async () => {
		const { clock, limiter, allowedOf } = setUp({ requestsPerMinute: 60, burstSize: 2 });
		expect(allowedOf(60)).toBe(2);
		expect(limiter.consume("ada")).toMatchObject({
			...{ allowed: false, exceeded: true, limitType: "burst", limit: 2, currentCount: 2 },
			...{ remaining: 0, retryAfterSeconds: 1, reason: "Rate limit exceeded: 2/2 requests per burst" },
		});
		await clock.advance(999);
		expect(allowedOf(1)).toBe(0);
		await clock.advance(1);
		expect(allowedOf(2)).toBe(1);
		await clock.advance(2_000);
		expect(allowedOf(3)).toBe(2);
	});

	it("holds every window, and names the one to be waited for longest", async () => {
		const { clock, limiter, allowedOf } = setUp({
			...{ requestsPerMinute: 2, requestsPerHour: 3, requestsPerDay: 4, burstSize: 0 },
		});
		expect(allowedOf(3)).toBe(2);
		expect(limiter.check("ada")).toMatchObject({
			limitType: "minute",
			retryAfterSeconds: 60,
			currentCount: 2,
			limit: 2,
		});
		await clock.advance(minute);
		expect(allowedOf(2)).toBe(1);
		expect(limiter.check("ada")).toMatchObject({
			limitType: "hour",
			retryAfterSeconds: 3_540,
			currentCount: 3,
			limit: 3,
		});
		await clock.advance(hour - minute);
		expect(allowedOf(2)).toBe(1);
		expect(limiter.check("ada")).toMatchObject({ limitType: "day", currentCount: 4, limit: 4 });
		expect(limiter.check("ada").retryAfterSeconds).toBe((day - hour) / 1_000);
	});

	it("counts a call that it refuses in no window", async () => {
		const { clock, limiter, allowedOf } = setUp({
			windows: [
				{ name: "short", limit: 1, windowMs: 1_000 },
				{ name: "long", limit: 3, windowMs: 100_000 },
			],
		});
		expect(allowedOf(50)).toBe(1);
		expect(limiter.usage("ada").map(({ used }) => used)).toEqual([1, 1]);
		for (let second = 0; second < 2; second++) {
			await clock.advance(1_000);
			expect(allowedOf(50)).toBe(1);
		}
		await clock.advance(1_000);
		// Now it is the long one that refuses, and the short one that must not be charged for it.
		expect(allowedOf(50)).toBe(0);
		expect(limiter.usage("ada").map(({ used }) => used)).toEqual([0, 3]);
	});

	it("says how many calls could follow, and that many do", () => {
		const { limiter, allowedOf } = setUp({ requestsPerMinute: 7, burstSize: 5 });
		expect(limiter.check("ada").remaining).toBe(5);
		expect(limiter.consume("ada").remaining).toBe(4);
		expect(limiter.check("ada").remaining).toBe(4);
		expect(allowedOf(10)).toBe(4);
	});

	it("looks without counting, however often it is asked", () => {
		const { limiter, allowedOf } = setUp({ requestsPerMinute: 2, burstSize: 0 });
		for (let look = 0; look < 100; look++) expect(limiter.check("ada").allowed).toBe(true);
		expect(limiter.trackedKeys).toBe(0);
		expect(allowedOf(9)).toBe(2);
		for (let look = 0; look < 100; look++) expect(limiter.check("ada").allowed).toBe(false);
	});

	it("is a token bucket where it has a burst and no windows", async () => {
		const { clock, limiter, allowedOf } = setUp({ burst: { size: 3, refillMs: 100 } });
		expect(allowedOf(9)).toBe(3);
		await clock.advance(100);
		expect(allowedOf(9)).toBe(1);
		await clock.advance(100_000);
		expect(allowedOf(9)).toBe(3);
		expect(limiter.check("ada").retryAfterSeconds).toBe(0.1);
	});

	it("counts a key apart for each scope", () => {
		const { limiter, allowedOf } = setUp({ requestsPerMinute: 2, burstSize: 0 });
		expect([allowedOf(3), allowedOf(3, "ada", "a"), allowedOf(3, "ada", "b"), allowedOf(3, "bob", "a")]).toEqual([
			2, 2, 2, 2,
		]);
		limiter.reset("ada");
		expect([allowedOf(3), allowedOf(3, "ada", "a"), allowedOf(3, "bob", "a")]).toEqual([2, 2, 0]);
	});

	it("goes by a clock that does not run backwards, and stands still where it fails", () => {
		let read = () => 5_000;
		const clock = { now: () => 0, monotonicMs: () => read(), sleep: async () => {} };
		const limiter = rateLimiter({ windows: [{ name: "second", limit: 1, windowMs: 1_000 }], clock });
		expect(limiter.consume("ada").allowed).toBe(true);
		read = () => 1;
		expect(limiter.consume("ada").retryAfterSeconds).toBe(1);
		read = () => {
			throw new Error("no time");
		};
		expect(limiter.consume("ada").retryAfterSeconds).toBe(1);
		read = () => Number.NaN;
		expect(limiter.consume("ada").retryAfterSeconds).toBe(1);
		read = () => 6_000;
		expect(limiter.consume("ada").allowed).toBe(true);
	});
});

describe("what limiters before it did wrong", () => {
	it("reads the burst: two back to back are two, not sixty", () => {
		expect(setUp({ requestsPerMinute: 60, burstSize: 2 }).allowedOf(60)).toBe(2);
	});

	it.each([60, 61, 1_000])("never lets more than %i calls into any minute, nor asks to wait longer", async (limit) => {
		const { clock, limiter } = setUp({ windows: [{ name: "minute", limit, windowMs: minute }] });
		const times: number[] = [];
		// In lumps and at odd times, over several windows.
		for (let lump = 0; lump < 400; lump++) {
			await clock.advance((lump * 7_919) % 2_503);
			for (let call = 0; call < limit / 8; call++) {
				const { allowed, retryAfterSeconds } = limiter.consume("ada");
				if (allowed) times.push(clock.monotonicMs());
				expect(retryAfterSeconds).toBeLessThanOrEqual(60);
			}
		}
		for (const [index, time] of times.entries()) {
			const before = times[index - limit];
			if (before !== undefined) expect(time - before).toBeGreaterThanOrEqual(minute);
		}
		// Nor much fewer: a call counts for 2 % longer than the minute at most, and not at all where calls are few.
		const spanMs = (times.at(-1) as number) - (times[0] as number);
		expect(times.length).toBeGreaterThan((spanMs / minute - 1) * limit * (limit > 60 ? 0.96 : 0.999));
	});

	it("has one quota for a user over all endpoints, unless asked for one each", () => {
		const oneQuota = setUp({ requestsPerMinute: 3, burstSize: 0 }).limiter;
		const quotaEach = setUp({ requestsPerMinute: 3, burstSize: 0, perEndpoint: true }).limiter;
		const endpoints = ["/a", "/b", "/c", "/a", "/b", "/c", "/a", "/b", "/c", "/a"];
		const allowedOf = (limiter: typeof oneQuota) =>
			endpoints.filter((endpoint) => limiter.checkRateLimit("ada", endpoint).allowed).length;
		expect([allowedOf(oneQuota), allowedOf(quotaEach)]).toEqual([3, 9]);
		quotaEach.setUserLimits("ada", { requestsPerMinute: 4, burstSize: 0 });
		expect(quotaEach.checkRateLimit("ada", "/b").remaining).toBe(0);
	});

	it("frees keys that were used once", async () => {
		const { clock, limiter } = setUp({ requestsPerDay: 0 });
		for (let user = 0; user < 1_000; user++) limiter.checkRateLimit(`user-${user}`, "/");
		expect(limiter.trackedKeys).toBe(1_000);
		await clock.advance(hour - 1);
		limiter.freeIdle();
		expect(limiter.trackedKeys).toBe(1_000);
		await clock.advance(1);
		limiter.freeIdle();
		expect(limiter.trackedKeys).toBe(0);
	});

	it("frees idle keys by the way, while calls come", async () => {
		const { clock, limiter } = setUp({ windows: [{ name: "second", limit: 5, windowMs: 1_000 }] });
		for (let user = 0; user < 1_000; user++)
			limiter.consume(`user-${user}`, user % 3 === 0 ? `scope-${user}` : undefined);
		await clock.advance(20_000);
		for (let second = 0; second < 300; second++) {
			limiter.consume("ada");
			await clock.advance(1_000);
		}
		expect(limiter.trackedKeys).toBeLessThan(10);
	});

	it("says of what is not limited that calls remain", () => {
		const off = { requestsPerMinute: 0, requestsPerHour: 0, requestsPerDay: 0 };
		const { limiter, allowedOf } = setUp(off);
		expect(limiter.consume("ada")).toMatchObject({ allowed: true, remaining: Number.POSITIVE_INFINITY });
		expect(allowedOf(1_000)).toBe(1_000);
		expect(limiter.usage("ada")).toEqual([]);
		expect(limiter.trackedKeys).toBe(0);
		const oneOff = setUp({ requestsPerMinute: 0, requestsPerHour: 100, burstSize: 0 });
		expect(oneOff.limiter.consume("ada").remaining).toBe(99);
	});
});

describe("limits of a user", () => {
	it("hold for that user only, and what was used before stays used", async () => {
		const { clock, limiter, allowedOf } = setUp({ requestsPerMinute: 2, burstSize: 0 });
		expect(limiter.getUserLimits("ada")).toBeUndefined();
		expect([allowedOf(9), allowedOf(9, "bob")]).toEqual([2, 2]);
		limiter.setUserLimits("ada", { requestsPerMinute: 5, burstSize: 0 });
		expect(limiter.getUserLimits("ada")).toEqual({
			...{ requestsPerMinute: 5, requestsPerHour: 1_000, requestsPerDay: 10_000, burstSize: 0 },
		});
		expect([allowedOf(9), allowedOf(9, "bob")]).toEqual([3, 0]);
		limiter.setUserLimits("ada", { requestsPerMinute: 3, burstSize: 0 });
		expect(limiter.check("ada")).toMatchObject({ allowed: false, currentCount: 5, limit: 3 });
		limiter.setUserLimits("ada", undefined);
		expect(limiter.getUserLimits("ada")).toBeUndefined();
		await clock.advance(minute);
		expect(allowedOf(9)).toBe(2);
	});

	it("outlive the time in which a user is idle", async () => {
		const { clock, limiter, allowedOf } = setUp({ requestsPerMinute: 2, burstSize: 0 });
		limiter.setUserLimits("ada", { requestsPerMinute: 5, burstSize: 0 });
		expect(allowedOf(9)).toBe(5);
		await clock.advance(2 * day);
		limiter.freeIdle();
		expect(limiter.trackedKeys).toBe(0);
		expect(allowedOf(9)).toBe(5);
	});

	it("may have windows of their own", () => {
		const { limiter, allowedOf } = setUp();
		const limits: RateLimits = { windows: [{ name: "blink", limit: 1, windowMs: 50 }], burst: { size: 1 } };
		limiter.setUserLimits("ada", limits);
		expect(limiter.getUserLimits("ada")).toEqual(limits);
		expect(allowedOf(2)).toBe(1);
		expect(limiter.check("ada").retryAfterSeconds).toBe(0.05);
	});

	it("are refused where they cannot be, and then the former hold", () => {
		const { limiter } = setUp();
		limiter.setUserLimits("ada", { requestsPerMinute: 5 });
		expect(() => limiter.setUserLimits("ada", { requestsPerMinute: 0.5 })).toThrow(
			"setUserLimits: requestsPerMinute must be an integer of at least 0, got 0.5",
		);
		expect(() => limiter.setUserLimits(7 as never, {})).toThrow("setUserLimits: userId must be a string, got 7");
		expect(limiter.getUserLimits("ada")).toMatchObject({ requestsPerMinute: 5 });
	});
});

describe("many keys", () => {
	it("are bounded: of too many one is forgotten that would soon have been free, which is warned of once", async () => {
		const emitWarning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
		const { clock, limiter } = setUp({ windows: [{ name: "ten", limit: 2, windowMs: 10_000 }], maxKeys: 10 });
		limiter.consume("ada");
		limiter.consume("ada");
		for (let user = 0; user < 9; user++) limiter.consume(`early-${user}`);
		await clock.advance(5_000);
		expect([limiter.trackedKeys, limiter.forgottenKeys]).toEqual([10, 0]);
		limiter.consume("early-3");
		for (let user = 0; user < 5; user++) limiter.consume(`late-${user}`);
		expect([limiter.trackedKeys, limiter.forgottenKeys]).toEqual([10, 5]);
		expect(limiter.usage("early-3")[0]?.used).toBe(2);
		for (let user = 0; user < 5; user++) expect(limiter.usage(`late-${user}`)[0]?.used).toBe(1);
		expect(emitWarning).toHaveBeenCalledTimes(1);
		expect(emitWarning.mock.calls[0]?.[0]).toBe(
			"rate limit default has more than 10 keys in use: it forgets some, which then count afresh; raise maxKeys",
		);
		await clock.advance(10_000);
		for (let user = 0; user < 10; user++) limiter.consume(`new-${user}`);
		expect([limiter.trackedKeys, limiter.forgottenKeys]).toEqual([10, 5]);
		emitWarning.mockRestore();
	});

	it("give their memory back", () => {
		const { limiter } = setUp({ windows: [{ name: "ten", limit: 100, windowMs: 10_000 }] });
		for (let round = 0; round < 3; round++) {
			for (let user = 0; user < 5_000; user++) limiter.consume(`user-${user}`);
			for (let user = 0; user < 5_000; user++) limiter.reset(`user-${user}`);
			expect(limiter.trackedKeys).toBe(0);
		}
	});
});

describe("RateLimitResult", () => {
	it("is made as the seed says", () => {
		expect({ ...RateLimitResult.ok(55) }).toEqual({
			allowed: true,
			exceeded: false,
			reason: undefined,
			limitType: undefined,
			currentCount: 0,
			limit: 0,
			retryAfterSeconds: 0,
			remaining: 55,
		});
		expect(RateLimitResult.ok().remaining).toBe(0);
		expect({ ...RateLimitResult.exceededLimit("minute", 61, 60, 30) }).toEqual({
			allowed: false,
			exceeded: true,
			reason: "Rate limit exceeded: 61/60 requests per minute",
			limitType: "minute",
			currentCount: 61,
			limit: 60,
			retryAfterSeconds: 30,
			remaining: 0,
		});
	});

	it("is what a limiter answers with", () => {
		const { limiter } = setUp({ requestsPerMinute: 1, burstSize: 0 });
		expect(limiter.checkRateLimit("ada", "/")).toBeInstanceOf(RateLimitResult);
		expect({ ...limiter.checkRateLimit("ada", "/") }).toEqual({ ...RateLimitResult.exceededLimit("minute", 1, 1, 60) });
	});
});

describe("rateLimiter refuses", () => {
	const window = { name: "minute", limit: 1, windowMs: minute };
	it.each<[unknown, string]>([
		[5, "TypeError: rateLimiter: options must be an object, got 5"],
		[{ name: "" }, 'RangeError: rateLimiter: name must be a name that is not empty, got ""'],
		[{ perEndpoint: 1 }, "TypeError: rateLimiter: perEndpoint must be true or false, got 1"],
		[{ maxKeys: 0 }, "RangeError: rateLimiter: maxKeys must be a positive integer, got 0"],
		[{ clock: {} }, "TypeError: rateLimiter: clock must have a method monotonicMs, got an object"],
		[{ requestsPerHour: -1 }, "RangeError: rateLimiter: requestsPerHour must be an integer of at least 0, got -1"],
		[{ requestsPerDay: "9" }, 'TypeError: rateLimiter: requestsPerDay must be an integer of at least 0, got "9"'],
		[{ burstSize: 1e15 }, "RangeError: rateLimiter: burstSize must be at most 999999999999999, got 1000000000000000"],
		[{ windows: {} }, "TypeError: rateLimiter: windows must be an array, got an object"],
		[{ windows: [] }, "RangeError: rateLimiter: windows must be 1 to 8 windows, got an array of 0"],
		[{ windows: Array(9).fill(window) }, "RangeError: rateLimiter: windows must be 1 to 8 windows, got an array of 9"],
		[{ windows: [undefined] }, "TypeError: rateLimiter: windows[0] must be an object, got undefined"],
		[{ windows: [{ ...window, name: 5 }] }, "TypeError: rateLimiter: windows[0].name must be a string, got 5"],
		[
			{ windows: [{ ...window, name: "dzień" }] },
			'RangeError: rateLimiter: windows[0].name must be printable ASCII, got "dzień"',
		],
		[
			{ windows: [window, window] },
			'RangeError: rateLimiter: windows[1].name must be the only window of that name, got "minute"',
		],
		[
			{ windows: [{ ...window, limit: 0 }] },
			"RangeError: rateLimiter: windows[0].limit must be a positive integer, got 0",
		],
		[
			{ windows: [{ ...window, windowMs: 0.5 }] },
			"RangeError: rateLimiter: windows[0].windowMs must be a positive integer, got 0.5",
		],
		[
			{ windows: [{ ...window, windowMs: 1e12 }] },
			"RangeError: rateLimiter: windows[0].windowMs must be at most 31622400000, got 1000000000000",
		],
		[
			{ windows: [{ ...window, size: 1 }] },
			'TypeError: rateLimiter: windows[0]: unknown option "size"; known options are name, limit, windowMs',
		],
		[
			{ windows: [window], requestsPerDay: 5 },
			"TypeError: rateLimiter: requestsPerDay must be absent beside windows and burst, got 5",
		],
		[{ windows: [window], burst: {} }, "TypeError: rateLimiter: burst.size must be a positive integer, got undefined"],
		[
			{ windows: [{ ...window, name: "burst" }], burst: { size: 1 } },
			"RangeError: rateLimiter: burst must be absent beside a window of that name, got an object",
		],
		[
			{ burst: { size: 1 } },
			"TypeError: rateLimiter: burst.refillMs must be a number above 0 where there are no windows, got undefined",
		],
		[{ burst: { size: 1, refillMs: 0 } }, "RangeError: rateLimiter: burst.refillMs must be a number above 0, got 0"],
		[{ burst: { size: 1, refillMs: "1" } }, 'TypeError: rateLimiter: burst.refillMs must be a number above 0, got "1"'],
		[
			{ burst: { size: 2, refillMs: 3e10 } },
			"RangeError: rateLimiter: burst must be refilled within 31622400000 ms, got 60000000000",
		],
		[
			{ limit: 5 },
			'TypeError: rateLimiter: unknown option "limit"; known options are name, perEndpoint, maxKeys, clock, requestsPerMinute, requestsPerHour, requestsPerDay, burstSize, windows, burst',
		],
	])("%j", (options, message) => {
		let thrown: unknown;
		try {
			rateLimiter(options as RateLimiterOptions);
		} catch (error) {
			thrown = error;
		}
		expect(String(thrown)).toBe(message);
	});

	it("a key that is no string", () => {
		expect(() => setUp().limiter.consume(undefined as never)).toThrow(
			"rate limit: key must be a string, got undefined",
		);
		expect(() => setUp().limiter.check(5 as never)).toThrow("rate limit: key must be a string, got 5");
	});
});
