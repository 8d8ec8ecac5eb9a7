import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, expectTypeOf, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import {
	type FootlightOptions,
	footlight,
	observe,
	type RateLimitDecision,
	RateLimitedError,
	type RateLimitOptions,
	RejectedError,
	rateLimit,
	rateLimiter,
	rateLimitHeaders,
	type SharedRateLimitOptions,
	describe as shown,
} from "../index.ts";
import {
	failingSink,
	manualClock,
	middlewareContract,
	recordingLogger,
	recordingSink,
	recordingTracerProvider,
} from "../testing/index.ts";

const shared = { consume: async () => ({ allowed: true }) };

middlewareContract("rateLimit", () => rateLimit({ burstSize: 50 }), { describe, it });
middlewareContract("rateLimit with a shared limiter", () => rateLimit({ limiter: shared }), { describe, it });

const twoInTenSeconds = { windows: [{ name: "ten", limit: 2, windowMs: 10_000 }] };

/** A light whose stages are limited, and all that hears of it. */
function setUp(options: RateLimitOptions | SharedRateLimitOptions, more: FootlightOptions = {}) {
	const sink = recordingSink();
	const logger = recordingLogger("warn");
	const metrics = recordMetrics();
	const clock = manualClock();
	const tracerProvider = recordingTracerProvider();
	const light = footlight("docs-qa", {
		sinks: [sink],
		logger,
		clock,
		tracerProvider,
		meterProvider: metrics.meterProvider,
		...more,
		use: [observe(), rateLimit(options as RateLimitOptions)],
	});
	let calls = 0;
	const ask = light.stage("ask", async (answer = "answer") => {
		calls++;
		await null;
		return answer;
	});
	const decisions = async (): Promise<Record<string, number>> =>
		Object.fromEntries(
			(await metrics.points("pipeline.rate_limit.decisions")).map(({ attributes, value }) => [
				attributes["rate_limit.result"],
				value,
			]),
		);
	const spansOf = (name: string) => tracerProvider.spans.filter((span) => span.name === name);
	return { light, ask, sink, logger, metrics, clock, decisions, spansOf, calls: () => calls };
}

const refused = (fields: object = {}) => expect.objectContaining({ code: "rate_limited", ...fields });

describe("a rate limit", () => {
	it("refuses a user's call beyond the limit, with the time to wait, and lets it through exactly then", async () => {
		const { light, ask, clock, calls } = setUp({ name: "per-user", ...twoInTenSeconds });
		const asked = (userId: string) => light.run({ userId }, () => ask());
		await asked("ada");
		await clock.advance(4_000);
		await asked("ada");
		const error = await asked("ada").catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(RateLimitedError);
		expect(error).toBeInstanceOf(RejectedError);
		expect(error).toMatchObject({ policyName: "per-user", limitType: "ten", limit: 2, retryAfterMs: 6_000 });
		expect(error).toMatchObject({ stack: String(error) });
		expect((error as Error).message).toBe("[rate_limited] rate limit per-user: 2 per ten are used up");
		await asked("bob");
		await clock.advance(5_999);
		await expect(asked("ada")).rejects.toEqual(refused({ retryAfterMs: 1 }));
		await clock.advance(1);
		expect(await asked("ada")).toBe("answer");
		expect(calls()).toBe(4);
	});

	it("holds a user to one quota across all stages, unless it counts per stage", async () => {
		for (const perStage of [false, true]) {
			const { light } = setUp({ windows: [{ name: "ten", limit: 1, windowMs: 10_000 }], perStage });
			const [one, other] = [light.stage("one", () => 1), light.stage("other", () => 2)];
			const both = () => light.run({ userId: "ada" }, () => [one(), other()]);
			if (perStage) expect(both()).toEqual([1, 2]);
			else expect(both).toThrow(RateLimitedError);
		}
	});

	it("has the limits of the seed by default, in bursts of ten", () => {
		const { light } = setUp({});
		const ask = light.stage("now", () => 1);
		for (let call = 0; call < 10; call++) ask();
		expect(ask).toThrow("[rate_limited] rate limit default: 10 per burst are used up");
		expect(String(shown(ask))).toContain("limits: 60 per minute, 1000 per hour, 10000 per day, burst 10");
	});

	it("counts calls of nobody as one user's, so that nobody gets round it by saying nothing", () => {
		const { light } = setUp(twoInTenSeconds);
		const ask = light.stage("now", () => 1);
		ask();
		light.run(() => ask());
		expect(ask).toThrow(RateLimitedError);
		light.run({ userId: "ada" }, () => ask());
	});

	it("takes a key of any kind, and lets through uncounted what has none on purpose", async () => {
		const { light, decisions } = setUp({
			...twoInTenSeconds,
			key: ({ input }) => (input[0] === "health" ? false : String(input[0])),
		});
		const ask = light.stage("now", (who: string) => who);
		for (let call = 0; call < 5; call++) ask("health");
		ask("a");
		ask("a");
		ask("b");
		expect(() => ask("a")).toThrow(RateLimitedError);
		expect(await decisions()).toEqual({ allowed: 3, rejected: 1, store_error: 0 });
	});

	it.each([
		[
			"throws",
			() => {
				throw new Error("no session");
			},
		],
		["gives what is no key", () => 5 as never],
		["gives a promise", () => Promise.reject(new Error("later")) as never],
	])("refuses the call where the key %s", async (_, key) => {
		const { ask, calls, decisions, sink } = setUp({ name: "per-user", key });
		const error = await ask().catch((thrown: unknown) => thrown);
		expect(error).toEqual(refused({ message: "[rate_limited] rate limit per-user: the key of a call is not known" }));
		expect((error as Error).cause).toBeInstanceOf(Error);
		expect(calls()).toBe(0);
		expect(await decisions()).toEqual({ allowed: 0, rejected: 0, store_error: 1 });
		expect(sink.names).toEqual(["rate_limit.rejected"]);
	});

	it("counts what it lets through, however that ends, and nothing that it refuses", async () => {
		const { light, clock, spansOf, decisions } = setUp({ windows: [{ name: "ten", limit: 3, windowMs: 10_000 }] });
		const endings = [
			async () => "ok",
			async () => Promise.reject(new Error("boom")),
			async () => Promise.reject(Object.assign(new Error("stop"), { name: "AbortError" })),
			async () => "refused",
			async () => "refused",
		];
		const ask = light.stage("ask", () => (endings.shift() as () => Promise<string>)());
		const run = async () => {
			try {
				await ask();
			} catch {}
		};
		for (let call = 0; call < 5; call++) await run();
		expect(endings).toHaveLength(2);
		expect(spansOf("ask").map(({ attributes }) => attributes.outcome)).toEqual([
			"ok",
			"error",
			"cancelled",
			"rejected",
			"rejected",
		]);
		expect(await decisions()).toEqual({ allowed: 3, rejected: 2, store_error: 0 });
		await clock.advance(10_000);
		for (let call = 0; call < 2; call++) await run();
		expect(endings).toHaveLength(0);
	});

	it("keeps synchronous functions synchronous and decides before the first item of generators and streams", async () => {
		const { light } = setUp({ windows: [{ name: "ten", limit: 1, windowMs: 10_000 }], perStage: true });
		let made = 0;
		const now = light.stage("now", () => ++made);
		expect(now()).toBe(1);
		expect(now).toThrow(RateLimitedError);

		const items = light.stage("items", async function* () {
			made++;
			yield 1;
		});
		const unread = items();
		expect(await Array.fromAsync(items())).toEqual([1]);
		// It asks when it is read, not when it is made.
		await expect(unread.next()).rejects.toBeInstanceOf(RateLimitedError);

		const numbers = light.stage("numbers", function* () {
			made++;
			yield 1;
		});
		expect([...numbers()]).toEqual([1]);
		expect(() => [...numbers()]).toThrow(RateLimitedError);

		const web = light.stage("web", () => {
			made++;
			return new ReadableStream();
		});
		expect(web()).toBeInstanceOf(ReadableStream);
		expect(web).toThrow(RateLimitedError);
		expect(made).toBe(4);
	});

	it("rejects where the function is async, and so throws nothing at the caller", async () => {
		const { ask } = setUp({ windows: [{ name: "ten", limit: 1, windowMs: 10_000 }] });
		await ask();
		const answer = ask();
		expect(answer).toBeInstanceOf(Promise);
		await expect(answer).rejects.toEqual(refused());
	});

	it("shares a limiter, with its users' own limits", async () => {
		const clock = manualClock();
		const limiter = rateLimiter({ name: "shared", requestsPerMinute: 1, clock });
		limiter.setUserLimits("ada", { requestsPerMinute: 2 });
		const { light, ask } = setUp({ limiter }, { clock });
		const other = light.stage("other", () => 1);
		light.run({ userId: "ada" }, other);
		await light.run({ userId: "ada" }, () => ask());
		expect(limiter.check("ada").allowed).toBe(false);
		expect(() => light.run({ userId: "ada" }, other)).toThrow("rate limit shared: 2 per minute are used up");
		await light.run({ userId: "bob" }, () => ask());
		expect(() => light.run({ userId: "bob" }, other)).toThrow("rate limit shared: 1 per minute are used up");
	});

	it("gives the headers of a refusal, of all windows", async () => {
		const { light, ask, clock } = setUp({ requestsPerMinute: 1, requestsPerDay: 0, burstSize: 0 });
		await light.run({ userId: "ada" }, () => ask());
		await clock.advance(500);
		const error = await light.run({ userId: "ada" }, () => ask()).catch((thrown: unknown) => thrown);
		expect(rateLimitHeaders(error as RateLimitedError)).toEqual({
			"RateLimit-Policy": '"minute";q=1;w=60, "hour";q=1000;w=3600',
			RateLimit: '"minute";r=0;t=60',
			"Retry-After": "60",
		});
	});
});

describe("a rate limit tells", () => {
	it("of a refusal by an event, on the span and in metrics that were there from the start", async () => {
		const { light, ask, sink, spansOf, metrics, decisions } = setUp({ name: "per-user", ...twoInTenSeconds });
		expect(await decisions()).toEqual({ allowed: 0, rejected: 0, store_error: 0 });
		const asked = () => light.run({ userId: "ada" }, () => ask());
		await asked();
		await asked();
		await expect(asked()).rejects.toEqual(refused());
		const said = {
			"rate_limit.policy": "per-user",
			"rate_limit.type": "ten",
			"rate_limit.limit": 2,
			"rate_limit.retry_after_ms": 10_000,
		};
		expect(sink.events).toMatchObject([
			{ name: "rate_limit.rejected", attributes: { ...said, "stage.name": "ask", "user.id": "ada" } },
		]);
		const [first, , last] = spansOf("ask");
		expect(last?.attributes).toMatchObject({ ...said, outcome: "rejected", "error.type": "rate_limited" });
		expect(Object.keys(first?.attributes ?? {}).filter((name) => name.startsWith("rate_limit."))).toEqual([]);
		expect(await decisions()).toEqual({ allowed: 2, rejected: 1, store_error: 0 });
		expect(await metrics.points("pipeline.rate_limit.tracked_keys")).toEqual([
			{ attributes: { "rate_limit.policy": "per-user" }, value: 1 },
		]);
	});

	it("adds up what limiters of one name say", async () => {
		const metrics = recordMetrics();
		const light = footlight("docs-qa", { meterProvider: metrics.meterProvider });
		for (const [name, limiter] of [
			["one", "same"],
			["two", "same"],
			["three", "other"],
		] as const) {
			const stage = light.stage(name, () => 1, { use: [rateLimit({ name: limiter })] });
			light.run({ userId: name }, stage);
			light.run({ userId: "ada" }, stage);
		}
		expect(await metrics.points("pipeline.rate_limit.tracked_keys")).toEqual([
			{ attributes: { "rate_limit.policy": "same" }, value: 4 },
			{ attributes: { "rate_limit.policy": "other" }, value: 2 },
		]);
		expect(await metrics.total("pipeline.rate_limit.decisions", { "rate_limit.policy": "same" })).toBe(4);
	});

	it("refuses all the same where those who listen fail", () => {
		const broken = () => {
			throw new Error("the listener throws");
		};
		for (const failure of ["throws", "rejects", "hangs"] as const) {
			const { light } = setUp(twoInTenSeconds, {
				sinks: [failingSink(failure)],
				tracerProvider: { getTracer: () => ({ startSpan: broken, startActiveSpan: broken }) },
			});
			const ask = light.stage("now", () => 1);
			expect([ask(), ask()]).toEqual([1, 1]);
			expect(ask).toThrow(RateLimitedError);
		}
	});
});

describe("a rate limit with a shared limiter", () => {
	/** Answers when it is told to. */
	function store() {
		const asked: { readonly key: string; readonly scope: string | undefined }[] = [];
		const waiting: PromiseWithResolvers<RateLimitDecision>[] = [];
		return {
			asked,
			limiter: {
				name: "redis",
				consume(key: string, scope?: string) {
					asked.push({ key, scope });
					const answer = Promise.withResolvers<RateLimitDecision>();
					waiting.push(answer);
					return answer.promise;
				},
			},
			answer: (decision: RateLimitDecision) => waiting.shift()?.resolve(decision),
			fail: (error: unknown) => waiting.shift()?.reject(error),
		};
	}
	const refusal = { allowed: false, limitType: "minute", limit: 60, retryAfterSeconds: 1.201 };

	it("waits for the answer, and makes the stage's result a promise", async () => {
		const { limiter, answer, asked } = store();
		const { light } = setUp({ limiter, perStage: true });
		const now = light.stage("now", () => 1, { use: [rateLimit({ limiter: shared })] });
		expectTypeOf(now).returns.toEqualTypeOf<Promise<number>>();
		const first = light.run({ userId: "ada" }, () => now());
		answer({ allowed: true });
		expect(await first).toBe(1);
		const second = light.run({ userId: "ada" }, () => now());
		answer(refusal);
		await expect(second).rejects.toEqual(refused({ policyName: "redis", limitType: "minute", retryAfterMs: 1_201 }));
		expect(asked).toEqual([
			{ key: "ada", scope: "docs-qa.now" },
			{ key: "ada", scope: "docs-qa.now" },
		]);
	});

	it("stays within the limit however many calls run at the same time", async () => {
		const memory = rateLimiter({ windows: [{ name: "ten", limit: 7, windowMs: 10_000 }] });
		const limiter = {
			async consume(key: string) {
				await null;
				return memory.consume(key);
			},
		};
		const { light, ask, calls, decisions } = setUp({ limiter });
		const all = Array.from({ length: 50 }, () => light.run({ userId: "ada" }, () => ask()));
		const ended = await Promise.allSettled(all);
		expect(ended.filter(({ status }) => status === "fulfilled")).toHaveLength(7);
		expect(calls()).toBe(7);
		expect(await decisions()).toEqual({ allowed: 7, rejected: 43, store_error: 0 });
	});

	it("lets calls through while it fails, and says so once until it answers again", async () => {
		const { limiter, answer, fail } = store();
		const { ask, calls, logger, decisions, sink } = setUp({ limiter });
		const failed = async () => {
			const call = ask();
			fail(new TypeError("connection lost"));
			expect(await call).toBe("answer");
		};
		await failed();
		await failed();
		const call = ask();
		answer({ allowed: true });
		await call;
		await failed();
		expect(calls()).toBe(4);
		expect(await decisions()).toEqual({ allowed: 1, rejected: 0, store_error: 3 });
		expect(sink.names).toEqual([]);
		const line = {
			level: "warn",
			message: "rate limit redis: its store fails, calls are let through",
			fields: { "rate_limit.policy": "redis", "error.type": "TypeError", "stage.name": "ask" },
		};
		expect(logger.lines).toMatchObject([line, line]);
	});

	it("refuses calls while it fails, where it should", async () => {
		const { limiter, fail } = store();
		const { ask, calls, decisions, sink, spansOf } = setUp({ limiter, onStoreError: "reject" });
		const call = ask();
		const cause = new Error("connection lost");
		fail(cause);
		await expect(call).rejects.toEqual(refused({ message: "[rate_limited] rate limit redis: its store fails", cause }));
		expect(calls()).toBe(0);
		expect(await decisions()).toEqual({ allowed: 0, rejected: 0, store_error: 1 });
		expect(sink.events).toMatchObject([{ name: "rate_limit.rejected", attributes: { "rate_limit.policy": "redis" } }]);
		expect(spansOf("ask")[0]?.attributes).toMatchObject({ outcome: "rejected", "rate_limit.policy": "redis" });
	});

	it.each([
		["nothing", () => undefined as never],
		["what says nothing of allowed", () => ({ remainingPoints: 5 }) as never],
		[
			"nothing at all, but throws",
			() => {
				throw new Error("no connection");
			},
		],
	])("takes one that answers with %s for failing", async (_, consume) => {
		for (const synchronous of [true, false]) {
			const limiter = { consume, ...(synchronous && { synchronous }) } as { consume: () => never };
			const { ask, decisions } = setUp({ limiter });
			expect(await ask()).toBe("answer");
			expect(await decisions()).toEqual({ allowed: 0, rejected: 0, store_error: 1 });
			await expect(setUp({ limiter, onStoreError: "reject" }).ask()).rejects.toEqual(refused());
		}
	});

	it("takes one that does not answer in time for failing, and ignores what it says later", async () => {
		const { limiter, answer, asked } = store();
		const { ask, clock, calls, decisions, logger } = setUp({ limiter, storeTimeoutMs: 200 });
		const call = ask();
		await clock.advance(199);
		expect(calls()).toBe(0);
		await clock.advance(1);
		expect(await call).toBe("answer");
		answer(refusal);
		expect(asked).toHaveLength(1);
		expect(await decisions()).toEqual({ allowed: 0, rejected: 0, store_error: 1 });
		expect(logger.lines).toMatchObject([{ level: "warn", fields: { "error.type": "timeout" } }]);

		const strict = setUp({ limiter, onStoreError: "reject" });
		const refusedCall = strict.ask().catch((error: unknown) => error);
		await strict.clock.advance(1_000);
		expect(await refusedCall).toEqual(refused({ cause: expect.objectContaining({ timeoutMs: 1_000 }) }));
		expect(strict.clock.pendingSleeps).toBe(0);
	});

	it("does not have who gives up wait for the answer", async () => {
		const { limiter, answer } = store();
		const { light, ask, calls, decisions } = setUp({ limiter });
		const giveUp = new AbortController();
		const reason = new Error("enough");
		const call = light.run({ signal: giveUp.signal }, () => ask()).catch((error: unknown) => error);
		giveUp.abort(reason);
		expect(await call).toBe(reason);
		answer({ allowed: true });
		await nextTurn();
		expect(calls()).toBe(0);
		expect(await decisions()).toEqual({ allowed: 0, rejected: 0, store_error: 0 });
	});

	it("does not call the function for who has given up in the meantime", async () => {
		const { limiter, answer } = store();
		const { light, ask, calls, spansOf } = setUp({ limiter });
		const aborting = new AbortController();
		const run = light.run({ signal: aborting.signal }, () => ask());
		const reason = new Error("no longer wanted");
		aborting.abort(reason);
		answer({ allowed: true });
		await expect(run).rejects.toBe(reason);
		expect(calls()).toBe(0);
		expect(spansOf("ask")[0]?.attributes.outcome).toBe("cancelled");
	});

	it("says what it knows where the limiter says little", async () => {
		const { ask, sink } = setUp({ limiter: { consume: async () => ({ allowed: false }) } });
		const error = (await ask().catch((thrown: unknown) => thrown)) as RateLimitedError;
		expect(error).toMatchObject({ limitType: "limit", limit: 0 });
		expect("retryAfterMs" in error).toBe(false);
		expect(sink.events[0]?.attributes).not.toHaveProperty("rate_limit.retry_after_ms");
		expect(rateLimitHeaders(error)).toEqual({ "RateLimit-Policy": '"limit";q=0', RateLimit: '"limit";r=0' });
	});
});

describe("rateLimit refuses", () => {
	it.each<[unknown, string]>([
		[null, "TypeError: rateLimit: options must be an object, got null"],
		[{ key: "user" }, 'TypeError: rateLimit: key must be a function, got "user"'],
		[{ perStage: "yes" }, 'TypeError: rateLimit: perStage must be true or false, got "yes"'],
		[{ onStoreError: "open" }, 'RangeError: rateLimit: onStoreError must be one of allow, reject, got "open"'],
		[{ limiter: {} }, "TypeError: rateLimit: limiter must have a method consume, got an object"],
		[
			{ limiter: rateLimiter(), requestsPerMinute: 5 },
			"TypeError: rateLimit: requestsPerMinute must be absent beside a limiter, got 5",
		],
		[{ requestsPerMinute: -1 }, "RangeError: rateLimit: requestsPerMinute must be an integer of at least 0, got -1"],
		[
			{ limit: 5 },
			'TypeError: rateLimit: unknown option "limit"; known options are name, key, perStage, onStoreError, storeTimeoutMs, limiter, maxKeys, requestsPerMinute, requestsPerHour, requestsPerDay, burstSize, windows, burst',
		],
	])("%j", (options, message) => {
		let thrown: unknown;
		try {
			rateLimit(options as RateLimitOptions);
		} catch (error) {
			thrown = error;
		}
		expect(String(thrown)).toBe(message);
	});
});
