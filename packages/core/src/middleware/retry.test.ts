// Over 250 lines: what one layer does to calls of every kind, and what it tells of them.
import { createServer } from "node:http";
import { ReadableStream } from "node:stream/web";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import {
	asyncLayer,
	BudgetExceededError,
	CancelledError,
	CircuitOpenError,
	circuitBreaker,
	cost,
	type FootlightOptions,
	footlight,
	InterruptedError,
	type Middleware,
	ownPrices,
	RateLimitedError,
	RejectedError,
	type RetryBudgetOptions,
	type RetryOptions,
	retry,
	retryBudget,
	retryHistory,
	type ScheduledRetry,
	TimeoutError,
	telemetryFailures,
	timeout,
} from "../index.ts";
import { manualClock, middlewareContract, recordingSink, recordingTracerProvider, spanTree } from "../testing/index.ts";

const events = ["retry.scheduled", "retry.exhausted"];
middlewareContract("retry", () => retry(), { describe, it, events });
const busy = (fields: object = {}) => Object.assign(new Error("busy"), { code: "ECONNRESET", ...fields });

/** Fails with what it is given, one after the other, and succeeds then. */
function failing(...errors: readonly unknown[]): { (): Promise<string>; readonly startedMs: number[]; calls: number } {
	const left = [...errors];
	const fn = Object.assign(
		async () => {
			fn.calls++;
			if (left.length > 0) throw left.shift();
			return "answer";
		},
		{ startedMs: [] as number[], calls: 0 },
	);
	return fn;
}

function setUp(more: FootlightOptions = {}) {
	const sink = recordingSink();
	const metrics = recordMetrics();
	const clock = manualClock();
	const tracerProvider = recordingTracerProvider();
	const light = footlight("docs-qa", {
		sinks: [sink],
		clock,
		tracerProvider,
		meterProvider: metrics.meterProvider,
		...more,
	});

	/** Runs a call, moving time until it has ended; when each attempt began, and how the call ended, with the times. */
	async function run(fn: () => unknown, options: RetryOptions = {}, use: readonly Middleware[] = []) {
		const startMs = clock.now();
		const began: number[] = [];
		const stage = light.stage(
			"load",
			() => {
				began.push(clock.now() - startMs);
				return fn();
			},
			{ use: [...use, retry({ jitter: "none", ...options })] },
		);
		let ended: { value: unknown } | { error: unknown } | undefined;
		const settled = stage().then(
			(value) => {
				ended = { value };
			},
			(error: unknown) => {
				ended = { error };
			},
		);
		for (let steps = 0; ended === undefined && steps < 5_000; steps++) await clock.advance(10);
		await settled;
		return { began, ...(ended as { value?: unknown; error?: unknown }) };
	}

	return { light, sink, metrics, clock, tracerProvider, run };
}

describe("retry", () => {
	it("tries again when a call fails, and gives what the first success gives", async () => {
		const { run } = setUp();
		expect(await run(failing(busy(), busy()))).toEqual({ began: [0, 100, 300], value: "answer" });
	});

	it.each([1, 2, 3, 5])("makes %i attempts where so many are allowed, the first counted", async (maxAttempts) => {
		const { run } = setUp();
		const fn = failing(...Array.from({ length: 10 }, () => busy()));
		await run(fn, { maxAttempts });
		expect(fn.calls).toBe(maxAttempts);
	});

	it("fails with the last error, the same object, with all attempts in its history", async () => {
		const { run, clock } = setUp();
		const errors = [busy(), busy(), busy()] as const;
		const startMs = clock.now();
		const slow = failing(...errors);
		const { error } = await run(() => clock.sleep(30).then(slow));
		expect(error).toBe(errors[2]);
		expect(retryHistory(error)).toEqual([
			{ attempt: 1, error: errors[0], startedAtMs: startMs, durationMs: 30, delayMs: 100 },
			{ attempt: 2, error: errors[1], startedAtMs: startMs + 130, durationMs: 30, delayMs: 200 },
			{ attempt: 3, error: errors[2], startedAtMs: startMs + 360, durationMs: 30, delayMs: undefined },
		]);
	});

	it("has no history for what it did not fail with, nor for what is no object", async () => {
		const { run } = setUp();
		expect(retryHistory(busy())).toEqual([]);
		const { error } = await run(failing("no", "no"), { retryIf: () => true, maxAttempts: 2 });
		expect(error).toBe("no");
		expect(retryHistory(error)).toEqual([]);
	});

	it("does not know when a first attempt began that nobody timed", async () => {
		const error = busy();
		const stage = footlight("docs-qa").stage("load", failing(error), { use: [retry({ maxAttempts: 1 })] });
		await expect(stage()).rejects.toBe(error);
		expect(retryHistory(error)).toEqual([
			{ attempt: 1, error, startedAtMs: undefined, durationMs: undefined, delayMs: undefined },
		]);
	});

	it.each<[string, unknown]>([
		["a mistake in the code", new TypeError("x is not a function")],
		["an error that says nothing", new Error("boom")],
		["what the caller asked wrongly", busy({ code: undefined, status: 404 })],
		["a rate limit of our own", new RateLimitedError("api", "minute", 60, 5)],
		["a cancellation", new CancelledError("load")],
		["an abort", new DOMException("x", "AbortError")],
		["nothing at all", undefined],
	])("does not try again after %s", async (_, error) => {
		const { run, sink } = setUp();
		const fn = failing(error);
		expect(await run(fn)).toEqual({ began: [0], error });
		expect(sink.names).toEqual([]);
	});

	it("throws an error that cannot be read as it is, tried again where retryIf says so", async () => {
		for (const retryIf of [undefined, () => true]) {
			const { run, sink } = setUp();
			const { proxy, revoke } = Proxy.revocable({}, {});
			revoke();
			const fn = () => Promise.reject(proxy);
			const { began, error } = await run(fn, { maxAttempts: 2, ...(retryIf && { retryIf }) });
			expect(Object.is(error, proxy)).toBe(true);
			expect(began).toEqual(retryIf === undefined ? [0] : [0, 100]);
			expect(sink.names).toEqual(retryIf === undefined ? [] : ["retry.scheduled", "retry.exhausted"]);
		}
	});

	it.each([
		new CircuitOpenError("load", 10),
		new InterruptedError("ask Ada"),
		new BudgetExceededError("b", 1, 1),
		new RejectedError("unauthorized", "who are you?"),
		new CancelledError("load"),
	])("never tries again after $name, whatever retryIf says", async (error) => {
		const { run } = setUp();
		let asked = 0;
		expect(await run(failing(error), { retryIf: () => ++asked > 0 })).toEqual({ began: [0], error });
		expect(asked).toBe(0);
	});

	it("waits as long as a rate limit of our own asks, where retryIf wants it tried again", async () => {
		const { run } = setUp();
		const { began } = await run(failing(new RateLimitedError("api", "minute", 60, 700)), { retryIf: () => true });
		expect(began).toEqual([0, 700]);
	});

	it("keeps synchronous failures, of a function that is not async too", async () => {
		const { light } = setUp();
		let calls = 0;
		const stage = light.stage(
			"load",
			() => {
				if (++calls < 3) throw busy();
				return calls;
			},
			{ use: [retry({ initialDelayMs: 0 })] },
		);
		const answer: Promise<number> = stage();
		expect(await answer).toBe(3);
	});

	it("is told of each failed attempt, with the number and the call", async () => {
		const { run } = setUp();
		const asked: unknown[] = [];
		const errors = [busy(), busy(), busy()];
		await run(failing(...errors), {
			retryIf(error, { attempt, call }) {
				asked.push([error, attempt, call.name]);
				return true;
			},
		});
		expect(asked).toEqual(errors.map((error, index) => [error, index + 1, "load"]));
	});

	it("waits for a retryIf that must ask somebody", async () => {
		const { run, clock } = setUp();
		const { began } = await run(failing(busy(), busy(), busy()), {
			retryIf: (_, { attempt }) => clock.sleep(50).then(() => attempt < 2),
		});
		expect(began).toEqual([0, 150]);
	});

	it.each<[string, () => unknown]>([
		["throws", () => failing(busy())().then()],
		["answers nothing", () => undefined],
		["answers a word", () => "yes"],
		["rejects", () => Promise.reject(new Error("retryIf"))],
		[
			"really throws",
			() => {
				throw new Error("retryIf");
			},
		],
	])("decides by default where retryIf %s", async (_, retryIf) => {
		const { run } = setUp();
		const before = telemetryFailures().get("retryIf") ?? 0;
		const options = { retryIf } as RetryOptions;
		expect((await run(failing(busy()), options)).value).toBe("answer");
		expect(telemetryFailures().get("retryIf")).toBe(before + 1);
		expect((await run(failing(new Error("boom")), options)).began).toEqual([0]);
	});

	it("reaches a server that answers 503 with Retry-After and then well, by fetch", async () => {
		const answers = [503, 429, 200];
		const server = createServer((_, response) => {
			response.writeHead(answers.shift() as number, { "Retry-After": "2" }).end("page");
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const { port } = server.address() as { port: number };
		const { light, clock } = setUp();
		const delays: number[] = [];
		const load = light.stage(
			"load",
			async () => {
				const response = await fetch(`http://127.0.0.1:${port}`);
				if (!response.ok) throw Object.assign(new Error(`status ${response.status}`), { response });
				return response.text();
			},
			{
				use: [
					retry({
						jitter: "none",
						onRetry({ delayMs }) {
							delays.push(delayMs);
							setImmediate(() => clock.advance(delayMs));
						},
					}),
				],
			},
		);
		expect(await load()).toBe("page");
		expect(delays).toEqual([2_000, 2_000]);
		await new Promise((resolve) => server.close(resolve));
	});
});

describe("the time before an attempt", () => {
	it.each<[string, RetryOptions, number[]]>([
		["doubles", {}, [0, 100, 300, 700, 1_500]],
		["grows by the multiplier", { multiplier: 3, initialDelayMs: 10 }, [0, 10, 40, 130, 400]],
		["grows by the same", { backoff: "linear" }, [0, 100, 300, 600, 1_000]],
		["stays the same", { backoff: "constant" }, [0, 100, 200, 300, 400]],
		["is at most maxDelayMs", { maxDelayMs: 150 }, [0, 100, 250, 400, 550]],
		["is at most a short maxDelayMs", { maxDelayMs: 50 }, [0, 50, 100, 150, 200]],
		["may be none", { initialDelayMs: 0 }, [0, 0, 0, 0, 0]],
		["is shortened by half at most", { jitter: "equal", random: () => 0 }, [0, 50, 150, 350, 750]],
		["is shortened by any part", { jitter: "full", random: () => 0.1 }, [0, 10, 30, 70, 150]],
		["is drawn anew", { jitter: "decorrelated", random: () => 0.5, maxDelayMs: 500 }, [0, 200, 550, 1_050, 1_550]],
		[
			"is not shortened by a random that is none",
			{ jitter: "full", random: () => Number.NaN, initialDelayMs: 0 },
			[0, 0, 0, 0, 0],
		],
	])("%s", async (_, options, expected) => {
		const { run } = setUp();
		const { began } = await run(failing(busy(), busy(), busy(), busy()), { maxAttempts: 5, ...options });
		expect(began).toEqual(expected);
	});

	it("is x0.5 to 1.0 of 100 ms, then of 200 ms, by default", async () => {
		const { light, clock } = setUp();
		const delays: number[] = [];
		const stage = light.stage("load", () => Promise.reject(busy()), {
			use: [retry({ onRetry: ({ delayMs }) => delays.push(delayMs) })],
		});
		const all = Promise.allSettled(Array.from({ length: 200 }, () => stage()));
		await clock.advance(1_000);
		await all;
		const of = (nominal: number) => delays.filter((delay) => delay >= nominal / 2 && delay <= nominal);
		expect(delays).toHaveLength(400);
		expect(of(100).length + of(200).length).toBeGreaterThanOrEqual(400);
		expect(new Set(delays).size).toBeGreaterThan(300);
	});

	it("is what the other side asks for, a little more, and never less", async () => {
		const asks = busy({ status: 429, headers: { "retry-after": "3" } });
		expect((await setUp().run(failing(asks))).began).toEqual([0, 3_000]);
		const spread = { jitter: "equal", random: () => 0.5 } as const;
		expect((await setUp().run(failing(asks), spread)).began).toEqual([0, 3_150]);
		const sooner = busy({ status: 429, headers: { "retry-after": "0.05" } });
		expect((await setUp().run(failing(sooner))).began).toEqual([0, 50]);
		const atOnce = busy({ status: 429, headers: { "retry-after": "0" } });
		expect((await setUp().run(failing(atOnce))).began).toEqual([0, 100]);
	});

	it("is not waited where the other side asks for more than is allowed", async () => {
		const { run, sink } = setUp();
		const asks = busy({ status: 429, headers: { "retry-after": "31" } });
		expect(await run(failing(asks))).toEqual({ began: [0], error: asks });
		expect(sink.events).toMatchObject([
			{ name: "retry.exhausted", attributes: { "retry.attempt": 1, "retry.stop_reason": "retry_after" } },
		]);
		expect((await run(failing(asks), { maxRetryAfterMs: 31_000, maxAttempts: 2 })).began).toEqual([0, 31_000]);
	});
});

describe("a call that must be over in time", () => {
	const within =
		(durationMs: number): Middleware =>
		(next) =>
		(call) =>
			next({ ...call, deadlineMs: call.clock.monotonicMs() + durationMs });

	it("does not begin a wait that would outlive its deadline, and fails at once with its last error", async () => {
		const { run, clock, sink } = setUp();
		const error = busy();
		const startMs = clock.now();
		expect(await run(failing(busy(), error, busy()), {}, [within(300)])).toEqual({ began: [0, 100], error });
		expect(clock.now() - startMs).toBe(100);
		expect(retryHistory(error)).toHaveLength(2);
		expect(sink.events.at(-1)).toMatchObject({
			name: "retry.exhausted",
			attributes: { "retry.attempt": 2, "retry.stop_reason": "deadline" },
		});
		expect((await run(failing(busy(), busy()), {}, [within(301)])).began).toEqual([0, 100, 300]);
	});

	it("does not begin an attempt after a deadline that a machine slept through", async () => {
		let nowMs = 1_000_000;
		const sleep = async () => {
			nowMs += 10_000;
		};
		const { light, sink } = setUp({ clock: { now: () => nowMs, monotonicMs: () => nowMs, sleep } });
		const fn = failing(busy(), busy());
		await expect(light.stage("load", fn, { use: [within(5_000), retry()] })()).rejects.toThrow("busy");
		expect(fn.calls).toBe(1);
		expect(sink.names).toEqual(["retry.scheduled", "retry.exhausted"]);
	});

	it("begins no attempt later than maxElapsedMs after the first began", async () => {
		const { run, sink } = setUp();
		const errors = () => failing(busy(), busy(), busy(), busy());
		expect((await run(errors(), { maxElapsedMs: 299, maxAttempts: 9 })).began).toEqual([0, 100]);
		expect(sink.events.at(-1)?.attributes).toMatchObject({ "retry.stop_reason": "max_duration" });
		expect((await run(errors(), { maxElapsedMs: 300, maxAttempts: 9 })).began).toEqual([0, 100, 300]);
	});

	it.each([3_600_000, -3_600_000])("does not mind that the wall clock is set, by %i ms", async (stepMs) => {
		const still = manualClock();
		let setMs = 0;
		const clock = { ...still, now: () => still.now() + setMs };
		const { light, sink } = setUp({ clock });
		const load = (use: readonly Middleware[], ...errors: unknown[]) => {
			setMs = 0;
			const fn = failing(...errors);
			const set = async () => {
				setMs = stepMs;
				await still.sleep(10);
				return fn();
			};
			const waits = { jitter: "none", initialDelayMs: 50, backoff: "constant", maxAttempts: 9 } as const;
			return light.stage("load", set, { use: [...use, retry({ ...waits, maxElapsedMs: 110 })] })();
		};
		const answer = load([timeout({ timeoutMs: 1_000 })], busy());
		await still.advance(1_000);
		expect(await answer).toBe("answer");
		const errors = [busy(), busy(), busy()] as const;
		const failed = load([], ...errors).catch((error: unknown) => error);
		await still.advance(1_000);
		expect(await failed).toBe(errors[1]);
		expect(sink.events.at(-1)?.attributes).toMatchObject({ "retry.stop_reason": "max_duration" });
		expect(retryHistory(errors[1])).toMatchObject([{ durationMs: 10 }, { durationMs: 10 }]);
		const late = light
			.stage(
				"load",
				async () => {
					setMs = stepMs;
					throw busy();
				},
				{ use: [timeout({ timeoutMs: 100 }), retry({ jitter: "none" })] },
			)()
			.catch((error: unknown) => error);
		await still.advance(50);
		expect(await late).toMatchObject({ message: "busy" });
		expect(sink.events.at(-1)?.attributes).toMatchObject({ "retry.stop_reason": "deadline" });
	});

	it("does begin one attempt, however late it is", async () => {
		const { run } = setUp();
		expect((await run(failing(), {}, [within(-5)])).value).toBe("answer");
	});
});

describe("with other layers", () => {
	it("outside a timeout each attempt has its own time, inside one all have it together", async () => {
		const hanging = (clock: ReturnType<typeof manualClock>, began: number[]) => {
			const startMs = clock.now();
			return async () => {
				began.push(clock.now() - startMs);
				await clock.sleep(10_000);
			};
		};
		const each = setUp();
		const began: number[] = [];
		const outside = [retry({ jitter: "none", maxAttempts: 5 }), timeout({ timeoutMs: 50 })];
		const answer = each.light.stage("load", hanging(each.clock, began), { use: outside })();
		answer.catch(() => {});
		await each.clock.advance(3_000);
		await expect(answer).rejects.toBeInstanceOf(TimeoutError);
		expect(began).toEqual([0, 150, 400, 850, 1_700]);

		const together = setUp();
		const fn = failing(busy(), busy(), busy());
		const inside = [timeout({ timeoutMs: 300 }), retry({ jitter: "none" })];
		const failed = together.light
			.stage("load", fn, { use: inside })()
			.catch((error: unknown) => error);
		await together.clock.advance(100);
		expect(await failed).toMatchObject({ message: "busy" });
		expect(fn.calls).toBe(2);
		expect(together.sink.events.at(-1)?.attributes).toMatchObject({ "retry.stop_reason": "deadline" });
	});

	it("outside a circuit breaker does not wait for an open one; inside, it counts a call once", async () => {
		const outer = setUp();
		const down = failing(...Array.from({ length: 99 }, () => busy()));
		const perAttempt = [retry({ initialDelayMs: 0, maxAttempts: 9 }), circuitBreaker({ name: "retry-outside" })];
		await expect(outer.light.stage("load", down, { use: perAttempt })()).rejects.toBeInstanceOf(CircuitOpenError);
		expect(down.calls).toBe(5);

		const inner = setUp();
		const worse = failing(...Array.from({ length: 99 }, () => busy()));
		const perCall = [circuitBreaker({ name: "retry-inside" }), retry({ initialDelayMs: 0 })];
		const load = inner.light.stage("load", worse, { use: perCall });
		for (let call = 0; call < 5; call++) await expect(load()).rejects.toThrow("busy");
		await expect(load()).rejects.toBeInstanceOf(CircuitOpenError);
		expect(worse.calls).toBe(15);
	});
});

describe("a call that its caller gives up", () => {
	it("ends at once while retryIf has yet to answer", async () => {
		const { light, tracerProvider, metrics } = setUp();
		const load = light.stage("load", failing(busy()), { use: [retry({ retryIf: () => new Promise(() => {}) })] });
		const giveUp = new AbortController();
		const answer = light.run({ signal: giveUp.signal }, () => load()).catch((error: unknown) => error);
		await nextTurn();
		const reason = new DOMException("enough", "AbortError");
		giveUp.abort(reason);
		expect(await answer).toBe(reason);
		expect(await metrics.total("pipeline.retry.calls", { "retry.result": "aborted" })).toBe(1);
		expect(tracerProvider.openSpans).toBe(0);
	});

	it("ends at once while it waits, with the signal's reason, as cancelled", async () => {
		const { light, clock, tracerProvider, metrics } = setUp();
		const fn = failing(busy(), busy());
		const load = light.stage("load", fn, { use: [retry({ jitter: "none" })] });
		const giveUp = new AbortController();
		const answer = light.run({ signal: giveUp.signal }, () => load()).catch((error: unknown) => error);
		await clock.advance(50);
		expect(clock.pendingSleeps).toBe(1);
		const reason = new DOMException("no longer wanted", "AbortError");
		giveUp.abort(reason);
		expect(await answer).toBe(reason);
		expect(clock.pendingSleeps).toBe(0);
		expect(fn.calls).toBe(1);
		expect(retryHistory(reason)).toHaveLength(1);
		expect(tracerProvider.spans.map(({ name, attributes }) => [name, attributes.outcome])).toEqual([
			["load attempt", "error"],
			["load", "cancelled"],
			["docs-qa", "cancelled"],
		]);
		expect(await metrics.total("pipeline.retry.calls", { "retry.result": "aborted", "retry.retried": false })).toBe(1);
	});

	it("ends as timeout where time gave it up", async () => {
		const { light, clock, tracerProvider } = setUp();
		const load = light.stage("load", failing(busy()), { use: [retry({ jitter: "none" })] });
		const giveUp = new AbortController();
		const answer = light.run({ signal: giveUp.signal }, () => load()).catch((error: unknown) => error);
		await clock.advance(50);
		giveUp.abort(new DOMException("late", "TimeoutError"));
		expect(await answer).toMatchObject({ name: "TimeoutError" });
		expect(tracerProvider.spans.find(({ name }) => name === "load")?.attributes.outcome).toBe("timeout");
	});

	it("is not tried again when it was given up during an attempt", async () => {
		const { light, sink } = setUp();
		const giveUp = new AbortController();
		const error = busy();
		let calls = 0;
		const load = light.stage(
			"load",
			async () => {
				calls++;
				giveUp.abort();
				throw error;
			},
			{ use: [retry({ retryIf: () => true })] },
		);
		await expect(light.run({ signal: giveUp.signal }, () => load())).rejects.toBe(error);
		expect(calls).toBe(1);
		expect(sink.names).toEqual([]);
	});

	it("is not tried again when it was given up while retryIf made up its mind", async () => {
		const { light } = setUp();
		const giveUp = new AbortController();
		const fn = failing(busy());
		const retryIf = async () => {
			giveUp.abort();
			return true;
		};
		const load = light.stage("load", fn, { use: [retry({ retryIf })] });
		const error = await light.run({ signal: giveUp.signal }, () => load()).catch((thrown: unknown) => thrown);
		expect(error).toBe(giveUp.signal.reason);
		expect(fn.calls).toBe(1);
	});
});

describe("a stream", () => {
	it.each<[string, (items: () => AsyncGenerator<number>) => () => unknown]>([
		[
			"a generator function",
			(items) =>
				async function* () {
					yield* items();
				},
		],
		["a function that gives a generator", (items) => async () => items()],
		["a client's stream", (items) => async () => ({ [Symbol.asyncIterator]: items })],
		[
			"an iterator that is frozen",
			(items) => async () => {
				const source = items();
				return Object.freeze({
					next: () => source.next(),
					[Symbol.asyncIterator]() {
						return this;
					},
				});
			},
		],
		["a Web stream", (items) => async () => ReadableStream.from(items())],
	])("has every item of %s counted, that of the wait for the first included", async (_, make) => {
		let broken = 1;
		async function* items() {
			if (broken-- > 0) throw busy();
			yield* [1, 2, 3];
		}
		for (const attempts of ["two", "one"]) {
			const { light, tracerProvider } = setUp();
			const stage = light.stage("list", make(items), { use: [retry({ initialDelayMs: 0 })] });
			expect(await Array.fromAsync((await stage()) as AsyncIterable<number>), attempts).toEqual([1, 2, 3]);
			const spans = tracerProvider.spans.filter(({ name }) => name === "list");
			expect(
				spans.map((span) => span.attributes["stream.item_count"]),
				attempts,
			).toEqual([3]);
		}
	});

	/** Fails before its first item so many times, then gives three and fails. */
	function flaky(failures: number, error: unknown = busy()) {
		const state = { begun: 0 };
		async function* items(last = 3) {
			state.begun++;
			if (state.begun <= failures) throw error;
			for (let item = 1; item <= last; item++) yield item;
			throw new Error("broken off");
		}
		return { items, state };
	}

	async function read(items: AsyncIterable<unknown>): Promise<unknown[]> {
		const all: unknown[] = [];
		try {
			for await (const item of items) all.push(item);
		} catch (error) {
			all.push((error as Error).message);
		}
		return all;
	}

	const once: RetryOptions = { initialDelayMs: 0, retryIf: () => true };

	it("of a generator function is tried again until its first item, and not after it", async () => {
		const { light } = setUp();
		const { items, state } = flaky(2);
		const stage = light.stage("items", items, { use: [retry(once)] });
		const stream = stage();
		expect(state.begun).toBe(0);
		expect(await read(stream)).toEqual([1, 2, 3, "broken off"]);
		expect(state.begun).toBe(3);
	});

	it("that a function gives is tried again until its first item, and not after it", async () => {
		const { light } = setUp();
		const { items, state } = flaky(2);
		const stage = light.stage("items", async () => items(), { use: [retry(once)] });
		expect(await read(await stage())).toEqual([1, 2, 3, "broken off"]);
		expect(state.begun).toBe(3);
	});

	it("of the Web is tried again until its first item", async () => {
		const { light } = setUp();
		let begun = 0;
		const stage = light.stage(
			"items",
			() => {
				const isLast = ++begun === 3;
				return new ReadableStream<number>({
					pull(controller) {
						if (!isLast) return controller.error(busy());
						controller.enqueue(1);
						controller.close();
					},
				});
			},
			{ use: [retry(once)] },
		);
		expect(await read(await stage())).toEqual([1]);
		expect(begun).toBe(3);
	});

	it("of a synchronous generator is tried again too, and becomes an async one", async () => {
		const { light } = setUp();
		let begun = 0;
		const stage = light.stage(
			"items",
			function* () {
				if (++begun < 3) throw busy();
				yield* [1, 2];
			},
			{ use: [retry(once)] },
		);
		const items: AsyncGenerator<number> = stage();
		expect(await read(items)).toEqual([1, 2]);
		expect(begun).toBe(3);
	});

	it("that is empty is a success", async () => {
		const { light, metrics } = setUp();
		const stage = light.stage("items", async function* () {}, { use: [retry()] });
		expect(await read(stage())).toEqual([]);
		expect(await metrics.total("pipeline.retry.calls", { "retry.result": "success" })).toBe(1);
	});

	it("has its attempts as spans, and its own end on the stage's", async () => {
		const { light, tracerProvider } = setUp();
		const stage = light.stage("items", flaky(1).items, { use: [retry(once)] });
		await read(stage());
		expect(tracerProvider.openSpans).toBe(0);
		expect(
			tracerProvider.spans.map(({ name, attributes }) => [name, attributes.outcome, attributes["retry.attempt"]]),
		).toEqual([
			["items attempt", "error", 1],
			["items attempt", "error", 2],
			["items", "error", undefined],
		]);
	});
});

describe("what a retry tells", () => {
	it("is each further attempt, with delay and who said it, and that there is no more", async () => {
		const { run, sink } = setUp();
		const asks = busy({ headers: { "retry-after-ms": "40" } });
		await run(failing(busy(), asks, busy()));
		expect(sink.events).toMatchObject([
			{
				name: "retry.scheduled",
				attributes: {
					"retry.attempt": 1,
					"retry.max_attempts": 3,
					"retry.delay_ms": 100,
					"retry.delay_source": "backoff",
					"error.type": "ECONNRESET",
					"stage.name": "load",
				},
			},
			{
				name: "retry.scheduled",
				attributes: { "retry.attempt": 2, "retry.delay_ms": 40, "retry.delay_source": "retry_after" },
			},
			{
				name: "retry.exhausted",
				attributes: {
					"retry.attempt": 3,
					"retry.max_attempts": 3,
					"retry.stop_reason": "max_attempts",
					"error.type": "ECONNRESET",
				},
			},
		]);
	});

	it("is why a later attempt was the last", async () => {
		const { run, sink } = setUp();
		await run(failing(busy(), new Error("boom")));
		expect(sink.events.at(-1)).toMatchObject({
			name: "retry.exhausted",
			attributes: { "retry.attempt": 2, "retry.stop_reason": "non_retryable", "error.type": "Error" },
		});
	});

	it("is nothing where one attempt is all there may be", async () => {
		const { run, sink } = setUp();
		await run(failing(busy()), { maxAttempts: 1 });
		expect(sink.names).toEqual([]);
	});

	it("is a span for each attempt, and how many there were", async () => {
		const { run, tracerProvider } = setUp();
		await run(failing(busy(), busy()));
		expect(spanTree(tracerProvider.spans, { show: ["outcome", "retry.attempt", "retry.attempt_count"] })).toBe(
			[
				"load (internal)",
				'  outcome: "ok"',
				"  retry.attempt_count: 3",
				"  * retry.scheduled { retry.attempt: 1 }",
				"  * retry.scheduled { retry.attempt: 2 }",
				'  load attempt (internal) ERROR "busy"',
				'    outcome: "error"',
				"    retry.attempt: 1",
				"    * exception",
				'  load attempt (internal) ERROR "busy"',
				'    outcome: "error"',
				"    retry.attempt: 2",
				"    * exception",
				"  load attempt (internal)",
				'    outcome: "ok"',
				"    retry.attempt: 3",
			].join("\n"),
		);
	});

	it("is nothing on the span of a call that succeeds at once", async () => {
		const { run, tracerProvider } = setUp();
		await run(failing());
		expect(spanTree(tracerProvider.spans, { show: ["retry.attempt", "retry.attempt_count"] })).toBe("load (internal)");
	});

	it("is counted, by result and by error", async () => {
		const { run, metrics } = setUp();
		await run(failing());
		await run(failing(busy(), busy({ code: "EPIPE" })));
		await run(failing(busy(), busy(), busy()));
		await run(failing(new Error("boom")));
		const counts = async (name: string, label: string) =>
			Object.fromEntries(
				(await metrics.points(name)).filter(({ value }) => value > 0).map((p) => [p.attributes[label], p.value]),
			);
		expect(
			(await metrics.points("pipeline.retry.calls"))
				.filter(({ value }) => value > 0)
				.map(({ attributes, value }) => [attributes["retry.retried"], attributes["retry.result"], value]),
		).toEqual([
			[false, "success", 1],
			[true, "success", 1],
			[true, "max_attempts", 1],
			[false, "non_retryable", 1],
		]);
		expect(await counts("pipeline.retry.attempts", "error.type")).toEqual({ ECONNRESET: 3, EPIPE: 1 });
		expect(
			(await metrics.points("pipeline.retry.attempts_per_call")).map(({ attributes, value, sum }) => [
				attributes["retry.result"],
				value,
				sum,
			]),
		).toEqual([
			["success", 2, 4],
			["max_attempts", 1, 3],
			["non_retryable", 1, 1],
		]);
		const [delay] = await metrics.points("pipeline.retry.delay", { "retry.delay_source": "backoff" });
		expect([delay?.value, delay?.sum]).toEqual([4, expect.closeTo(0.6)]);
	});

	it("is zero before the first call, for all that can be foreseen", async () => {
		const { light, metrics } = setUp();
		light.stage("load", failing(), { use: [retry()] });
		const calls = await metrics.points("pipeline.retry.calls");
		expect(calls.map(({ value }) => value)).toEqual(Array.from({ length: 16 }, () => 0));
		expect(await metrics.points("pipeline.retry.budget.exhausted")).toMatchObject([{ value: 0 }]);
	});

	it("is the money that failed attempts cost, as wasted", async () => {
		const prices = ownPrices({ m: { inputUsdPerMillionTokens: 1_000_000 } });
		const { light, clock, tracerProvider, metrics } = setUp({ prices });
		let calls = 0;
		const ask = light.stage(
			"ask",
			async (_: unknown) => {
				calls++;
				return { model: "m", usage: { input_tokens: 2 }, text: calls < 3 ? "" : "answer" };
			},
			{
				kind: "model",
				use: [
					retry({ jitter: "none", retryIf: (error) => (error as Error).message === "empty" }),
					asyncLayer({ name: "not-empty" }, (next) => async (call) => {
						const answer = (await next(call)) as { text: string };
						if (answer.text === "") throw new Error("empty");
						return answer;
					}),
					cost(),
				],
			},
		);
		const answer = ask({ model: "m" });
		await clock.advance(1_000);
		expect(await answer).toMatchObject({ text: "answer" });
		expect(await metrics.total("pipeline.cost.usd")).toBe(6);
		expect(await metrics.total("pipeline.cost.wasted_usd")).toBe(4);
		const asked = tracerProvider.spans.map(({ attributes }) => [
			attributes["retry.attempt"],
			attributes["gen_ai.usage.input_tokens"],
		]);
		expect(asked).toEqual([
			[1, 2],
			[2, 2],
			[3, 2],
			[undefined, 2],
		]);
	});

	it("is heard by onRetry, which changes nothing whatever it does", async () => {
		const heard: unknown[] = [];
		for (const misbehave of [() => {}, () => Promise.reject(new Error("no")), () => new Promise(() => {})]) {
			const { run } = setUp();
			const onRetry = ({ attempt, delayMs, delaySource, error, call }: ScheduledRetry) => {
				heard.push([attempt, delayMs, delaySource, (error as Error).message, call.name]);
				return misbehave() as undefined;
			};
			expect((await run(failing(busy()), { onRetry })).value).toBe("answer");
		}
		expect(heard).toEqual(Array.from({ length: 3 }, () => [1, 100, "backoff", "busy", "load"]));
		const { run } = setUp();
		const before = telemetryFailures().get("onRetry") ?? 0;
		const throws = () => {
			throw new Error("no");
		};
		expect((await run(failing(busy()), { onRetry: throws })).value).toBe("answer");
		expect(telemetryFailures().get("onRetry")).toBe(before + 1);
	});
});

describe("a retry within a retry", () => {
	it("counts its own attempts, and has them under those of the outer one", async () => {
		const { light, tracerProvider, clock } = setUp();
		const seen: number[] = [];
		const fn = failing(busy(), busy(), busy());
		const watching: Middleware = (next) => (call) => {
			seen.push(call.attempt);
			return next(call);
		};
		const twice = () => retry({ maxAttempts: 2, initialDelayMs: 0 });
		const answer = light.stage("load", fn, { use: [twice(), twice(), watching] })();
		await clock.advance(1_000);
		expect(await answer).toBe("answer");
		expect(seen).toEqual([1, 2, 1, 2]);
		expect(spanTree(tracerProvider.spans, { show: ["retry.attempt", "retry.attempt_count"] })).toBe(
			[
				"load (internal)",
				"  retry.attempt_count: 2",
				"  * retry.scheduled { retry.attempt: 1 }",
				"  * retry.exhausted { retry.attempt: 2 }",
				"  * retry.scheduled { retry.attempt: 1 }",
				// The inner one's, in the outer one's first, which is drawn after the fact.
				'  load attempt (internal) ERROR "busy"',
				"    retry.attempt: 1",
				"    * exception",
				'  load attempt (internal) ERROR "busy"',
				"    retry.attempt: 2",
				"    * exception",
				'  load attempt (internal) ERROR "busy"',
				"    retry.attempt: 1",
				"    retry.attempt_count: 2",
				"  load attempt (internal)",
				"    retry.attempt: 2",
				"    retry.attempt_count: 2",
				"    * retry.scheduled { retry.attempt: 1 }",
				'    load attempt (internal) ERROR "busy"',
				"      retry.attempt: 1",
				"      * exception",
				"    load attempt (internal)",
				"      retry.attempt: 2",
			].join("\n"),
		);
	});

	it("draws nothing where the first attempt of both succeeds", async () => {
		const { light, tracerProvider } = setUp();
		await light.stage("load", failing(), { use: [retry(), retry()] })();
		expect(tracerProvider.spans.map(({ name }) => name)).toEqual(["load"]);
	});
});

describe("a retry budget", () => {
	let made = 0;
	const newName = () => `test-budget-${++made}`;

	it("allows a fifth of the calls to be tried again, and a few a second beside", async () => {
		const { light, metrics, sink, clock } = setUp();
		const name = newName();
		const budget = retryBudget({ name, minRetriesPerSecond: 1, ttlMs: 10_000 });
		const stage = light.stage("load", () => Promise.reject(busy()), {
			use: [retry({ budget, initialDelayMs: 0, maxAttempts: 2 })],
		});
		const histories: number[] = [];
		for (let call = 0; call < 100; call++) {
			const error = await stage().catch((thrown: unknown) => thrown);
			histories.push(retryHistory(error).length);
		}
		// 10 in reserve and 20 of the calls.
		expect(histories.filter((attempts) => attempts === 2)).toHaveLength(30);
		expect(await metrics.total("pipeline.retry.budget.exhausted")).toBe(70);
		expect(await metrics.points("pipeline.retry.budget.utilization")).toEqual([
			{ attributes: { "retry.budget_name": name }, value: 1 },
		]);
		const reasons = sink.events.map(({ attributes }) => attributes["retry.stop_reason"]);
		expect(reasons.filter((reason) => reason === "budget_exhausted")).toHaveLength(70);
		await clock.advance(10_000);
		expect(budget.utilization).toBe(0);
		expect(retryHistory(await stage().catch((thrown: unknown) => thrown))).toHaveLength(2);
	});

	it("is one for all that name it", async () => {
		const { light } = setUp();
		const name = newName();
		const fn = failing(busy(), busy());
		const use = [retry({ budget: retryBudget({ name, ratio: 0.5, minRetriesPerSecond: 0 }), initialDelayMs: 0 })];
		const one = light.stage("one", failing(), { use });
		const other = light.stage("other", fn, { use: [retry({ budget: retryBudget({ name }), initialDelayMs: 0 })] });
		await one();
		// Two calls allow for one further attempt.
		await expect(other()).rejects.toThrow("busy");
		expect(fn.calls).toBe(2);
		expect(retryBudget({ name })).toBe(retryBudget({ name, ratio: 0.5 }));
	});

	it("takes nothing for what is not tried again", async () => {
		const { light } = setUp();
		const budget = retryBudget({ name: newName(), minRetriesPerSecond: 1 });
		const stage = light.stage("load", () => Promise.reject(new Error("boom")), { use: [retry({ budget })] });
		for (let call = 0; call < 20; call++) await stage().catch(() => {});
		expect(budget.utilization).toBe(0);
	});

	it("with nothing in it allows nothing", async () => {
		const { run } = setUp();
		const budget = retryBudget({ name: newName(), ratio: 0, minRetriesPerSecond: 0 });
		expect((await run(failing(busy()), { budget })).began).toEqual([0]);
		expect(budget.utilization).toBe(0);
	});

	it.each<[unknown, string]>([
		[undefined, "TypeError: retryBudget: name must be a string, got undefined"],
		[{ name: "" }, 'RangeError: retryBudget: name must be a name that is not empty, got ""'],
		[{ name: "b", ratio: 2 }, "RangeError: retryBudget: ratio must be a number from 0 to 1, got 2"],
		[
			{ name: "b", minRetriesPerSecond: -1 },
			"RangeError: retryBudget: minRetriesPerSecond must be an integer of at least 0, got -1",
		],
		[{ name: "b", ttlMs: 0 }, "RangeError: retryBudget: ttlMs must be a positive integer, got 0"],
		[
			{ name: "taken", ratio: 0.3 },
			"RangeError: retryBudget: ratio must be 0.2, as the budget taken has it already, got 0.3",
		],
		[
			{ name: "b", ttl: 1 },
			'TypeError: retryBudget: unknown option "ttl"; known options are name, ratio, minRetriesPerSecond, ttlMs',
		],
	])("refuses %j", (options, message) => {
		retryBudget({ name: "taken" });
		expect(messageOf(() => retryBudget(options as RetryBudgetOptions))).toBe(message);
	});
});

function messageOf(make: () => unknown): string {
	try {
		make();
	} catch (error) {
		return String(error);
	}
	return "nothing was thrown";
}

describe("retry refuses", () => {
	it.each<[unknown, string]>([
		[null, "TypeError: retry: options must be an object, got null"],
		[{ maxAttempts: 0 }, "RangeError: retry: maxAttempts must be a positive integer, got 0"],
		[{ maxAttempts: 1.5 }, "RangeError: retry: maxAttempts must be a positive integer, got 1.5"],
		[{ maxAttempts: "3" }, 'TypeError: retry: maxAttempts must be a positive integer, got "3"'],
		[{ initialDelayMs: -1 }, "RangeError: retry: initialDelayMs must be an integer of at least 0, got -1"],
		[{ initialDelayMs: 2 ** 31 }, "RangeError: retry: initialDelayMs must be at most 2147483647, got 2147483648"],
		[{ maxDelayMs: 2 ** 31 }, "RangeError: retry: maxDelayMs must be at most 2147483647, got 2147483648"],
		[
			{ initialDelayMs: 50, maxDelayMs: 10 },
			"RangeError: retry: maxDelayMs must be at least initialDelayMs (50), got 10",
		],
		[{ multiplier: 0.5 }, "RangeError: retry: multiplier must be a number of at least 1, got 0.5"],
		[
			{ multiplier: Number.POSITIVE_INFINITY },
			"RangeError: retry: multiplier must be a number of at least 1, got Infinity",
		],
		[{ multiplier: "2" }, 'TypeError: retry: multiplier must be a number of at least 1, got "2"'],
		[
			{ multiplier: 2, backoff: "linear" },
			'RangeError: retry: multiplier must be absent with backoff: "linear", got 2',
		],
		[
			{ multiplier: 2, jitter: "decorrelated" },
			'RangeError: retry: multiplier must be absent with jitter: "decorrelated", got 2',
		],
		[
			{ backoff: "linear", jitter: "decorrelated" },
			'RangeError: retry: backoff must be absent with jitter: "decorrelated", got "linear"',
		],
		[{ backoff: "none" }, 'RangeError: retry: backoff must be one of exponential, linear, constant, got "none"'],
		[{ jitter: true }, "TypeError: retry: jitter must be one of none, full, equal, decorrelated, got true"],
		[{ maxElapsedMs: 0 }, "RangeError: retry: maxElapsedMs must be a positive integer, got 0"],
		[{ maxRetryAfterMs: 0 }, "RangeError: retry: maxRetryAfterMs must be a positive integer, got 0"],
		[{ budget: { name: "b" } }, "TypeError: retry: budget must be what retryBudget gives, got an object"],
		[{ retryIf: true }, "TypeError: retry: retryIf must be a function, got true"],
		[{ onRetry: {} }, "TypeError: retry: onRetry must be a function, got an object"],
		[{ random: 0.5 }, "TypeError: retry: random must be a function, got 0.5"],
		[
			{ retries: 3 },
			'TypeError: retry: unknown option "retries"; known options are maxAttempts, backoff, initialDelayMs, maxDelayMs, multiplier, jitter, retryIf, maxElapsedMs, maxRetryAfterMs, budget, onRetry, random',
		],
	])("%j", (options, message) => {
		expect(messageOf(() => retry(options as RetryOptions))).toBe(message);
	});
});
