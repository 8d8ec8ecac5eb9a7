import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import {
	asyncLayer,
	attempts,
	type FootlightOptions,
	footlight,
	type HedgeOptions,
	hedge,
	markOutcome,
	observe,
	ownPrices,
	timeout,
	tracing,
} from "../index.ts";
import { manualClock, middlewareContract, recordingSink, recordingTracerProvider, spanTree } from "../testing/index.ts";

middlewareContract("hedge", () => hedge({ delayMs: 60_000 }), { describe, it, events: ["hedge.started"] });

function setUp(more: FootlightOptions = {}) {
	const clock = manualClock();
	const tracerProvider = recordingTracerProvider();
	const metrics = recordMetrics();
	const sink = recordingSink();
	const light = footlight("docs-qa", {
		clock,
		tracerProvider,
		meterProvider: metrics.meterProvider,
		sinks: [sink],
		...more,
	});
	const results = async () =>
		Object.fromEntries(
			(await metrics.points("pipeline.hedge.calls"))
				.filter(({ value }) => value > 0)
				.map(({ attributes, value }) => [attributes["hedge.result"], value]),
		);
	const tree = () =>
		spanTree(tracerProvider.spans, { show: ["outcome", "retry.attempt", "hedge.attempt_count", "hedge.winner"] });
	return { clock, light, metrics, results, tree, sink, tracerProvider, spans: tracerProvider.spans };
}

/** A function whose calls answer when the test says so. */
function answering<T = unknown>() {
	const calls: { resolve: (value: T) => void; reject: (error: unknown) => void; signal: AbortSignal | undefined }[] =
		[];
	return {
		calls,
		fn: (signal?: AbortSignal) => new Promise<T>((resolve, reject) => void calls.push({ resolve, reject, signal })),
	};
}

const use = (options: Partial<HedgeOptions> = {}) => [hedge({ delayMs: 100, ...options })] as const;

describe("a hedge", () => {
	it("makes one call where that answers in time, and leaves no timer and no span behind", async () => {
		const { light, clock, results, tree, sink } = setUp();
		const { fn, calls } = answering();
		const answer = light.stage("ask", async () => fn(), { use: use() })();
		await clock.advance(99);
		calls[0]?.resolve("first");
		expect(await answer).toBe("first");
		expect(clock.pendingSleeps).toBe(0);
		expect(calls).toHaveLength(1);
		expect(await results()).toEqual({ not_needed: 1 });
		expect(tree()).toBe('ask (internal)\n  outcome: "ok"');
		expect(sink.names).toEqual([]);
	});

	it("makes a second after its delay, takes the first answer, and gives the other up", async () => {
		const { light, clock, results, tree, sink, tracerProvider } = setUp();
		const { fn, calls } = answering();
		const ask = light.stage("ask", async () => fn(light.current().signal), { use: use() });
		const answer = ask();
		await clock.advance(100);
		expect(calls).toHaveLength(2);
		await clock.advance(1_000);
		expect(calls).toHaveLength(2);
		calls[1]?.resolve("second");
		expect(await answer).toBe("second");
		expect(calls.map(({ signal }) => signal?.aborted)).toEqual([true, false]);
		expect(String(calls[0]?.signal?.reason)).toBe("CancelledError: [cancelled] ask was cancelled");
		expect(tracerProvider.openSpans).toBe(0);
		expect(tree()).toBe(
			[
				"ask (internal)",
				"  hedge.attempt_count: 2",
				"  hedge.winner: 2",
				'  outcome: "ok"',
				"  * hedge.started { retry.attempt: 2 }",
				"  ask attempt (internal)",
				'    outcome: "cancelled"',
				"    retry.attempt: 1",
				"  ask attempt (internal)",
				'    outcome: "ok"',
				"    retry.attempt: 2",
			].join("\n"),
		);
		expect(sink.events).toMatchObject([
			{ name: "hedge.started", attributes: { "retry.attempt": 2, "hedge.delay_ms": 100, "stage.name": "ask" } },
		]);
		expect(await results()).toEqual({ hedge_won: 1 });
		calls[0]?.reject(new Error("too late"));
		await nextTurn();
		expect(await results()).toEqual({ hedge_won: 1 });
	});

	it("takes the first where that answers after all", async () => {
		const { light, clock, results, spans } = setUp();
		const { fn, calls } = answering();
		const answer = light.stage("ask", async () => fn(), { use: use() })();
		await clock.advance(150);
		calls[0]?.resolve("first");
		expect(await answer).toBe("first");
		expect(await results()).toEqual({ first_won: 1 });
		expect(spans.map(({ attributes }) => [attributes["retry.attempt"], attributes.outcome])).toEqual([
			[1, "ok"],
			[2, "cancelled"],
			[undefined, "ok"],
		]);
	});

	it("goes on as long as any may answer, and fails with the last", async () => {
		const { light, clock, results, tree } = setUp();
		const { fn, calls } = answering();
		const ask = light.stage("ask", async () => fn(), { use: use({ maxHedges: 2 }) });
		const answer = ask();
		await clock.advance(100);
		calls[0]?.reject(new Error("one"));
		await nextTurn();
		await clock.advance(100);
		expect(calls).toHaveLength(3);
		calls[2]?.reject(new Error("three"));
		await nextTurn();
		calls[1]?.reject(new Error("two"));
		await expect(answer).rejects.toThrow("two");
		expect(await results()).toEqual({ failed: 1 });
		expect(tree()).toBe(
			[
				'ask (internal) ERROR "two"',
				"  hedge.attempt_count: 3",
				'  outcome: "error"',
				"  * hedge.started { retry.attempt: 2 }",
				"  * hedge.started { retry.attempt: 3 }",
				...[
					[1, "one"],
					[2, "two"],
					[3, "three"],
				].flatMap(([number, message]) => [
					`  ask attempt (internal) ERROR "${message}"`,
					'    outcome: "error"',
					`    retry.attempt: ${number}`,
					"    * exception",
				]),
			].join("\n"),
		);
	});

	it("fails with the first where that fails before there is a second", async () => {
		const { light, clock, results, tree } = setUp();
		const { fn, calls } = answering();
		const answer = light.stage("ask", async () => fn(), { use: use() })();
		calls[0]?.reject(new Error("boom"));
		await expect(answer).rejects.toThrow("boom");
		await clock.advance(1_000);
		expect(calls).toHaveLength(1);
		expect(await results()).toEqual({ not_needed: 1 });
		expect(tree()).toBe('ask (internal) ERROR "boom"\n  outcome: "error"\n  * exception');
	});

	it("makes no further call once nobody wants an answer", async () => {
		const { light, clock, results } = setUp();
		const { fn, calls } = answering();
		const aborting = new AbortController();
		const ask = light.stage("ask", async () => fn(light.current().signal), { use: use() });
		const answer = light.run({ signal: aborting.signal }, () => ask());
		answer.catch(() => {});
		aborting.abort("no longer wanted");
		await clock.advance(500);
		expect(calls.map(({ signal }) => signal?.reason)).toEqual(["no longer wanted"]);
		calls[0]?.reject("no longer wanted");
		await expect(answer).rejects.toBe("no longer wanted");
		const late = light.stage("late", async () => fn(), { use: [timeout({ timeoutMs: 100 }), ...use()] })();
		late.catch(() => {});
		await clock.advance(500);
		await expect(late).rejects.toThrow("[timeout]");
		expect(calls).toHaveLength(2);
		expect(await results()).toEqual({ not_needed: 1 });
	});

	it.each([
		["with its observers", {}],
		["where nothing observes", { use: [] }],
	])("leaves no timer behind once the call is given up, %s", async (_, more) => {
		const { light, clock } = setUp(more);
		const { fn, calls } = answering();
		const timed = light.stage("timed", async () => fn(), { use: [timeout({ timeoutMs: 50 }), ...use()] })();
		timed.catch(() => {});
		await clock.advance(50);
		await expect(timed).rejects.toThrow("[timeout]");
		expect(clock.pendingSleeps).toBe(0);
		const ask = light.stage("ask", async () => fn(), { use: use({ maxHedges: 2 }) });
		const aborting = new AbortController();
		const answer = light.run({ signal: aborting.signal }, () => ask());
		await clock.advance(100);
		expect([calls.length, clock.pendingSleeps]).toEqual([3, 1]);
		aborting.abort("no longer wanted");
		expect(clock.pendingSleeps).toBe(0);
		calls[2]?.resolve("after all");
		expect(await answer).toBe("after all");
		const late = light.run({ signal: aborting.signal }, () => ask());
		expect([calls.length, clock.pendingSleeps]).toEqual([4, 0]);
		calls[3]?.resolve("after all");
		expect(await late).toBe("after all");
	});

	it("counts what the others cost, as wasted, also what comes too late", async () => {
		const { light, clock, metrics, spans } = setUp({
			prices: [ownPrices({ m: { inputUsdPerMillionTokens: 1_000_000 } })],
		});
		const { fn, calls } = answering<object>();
		const ask = light.stage("ask", (_: { model: string }) => fn(), { kind: "model", use: use() });
		const answer = light.run(() => ask({ model: "m" }));
		await clock.advance(100);
		calls[1]?.resolve({ model: "m", usage: { input_tokens: 3 } });
		await answer;
		calls[0]?.resolve({ model: "m", usage: { input_tokens: 5 } });
		await nextTurn();
		expect(await metrics.total("pipeline.cost.usd")).toBe(8);
		expect(await metrics.total("pipeline.cost.wasted_usd")).toBe(5);
		expect(await metrics.total("pipeline.tokens.wasted")).toBe(5);
		const stage = spans.find(({ name }) => name === "chat m");
		expect(stage?.attributes).toMatchObject({ "gen_ai.usage.input_tokens": 3, "pipeline.cost.usd": 3 });
		expect(stage?.attributes["pipeline.cost.wasted_usd"]).toBeUndefined();
	});

	it("counts the money of an attempt that had failed as wasted, and none where one was enough", async () => {
		const { light, clock, metrics } = setUp();
		const { fn, calls } = answering();
		const ask = light.stage(
			"ask",
			async (usd: number) => {
				light.current().addCost(usd);
				return fn();
			},
			{ use: use() },
		);
		const alone = ask(1);
		calls[0]?.resolve("alone");
		await alone;
		expect(await metrics.total("pipeline.cost.wasted_usd")).toBe(0);
		const answer = ask(2);
		await clock.advance(100);
		calls[1]?.reject(new Error("boom"));
		await nextTurn();
		calls[2]?.resolve("answer");
		expect(await answer).toBe("answer");
		expect(await metrics.total("pipeline.cost.usd")).toBe(5);
		expect(await metrics.total("pipeline.cost.wasted_usd")).toBe(2);
	});

	it("gives each attempt its own span to its children, its own number, and what it said of its outcome", async () => {
		const { light, clock, spans } = setUp();
		const { fn, calls } = answering();
		const child = light.stage("child", () => 1);
		const marks = asyncLayer({ name: "marks" }, (next) => async (call) => {
			const answer = await next(call);
			if (answer === "marked") markOutcome(call, "fallback", new Error("kept"));
			return answer;
		});
		const numbers: number[] = [];
		const numbered = asyncLayer({ name: "numbered" }, (next) => (call) => {
			numbers.push(call.attempt);
			return next(call);
		});
		const ask = light.stage(
			"ask",
			async () => {
				child();
				return fn();
			},
			{ use: [...use(), numbered, marks] },
		);
		const answer = ask();
		await clock.advance(100);
		calls[1]?.resolve("marked");
		expect(await answer).toBe("marked");
		expect(numbers).toEqual([1, 2]);
		const stage = spans.find(({ name }) => name === "ask");
		const second = spans.find(({ attributes }) => attributes["retry.attempt"] === 2);
		const parents = spans.filter(({ name }) => name === "child").map((span) => span.parentSpanContext?.spanId);
		expect(parents).toEqual([stage?.spanContext().spanId, second?.spanContext().spanId]);
		expect([stage?.attributes.outcome, second?.attributes.outcome]).toEqual(["fallback", "fallback"]);
	});

	it("draws every attempt with attemptSpans: always, and stands in one of a retry's", async () => {
		const { light, clock, tree } = setUp({ use: [tracing({ attemptSpans: "always" })] });
		const { fn, calls } = answering();
		const answer = light.stage("ask", async () => fn(), { use: use() })();
		calls[0]?.resolve("first");
		await answer;
		expect(tree()).toBe(
			'ask (internal)\n  outcome: "ok"\n  ask attempt (internal)\n    outcome: "ok"\n    retry.attempt: 1',
		);
		const again = asyncLayer({ name: "again" }, (next) => {
			const attempt = attempts(next);
			return (call) => (attempt(call) as Promise<unknown>).catch(() => attempt({ ...call, attempt: 2 }));
		});
		const inner = setUp();
		const retried = inner.light.stage("ask", async () => fn(), { use: [again, ...use()] })();
		calls[1]?.reject(new Error("boom"));
		await nextTurn();
		await inner.clock.advance(100);
		calls[3]?.resolve("answer");
		expect(await retried).toBe("answer");
		expect(inner.tree()).toBe(
			[
				"ask (internal)",
				'  outcome: "ok"',
				'  ask attempt (internal) ERROR "boom"',
				'    outcome: "error"',
				"    retry.attempt: 1",
				"    * exception",
				"  ask attempt (internal)",
				"    hedge.attempt_count: 2",
				"    hedge.winner: 2",
				'    outcome: "ok"',
				"    retry.attempt: 2",
				"    * hedge.started { retry.attempt: 3 }",
				"    ask attempt (internal)",
				'      outcome: "cancelled"',
				"      retry.attempt: 2",
				"    ask attempt (internal)",
				'      outcome: "ok"',
				"      retry.attempt: 3",
			].join("\n"),
		);
		await clock.advance(0);
	});

	it("lets the first item of a stream decide, closes the others, and loses none", async () => {
		const { light, clock, tree, tracerProvider } = setUp();
		const { fn, calls } = answering<number>();
		const closed: number[] = [];
		let begun = 0;
		const items = light.stage(
			"items",
			async function* () {
				const number = ++begun;
				try {
					yield await fn();
					yield number * 10;
				} finally {
					closed.push(number);
				}
			},
			{ use: use() },
		)();
		const first = items.next();
		await clock.advance(100);
		calls[1]?.resolve(2);
		expect(await first).toEqual({ done: false, value: 2 });
		calls[0]?.resolve(1);
		await nextTurn();
		expect(closed).toEqual([1]);
		expect(tracerProvider.openSpans).toBe(2);
		expect(await items.next()).toEqual({ done: false, value: 20 });
		expect(await items.next()).toEqual({ done: true, value: undefined });
		expect(tracerProvider.openSpans).toBe(0);
		expect(tree()).toContain("hedge.winner: 2");
	});

	it.each([
		["an error", new Error("boom")],
		["a primitive", "boom"],
	])("records %s once, on whoever is drawn, where layers further in see it too", async (_, boom) => {
		const { light, clock, spans, tracerProvider } = setUp();
		const { fn, calls } = answering<object>();
		const records = () =>
			spans.map(({ attributes, events }) => [
				attributes["retry.attempt"],
				events.filter(({ name }) => name === "exception").length,
			]);
		const ask = light.stage("ask", (_: { model: string }) => fn(), { kind: "model", use: use() });
		const alone = ask({ model: "m" });
		calls[0]?.reject(boom);
		await expect(alone).rejects.toBe(boom);
		expect(records()).toEqual([[undefined, 1]]);
		tracerProvider.clear();
		const hedged = ask({ model: "m" });
		await clock.advance(100);
		calls[1]?.reject(boom);
		await nextTurn();
		calls[2]?.reject(typeof boom === "string" ? "bang" : new Error("bang"));
		await expect(hedged).rejects.toBeDefined();
		expect(records()).toEqual([
			[1, 1],
			[2, 1],
			[undefined, 0],
		]);
	});

	it("runs where nothing observes", async () => {
		const { light, clock } = setUp({ use: [] });
		const { fn, calls } = answering();
		const answer = light.stage("ask", async () => fn(), { use: use() })();
		await clock.advance(100);
		calls[1]?.resolve("second");
		expect(await answer).toBe("second");
		void observe;
	});
});

describe("hedge refuses", () => {
	it.each<[unknown, string]>([
		[undefined, "TypeError: hedge: delayMs must be a positive integer, got undefined"],
		[{ delayMs: 0 }, "RangeError: hedge: delayMs must be a positive integer, got 0"],
		[{ delayMs: 1, maxHedges: 0 }, "RangeError: hedge: maxHedges must be a positive integer, got 0"],
		[{ delay: 1 }, 'TypeError: hedge: unknown option "delay"; known options are delayMs, maxHedges'],
	])("%j", (options, message) => {
		let thrown: unknown;
		try {
			hedge(options as HedgeOptions);
		} catch (error) {
			thrown = error;
		}
		expect(String(thrown)).toBe(message);
	});
});
