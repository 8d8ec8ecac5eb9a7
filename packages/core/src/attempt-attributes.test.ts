import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import {
	asyncLayer,
	attempts,
	bulkhead,
	cache,
	circuitBreaker,
	fallback,
	featureFlag,
	footlight,
	hedge,
	type Middleware,
	rateLimit,
	retry,
	timeout,
} from "./index.ts";
import { manualClock, recordingTracerProvider } from "./testing/index.ts";

function setUp(...use: readonly Middleware[]) {
	const clock = fakeTime;
	const { spans, ...tracerProvider } = recordingTracerProvider();
	const light = footlight("docs-qa", { clock, tracerProvider });
	/** What was said on each span under a name that begins so: of the stage, then of its attempts by number. */
	const said = (prefix: string) =>
		spans
			.toSorted((one, other) => numberOf(one.attributes) - numberOf(other.attributes))
			.map(({ attributes }) =>
				Object.fromEntries(Object.entries(attributes).filter(([name]) => name.startsWith(prefix))),
			);
	const stage = (fn: () => unknown) => light.stage("ask", async () => fn(), { use });
	return { clock, light, stage, said };
}

const numberOf = (attributes: Record<string, unknown>) => (attributes["retry.attempt"] as number | undefined) ?? 0;
const never = () => new Promise<never>(() => {});
const busy = () => Object.assign(new Error("busy"), { status: 503 });

/** Gives what each call has next. */
function inTurn(...results: readonly (() => unknown)[]): () => unknown {
	const left = [...results];
	return () => left.shift()?.();
}
const fails = () => {
	throw busy();
};
const answers = () => "answer";
const twice = () => retry({ jitter: "none", initialDelayMs: 10, maxAttempts: 2 });

/** Asks once more, whatever the first answer is. */
const again: Middleware = asyncLayer({ name: "again" }, (next) => {
	const attempt = attempts(next);
	return async (call) => {
		await attempt(call);
		return attempt({ ...call, attempt: 2 });
	};
});

const flag = () => {
	const values = [false, true];
	return featureFlag({ flag: "new", client: () => values.shift() as boolean, whenOff: fails });
};
const refusingOnce = () => {
	let calls = 0;
	return { name: "once", consume: async () => ({ allowed: ++calls > 1 }) };
};
const fakeTime = manualClock();
const later = (fn: () => unknown) => () => fakeTime.sleep(8).then(fn);

const own: Middleware = asyncLayer({ name: "own" }, (next) => (call) => {
	call.scope.setAttribute("own.number", 1);
	return next(call);
});

describe("what a layer says inside a first attempt", () => {
	it("of a hedge stands on that, and not on the stage that another answered for", async () => {
		const { clock, stage, said } = setUp(hedge({ delayMs: 10 }), timeout({ timeoutMs: 30 }));
		const slow = async () => {
			await clock.sleep(25);
			return "answer";
		};
		const answer = stage(inTurn(never, slow))();
		await clock.advance(100);
		expect(await answer).toBe("answer");
		expect(said("timeout.")).toEqual([{}, expect.objectContaining({ "timeout.limit_ms": 30 }), {}]);
	});

	it("of a hedge that was given up, and speaks only later, stands nowhere", async () => {
		const lingering = asyncLayer({ name: "lingering" }, (next) => async (call) => {
			const answer = await next(call);
			await fakeTime.sleep(100);
			return answer;
		});
		const { clock, stage, said } = setUp(lingering, hedge({ delayMs: 10 }), timeout({ timeoutMs: 30 }));
		const answer = stage(inTurn(never, later(answers)))();
		await clock.advance(200);
		expect(await answer).toBe("answer");
		expect(said("timeout.")).toEqual([{}, {}, {}]);
	});

	it.each<[string, Middleware, string, () => unknown]>([
		["a hedge", hedge({ delayMs: 5 }), "hedge.attempt_count", inTurn(later(fails), later(fails), answers)],
		["a retry", twice(), "retry.attempt_count", inTurn(fails, fails, answers)],
		["a cache", cache({ ttlMs: 1_000, key: () => "k" }), "cache.result", inTurn(fails, answers)],
		["a breaker", circuitBreaker({ name: "said-inside" }), "circuit_breaker.state", inTurn(fails, answers)],
		["a bulkhead", bulkhead({ concurrency: 1 }), "bulkhead.name", inTurn(fails, answers)],
		["a flag", flag(), "feature_flag.result.value", answers],
		["a rate limit", rateLimit({ limiter: refusingOnce() }), "rate_limit.policy", answers],
		["the function", own, "own.number", inTurn(fails, answers)],
	])("of a retry stands on that, once a second followed: by %s", async (name, layer, attribute, fn) => {
		const { clock, stage, said } = setUp(
			retry({ jitter: "none", initialDelayMs: 10, maxAttempts: 2, retryIf: () => true }),
			layer,
		);
		const answer = stage(fn)();
		await clock.advance(200);
		expect(await answer).toBe("answer");
		const all = said(attribute);
		// Its own count is what the outer retry says of the stage.
		expect(all[0]).toEqual(name === "a retry" ? { [attribute]: 2 } : {});
		expect(all.slice(1).some((one) => Object.hasOwn(one, attribute))).toBe(true);
	});

	it("of a layer of one's own stands on that, too", async () => {
		const { stage, said } = setUp(again, fallback({ value: "sorry" }));
		expect(await stage(inTurn(fails, answers))()).toBe("answer");
		expect(said("fallback.")).toEqual([{}, { "fallback.name": "1" }, {}]);
	});

	it("stands on the stage where no second follows, and does not hide what was said there since", async () => {
		const around = asyncLayer({ name: "around" }, (next) => async (call) => {
			const answer = await next(call);
			kit.light.current().setAttribute("own.number", 2);
			return answer;
		});
		const inside = cache({ ttlMs: 1_000, key: () => "k" });
		const kit = setUp(around, hedge({ delayMs: 10 }), twice(), hedge({ delayMs: 10 }), twice(), inside, own);
		await kit.stage(answers)();
		expect(kit.said("")).toEqual([expect.objectContaining({ "cache.result": "miss", "own.number": 2 })]);
	});

	it("stands on the stage where it answers with a stream", async () => {
		const { clock, light, said } = setUp();
		const use = [hedge({ delayMs: 10 }), twice(), timeout({ idleMs: 30 })] as const;
		const items = light.stage(
			"ask",
			async function* () {
				yield 1;
				await never();
			},
			{ use },
		)();
		const read = (async () => {
			for await (const _ of items);
		})().catch((error: unknown) => error);
		await nextTurn();
		await clock.advance(100);
		expect(await read).toMatchObject({ code: "timeout" });
		expect(said("timeout.limit_ms")).toEqual([{ "timeout.limit_ms": 30 }]);
	});

	it("of an outer layer's stands on that where the inner one's had no second", async () => {
		const { clock, stage, said } = setUp(
			retry({ jitter: "none", initialDelayMs: 10, maxAttempts: 2, retryIf: () => true }),
			retry({ maxAttempts: 2 }),
			cache({ ttlMs: 1_000, key: () => "k" }),
		);
		const boom = () => {
			throw new Error("boom");
		};
		const answer = stage(inTurn(boom, answers))();
		await clock.advance(100);
		expect(await answer).toBe("answer");
		expect(said("cache.result")).toEqual([{}, { "cache.result": "miss" }, { "cache.result": "miss" }]);
	});
});
