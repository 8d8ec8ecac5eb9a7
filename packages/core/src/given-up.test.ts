import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { recordMetrics } from "../../../test/recorded-metrics.ts";
import {
	asyncLayer,
	attempts,
	bulkhead,
	type Clock,
	fallback,
	footlight,
	hedge,
	type Middleware,
	retry,
	timeout,
	tracing,
} from "./index.ts";
import { milliseconds } from "./sdk.fixture.ts";
import { manualClock, recordingTracerProvider, spanTree } from "./testing/index.ts";

function setUp(use: readonly Middleware[], fn: (clock: ReturnType<typeof manualClock>) => unknown, isTraced = true) {
	const clock = manualClock();
	const tracerProvider = recordingTracerProvider();
	const metrics = recordMetrics();
	const { meterProvider } = metrics;
	const light = footlight("docs-qa", { clock, meterProvider, ...(isTraced && { tracerProvider }) });
	const stage = light.stage("ask", async () => fn(clock), { use });
	const startMs = clock.now();
	/** Calls the stage and lets so much time go by; what it gives or fails with. */
	const called = async (ms = 1_000) => {
		const answer = stage().catch((error: unknown) => error);
		await clock.advance(ms);
		return answer;
	};
	const attempts = () =>
		tracerProvider.spans.map(({ name, attributes, endTime }) => [
			name === "ask" ? "stage" : attributes["retry.attempt"],
			attributes.outcome,
			milliseconds(endTime) - startMs,
		]);
	const counted = async (layer: "retry" | "hedge") =>
		Object.fromEntries(
			(await metrics.points(`pipeline.${layer}.calls`))
				.filter(({ value }) => value > 0)
				.map(({ attributes, value }) => [attributes[`${layer}.result`], value]),
		);
	return { clock, light, called, attempts, counted, metrics, tracerProvider, spans: tracerProvider.spans };
}

const never = () => new Promise<never>(() => {});
const busy = () => Object.assign(new Error("busy"), { status: 503 });
const failsOnce = (then: () => unknown) => {
	let calls = 0;
	return () => {
		if (calls++ === 0) throw busy();
		return then();
	};
};
const within = (timeoutMs: number) => timeout({ timeoutMs });
const retried = () => retry({ jitter: "none", initialDelayMs: 5 });

describe("a call that is given up while an attempt runs", () => {
	it("ends the attempt of a retry, and is counted once, as aborted", async () => {
		const { called, attempts, counted, spans, metrics } = setUp([within(30), retried()], failsOnce(never));
		expect(await called()).toMatchObject({ code: "timeout" });
		expect(attempts()).toEqual([
			[1, "error", 0],
			[2, "timeout", 30],
			["stage", "timeout", 30],
		]);
		expect(spans.at(-1)?.attributes).toMatchObject({ "retry.attempt_count": 2, "timeout.heard": false });
		expect(await counted("retry")).toEqual({ aborted: 1 });
		expect(await metrics.total("pipeline.retry.attempts_per_call", { "retry.result": "aborted" })).toBe(1);
	});

	it("is counted where its first attempt never ended, and has no attempt of its own then", async () => {
		const { called, attempts, counted } = setUp([within(30), retried()], never);
		await called();
		expect(attempts()).toEqual([["stage", "timeout", 30]]);
		expect(await counted("retry")).toEqual({ aborted: 1 });
	});

	it("is not counted again when the work ends after all", async () => {
		for (const late of [() => "late", () => Promise.reject(busy())]) {
			const { called, counted, attempts } = setUp([within(30), retried()], (clock) => clock.sleep(50).then(late));
			await called();
			expect(attempts()).toEqual([["stage", "timeout", 30]]);
			expect(await counted("retry")).toEqual({ aborted: 1 });
		}
	});

	it("ends all attempts of a hedge, and is counted once, as failed", async () => {
		const { called, attempts, counted, spans, tracerProvider, clock } = setUp(
			[within(30), hedge({ delayMs: 5 })],
			never,
		);
		await called();
		expect(attempts()).toEqual([
			[1, "timeout", 30],
			[2, "timeout", 30],
			["stage", "timeout", 30],
		]);
		expect(spans.at(-1)?.attributes).toMatchObject({ "hedge.attempt_count": 2 });
		expect(spans.at(-1)?.attributes).not.toHaveProperty("hedge.winner");
		expect(await counted("hedge")).toEqual({ failed: 1 });
		expect([tracerProvider.openSpans, clock.pendingSleeps]).toEqual([0, 0]);
	});

	it("before there is a second makes none, and is counted as one that needed none", async () => {
		const { called, attempts, counted } = setUp([within(30), hedge({ delayMs: 50 })], never);
		await called();
		expect(attempts()).toEqual([["stage", "timeout", 30]]);
		expect(await counted("hedge")).toEqual({ not_needed: 1 });
	});

	it.each<[string, Middleware[], unknown[]]>([
		[
			"a hedge in a retry",
			[retried(), hedge({ delayMs: 5 })],
			[
				[1, "error"],
				[2, "timeout"],
				[3, "timeout"],
				[2, "timeout"],
			],
		],
		[
			"a retry in a hedge",
			[hedge({ delayMs: 20 }), retried()],
			[
				[1, "error"],
				[2, "timeout"],
				[1, "timeout"],
				[2, "timeout"],
			],
		],
		[
			"a retry in a retry",
			[retried(), retry({ maxAttempts: 1 }), retried()],
			[
				[1, "error"],
				[2, "timeout"],
			],
		],
	])("ends what goes on at every depth: %s", async (_, layers, expected) => {
		const { called, attempts, tracerProvider } = setUp([within(30), ...layers], failsOnce(never));
		await called();
		expect(attempts().map(([number, outcome]) => [number, outcome])).toEqual([...expected, ["stage", "timeout"]]);
		expect(tracerProvider.openSpans).toBe(0);
	});

	it("ends only what is inside of the limit: a retry around it goes on", async () => {
		let calls = 0;
		const { called, attempts, counted } = setUp([retried(), within(30), hedge({ delayMs: 5 })], () =>
			++calls <= 2 ? never() : "answer",
		);
		expect(await called()).toBe("answer");
		expect(attempts()).toEqual([
			[1, "timeout", 30],
			[2, "timeout", 30],
			[1, "timeout", 30],
			[2, "ok", 35],
			["stage", "ok", 35],
		]);
		expect(await counted("retry")).toEqual({ success: 1 });
		expect(await counted("hedge")).toEqual({ failed: 1, not_needed: 1 });
	});

	it("has its attempts end with it and not with what answers in its place", async () => {
		const slow = async () => "sorry";
		const { called, attempts, clock } = setUp(
			[fallback({ use: () => clock.sleep(100).then(slow) }), within(30), retried()],
			failsOnce(never),
		);
		expect(await called()).toBe("sorry");
		expect(attempts()).toEqual([
			[1, "error", 0],
			[2, "timeout", 30],
			["stage", "fallback", 130],
		]);
	});

	it("by a layer of one's own ends them, too", async () => {
		const enough = new Error("enough");
		const impatient = asyncLayer(
			{ name: "impatient" },
			(next) => (call) => Promise.race([next(call), call.clock.sleep(20).then(() => Promise.reject(enough))]),
		);
		for (const layer of [retried(), hedge({ delayMs: 5 })]) {
			const { called, attempts, tracerProvider, counted } = setUp([impatient, layer], failsOnce(never));
			if (layer.name === "retry") expect(await called()).toBe(enough);
			else await called();
			expect(tracerProvider.openSpans).toBe(0);
			expect(attempts().at(-1)?.[0]).toBe("stage");
			expect(Object.values(await counted("retry")).concat(Object.values(await counted("hedge")))).toEqual([1]);
		}
	});

	it("or fails does not end another attempt that runs beside it", async () => {
		const beside = asyncLayer({ name: "beside" }, (next) => {
			const attempt = attempts(next);
			return async (call) => {
				const second = call.clock.sleep(10).then(() => attempt({ ...call, attempt: 2 }));
				return Promise.any([attempt(call), second]);
			};
		});
		for (const [first, atMs] of [
			[never, 30],
			[(clock: Clock) => clock.sleep(25).then(() => Promise.reject(busy())), 25],
		] as const) {
			let calls = 0;
			const answer = (clock: Clock) => clock.sleep(25).then(() => "answer");
			const { called, attempts } = setUp([beside, within(30)], (clock) =>
				++calls === 1 ? first(clock) : answer(clock),
			);
			expect(await called()).toBe("answer");
			expect(attempts()).toEqual([
				[1, first === never ? "timeout" : "error", atMs],
				[2, "ok", 35],
				["stage", "ok", 35],
			]);
		}
	});

	it("keeps its place in a bulkhead as long as the work goes on", async () => {
		let end: (value: unknown) => void = () => {};
		const slots = bulkhead({ name: "given-up", concurrency: 1 });
		const work = () =>
			new Promise((resolve) => {
				end = resolve;
			});
		for (const layer of [retried(), hedge({ delayMs: 500 })]) {
			const { called } = setUp([within(30), slots, layer], work);
			expect(await called()).toMatchObject({ code: "timeout" });
			expect(await called()).toMatchObject({ code: "bulkhead_full" });
			end("late");
			await nextTurn();
			expect(await called()).toMatchObject({ code: "timeout" });
			end("late");
			await nextTurn();
		}
	});

	it("is counted where nothing is traced, and drawn where every attempt is", async () => {
		const untraced = setUp([within(30), retried()], failsOnce(never), false);
		await untraced.called();
		expect(await untraced.counted("retry")).toEqual({ aborted: 1 });
		const always = setUp([tracing({ attemptSpans: "always" }), within(30), retried()], never);
		await always.called();
		expect(spanTree(always.spans, { show: ["outcome", "retry.attempt"] })).toContain("retry.attempt: 1");
		expect(always.tracerProvider.openSpans).toBe(0);
	});
});
