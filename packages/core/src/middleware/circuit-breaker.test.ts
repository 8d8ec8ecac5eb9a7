// Over 250 lines: one breaker, through every kind of stage and every kind of end.
import { beforeEach, describe, expect, it } from "vitest";
import { breakerLight } from "../breaker/breaker-light.fixture.ts";
import {
	asyncLayer,
	attempts,
	type CircuitBreakerOptions,
	CircuitOpenError,
	circuitBreaker,
	circuitBreakers,
	footlight,
	InterruptedError,
	isTransient,
	markOutcome,
	observe,
	RejectedError,
	TimeoutError,
	telemetryFailures,
} from "../index.ts";
import { manualClock, middlewareContract, recordingTracerProvider } from "../testing/index.ts";

let made = 0;
middlewareContract("circuitBreaker", () => circuitBreaker({ name: `contract ${made++}` }), {
	describe,
	it,
	events: ["circuit_breaker.opened", "circuit_breaker.half_opened", "circuit_breaker.closed"],
});

beforeEach(() => circuitBreakers.clear());

const boom = new Error("boom");
const throwing = (): never => {
	throw boom;
};
const caught = (call: () => unknown): Promise<unknown> =>
	Promise.resolve()
		.then(call)
		.catch((error: unknown) => error);

describe("a breaker that counts failures in a row", () => {
	it("opens with the fifth, and not before: each call counts once", async () => {
		const { fail, breaker, ask, calls } = breakerLight();
		await fail(4);
		expect(breaker().state).toBe("closed");
		await fail();
		expect(breaker().state).toBe("open");
		await expect(ask()).rejects.toBeInstanceOf(CircuitOpenError);
		expect(calls()).toBe(5);
	});

	it("begins anew with each success", async () => {
		const { fail, breaker, ask } = breakerLight();
		for (let round = 0; round < 3; round++) {
			await fail(4);
			await ask();
		}
		expect(breaker().state).toBe("closed");
	});

	it("refuses with an error of its own each time, and says how long it stays open", async () => {
		const { fail, ask, clock } = breakerLight();
		await fail(5);
		const first = await caught(ask);
		await clock.advance(2_500);
		const second = await caught(ask);
		expect(first).not.toBe(second);
		expect(first).toMatchObject({ code: "circuit_open", circuitBreakerName: "docs-qa.ask", retryAfterMs: 10_000 });
		expect(String(second)).toBe(
			"CircuitOpenError: [circuit_open] circuit breaker docs-qa.ask is open for another 7500 ms",
		);
		expect(second).toMatchObject({ retryAfterMs: 7_500, stack: String(second) });
		expect(isTransient(second)).toBe(false);
	});

	it("is never closed by a call that it refuses", async () => {
		const { fail, ask, breaker, calls } = breakerLight();
		await fail(5);
		for (let call = 0; call < 20; call++) await caught(ask);
		expect(breaker().state).toBe("open");
		expect(calls()).toBe(5);
	});

	it("outlives runs: its state is that of the name", async () => {
		const { light, fail, ask, calls } = breakerLight();
		for (let run = 0; run < 20; run++) await light.run(() => fail());
		expect(calls()).toBe(5);
		await expect(light.run(() => ask())).rejects.toBeInstanceOf(CircuitOpenError);
	});

	it("lets one probe through when its time is up, and closes after two that succeed", async () => {
		const { fail, ask, breaker, clock } = breakerLight();
		await fail(5);
		await clock.advance(9_999);
		await expect(ask()).rejects.toBeInstanceOf(CircuitOpenError);
		await clock.advance(1);
		expect(breaker().state).toBe("half_open");
		const [first, second] = await Promise.allSettled([ask(), ask()]);
		expect(first.status).toBe("fulfilled");
		expect(second).toMatchObject({ reason: { retryAfterMs: 10_000 } });
		expect(String((second as PromiseRejectedResult).reason.message)).toContain("is half-open, and as many probes run");
		expect(breaker().state).toBe("half_open");
		await ask();
		expect(breaker().state).toBe("closed");
	});

	it("opens again when a probe fails, as often as one does, for the whole time from then", async () => {
		const { fail, ask, breaker, clock, sink } = breakerLight();
		await fail(5);
		for (let round = 0; round < 3; round++) {
			await clock.advance(10_000);
			await fail();
			expect(await caught(ask)).toMatchObject({ retryAfterMs: 10_000 });
		}
		expect(breaker().state).toBe("open");
		expect(sink.names.filter((name) => name === "circuit_breaker.opened")).toHaveLength(4);
	});

	it("gives the place of a probe that is cancelled to the next", async () => {
		const { fail, ask, breaker, clock } = breakerLight({ successThreshold: 1 });
		await fail(5);
		await clock.advance(10_000);
		await caught(() => ask(new DOMException("no longer wanted", "AbortError")));
		expect(breaker().state).toBe("half_open");
		await ask();
		expect(breaker().state).toBe("closed");
	});

	it("takes no notice of what was begun before it opened", async () => {
		const { fail, ask, breaker, clock } = breakerLight();
		const late = [Promise.withResolvers<unknown>(), Promise.withResolvers<unknown>(), Promise.withResolvers<unknown>()];
		const running = late.map(({ promise }) => caught(() => ask(promise)));
		await fail(5);
		late[0]?.reject(boom);
		await running[0];
		await clock.advance(10_000);
		late[1]?.resolve("late");
		late[2]?.resolve("later");
		await Promise.all(running);
		expect(breaker().snapshot()).toMatchObject({ state: "half_open", successes: 0 });
	});
});

describe("a breaker that judges by shares", () => {
	it("opens at half of the last calls, once there are ten", async () => {
		const { fail, ask, breaker } = breakerLight({ window: { calls: 20 } });
		await fail(9);
		expect(breaker().state).toBe("closed");
		await ask();
		expect(breaker().state).toBe("open");
		expect(breaker().snapshot()).toMatchObject({ failures: 9, calls: 10, failureRateRatio: 0.9 });
	});

	it("forgets the oldest call of a full window", async () => {
		const { fail, ask, breaker } = breakerLight({ window: { calls: 4 }, failureRateRatio: 0.75 });
		await fail(2);
		for (let call = 0; call < 3; call++) await ask();
		await fail(2);
		expect(breaker().state).toBe("closed");
		await fail();
		expect(breaker().state).toBe("open");
	});

	it("forgets what is older than the window", async () => {
		const { fail, breaker, clock } = breakerLight({ window: { durationMs: 1_000 }, minimumCalls: 3 });
		await fail(2);
		await clock.advance(1_000);
		await fail(2);
		expect(breaker().snapshot()).toMatchObject({ state: "closed", calls: 2, failures: 2 });
		await fail();
		expect(breaker().state).toBe("open");
	});

	it("opens by slow calls, though each succeeds, and again by a slow probe", async () => {
		const options: CircuitBreakerOptions = {
			...{ window: { calls: 4 }, minimumCalls: 4, successThreshold: 1 },
			...{ slowCallMs: 200, slowCallRateRatio: 0.5 },
		};
		const { ask, breaker, clock, sink } = breakerLight(options);
		const taking = async (ms: number) => {
			const answer = Promise.withResolvers<unknown>();
			const asked = ask(answer.promise);
			await clock.advance(ms);
			answer.resolve("at last");
			await asked;
		};
		await taking(199);
		await taking(200);
		await taking(0);
		expect(breaker().state).toBe("closed");
		await taking(500);
		expect(breaker().state).toBe("open");
		await clock.advance(10_000);
		await taking(200);
		expect(breaker().state).toBe("open");
		expect(sink.events.map(({ attributes }) => attributes["circuit_breaker.reason"])).toEqual([
			"slow_call_rate",
			"time",
			"probe_failed",
		]);
	});
});

describe("what counts", () => {
	const opensWith = async (error: unknown, options: CircuitBreakerOptions = {}) => {
		const { ask, breaker } = breakerLight({ failureThreshold: 1, ...options });
		expect(await caught(() => ask(error))).toBe(error);
		return breaker().state === "open";
	};

	it.each([
		["an error", boom, true],
		["a timeout", new TimeoutError("ask", 5), true],
		["an answer of 503", Object.assign(new Error("busy"), { status: 503 }), true],
		["an answer of 404", Object.assign(new Error("no such page"), { status: 404 }), false],
		["a cancellation", new DOMException("no longer wanted", "AbortError"), false],
		["an interrupt", new InterruptedError("waits for review"), false],
		["a rate limit further in", new RejectedError("rate_limited", "too many"), false],
		["an open breaker further in", new CircuitOpenError("other", 5), false],
	])("as a failure, of %s: %#", async (_, error, isFailure) => {
		expect(await opensWith(error)).toBe(isFailure);
	});

	it("is what `isFailure` says, which is not asked of what counts neither way", async () => {
		const asked: unknown[] = [];
		const isFailure = (error: unknown) => asked.push(error) > 0 && (error as Error).message === "mine";
		expect(await opensWith(boom, { isFailure })).toBe(false);
		const mine = new Error("mine");
		expect(await opensWith(mine, { isFailure })).toBe(true);
		expect(await opensWith(new DOMException("mine", "AbortError"), { isFailure })).toBe(false);
		expect(asked).toEqual([boom, mine]);
	});

	it.each([
		["throws", throwing],
		["is written as an async function", async () => Promise.reject(boom)],
		["does not say", () => undefined],
	])("is the default where `isFailure` %s, and that is counted", async (_, isFailure) => {
		const before = telemetryFailures().get("circuitBreaker isFailure") ?? 0;
		expect(await opensWith(boom, { isFailure: isFailure as never })).toBe(true);
		expect(telemetryFailures().get("circuitBreaker isFailure")).toBe(before + 1);
	});

	it("is no call that was left out further in", async () => {
		const clock = manualClock();
		let isOn = true;
		const flag = asyncLayer({ name: "flag" }, (next) => async (call) => {
			if (isOn) return next(call);
			markOutcome(call, "skipped");
			return undefined;
		});
		const ask = footlight("docs-qa", { use: [], clock }).stage("ask", async () => Promise.reject(boom), {
			use: [circuitBreaker({ failureThreshold: 1, successThreshold: 1, openMs: 10 }), flag],
		});
		await caught(ask);
		await clock.advance(10);
		isOn = false;
		await ask();
		expect(circuitBreakers.get("docs-qa.ask")?.state).toBe("half_open");
		isOn = true;
		await caught(ask);
		expect(circuitBreakers.get("docs-qa.ask")?.state).toBe("open");
	});

	it("is each attempt inside a retry, and a refusal is none that a retry should repeat", async () => {
		let calls = 0;
		const patient = asyncLayer({ name: "patient" }, (next) => {
			const attempt = attempts(next);
			return async (call) => {
				for (let number = 1; ; number++) {
					try {
						return await attempt({ ...call, attempt: number });
					} catch (error) {
						if (number === 10 || error instanceof RejectedError) throw error;
					}
				}
			};
		});
		const ask = footlight("docs-qa", { clock: manualClock() }).stage(
			"ask",
			async () => {
				calls++;
				throw boom;
			},
			{ use: [patient, circuitBreaker({ failureThreshold: 3 })] },
		);
		expect(await caught(ask)).toBeInstanceOf(CircuitOpenError);
		expect(calls).toBe(3);
	});
});

describe("around a stage", () => {
	const options: CircuitBreakerOptions = { name: "b", failureThreshold: 1, successThreshold: 1, openMs: 100 };
	const lightWith = () => {
		const clock = manualClock();
		const tracerProvider = recordingTracerProvider();
		return { clock, tracerProvider, light: footlight("docs-qa", { use: [observe()], clock, tracerProvider }) };
	};
	const state = () => circuitBreakers.get("b")?.state;

	it("that is synchronous it answers, and refuses, at once", async () => {
		const { light, clock } = lightWith();
		const parse = light.stage("parse", (text: string): unknown => JSON.parse(text), { use: [circuitBreaker(options)] });
		expect(parse("[1]")).toEqual([1]);
		expect(() => parse("[")).toThrow(SyntaxError);
		expect(() => parse("[1]")).toThrow(CircuitOpenError);
		await clock.advance(100);
		expect(parse("[2]")).toEqual([2]);
		expect(state()).toBe("closed");
	});

	it("that gives a promise without being async it refuses at once", async () => {
		const { light } = lightWith();
		const ask = light.stage("ask", () => Promise.reject(boom), { use: [circuitBreaker(options)] });
		expect(await caught(ask)).toBe(boom);
		expect(() => ask()).toThrow(CircuitOpenError);
	});

	it("that generates it refuses before the first item, and hears of an error after it", async () => {
		const { light, clock, tracerProvider } = lightWith();
		let bodies = 0;
		const words = light.stage(
			"words",
			async function* (fails: boolean) {
				bodies++;
				yield "a";
				if (fails) throw boom;
				yield "b";
			},
			{ use: [circuitBreaker(options)] },
		);
		const stream = words(true);
		expect((await stream.next()).value).toBe("a");
		expect(state()).toBe("closed");
		await expect(stream.next()).rejects.toBe(boom);
		expect(state()).toBe("open");
		await expect(words(false).next()).rejects.toBeInstanceOf(CircuitOpenError);
		expect(bodies).toBe(1);
		await clock.advance(100);
		expect(await Array.fromAsync(words(false))).toEqual(["a", "b"]);
		expect(state()).toBe("closed");
		const opened = tracerProvider.spans[0]?.events.map(({ name }) => name);
		expect(opened).toEqual(["circuit_breaker.opened", "exception"]);
	});

	it("that generates without waiting it refuses at the first step", () => {
		const { light } = lightWith();
		const words = light.stage(
			"words",
			function* () {
				yield "a";
				throw boom;
			},
			{ use: [circuitBreaker(options)] },
		);
		expect(() => [...words()]).toThrow(boom);
		expect(() => words().next()).toThrow(CircuitOpenError);
	});

	it("that gives a stream it keeps the place of a probe until that ends, or its consumer stops", async () => {
		const { light, clock } = lightWith();
		const endless = light.stage(
			"endless",
			async (fails: boolean) => {
				if (fails) throw boom;
				return new ReadableStream<number>({ pull: (controller) => controller.enqueue(1) });
			},
			{ use: [circuitBreaker(options)] },
		);
		await caught(() => endless(true));
		await clock.advance(100);
		const reader = (await endless(false)).getReader();
		await reader.read();
		await expect(endless(false)).rejects.toBeInstanceOf(CircuitOpenError);
		await reader.cancel();
		expect(state()).toBe("half_open");
		expect(await endless(false)).toBeInstanceOf(ReadableStream);
	});

	it("that streams for long because it is read slowly it does not take for slow", async () => {
		const { light, clock } = lightWith();
		const slowness = { window: { calls: 1 }, slowCallMs: 50, slowCallRateRatio: 1 };
		const words = light.stage(
			"words",
			async function* (firstMs: number) {
				if (firstMs > 0) await clock.sleep(firstMs);
				yield "a";
				yield "b";
			},
			{ use: [circuitBreaker({ name: "b", ...slowness })] },
		);
		for await (const _ of words(0)) await clock.advance(1_000);
		expect(state()).toBe("closed");
		const read = Array.fromAsync(words(50));
		await clock.advance(50);
		await read;
		expect(state()).toBe("open");
	});

	it("of a pipeline it gives that stage, and no other, the outcome `rejected`", async () => {
		const { light } = lightWith();
		const pipeline = light
			.pipeline()
			.stage(
				"load",
				async (fails: boolean) => {
					if (fails) throw boom;
					return 1;
				},
				{ use: [circuitBreaker(options)] },
			)
			.stage("count", ["load"], ({ load }) => load + 1);
		await pipeline.run(true);
		const result = await pipeline.run(false);
		expect(result.outcome).toBe("rejected");
		expect(Object.values(result.report.stages).map(({ name, outcome }) => [name, outcome])).toEqual([
			["load", "rejected"],
			["count", "cancelled"],
		]);
	});
});

describe("monitor mode", () => {
	it("lets every call through, and changes its state as if it did not", async () => {
		const { fail, ask, breaker, clock, calls, metrics } = breakerLight({ mode: "monitor" });
		await fail(5);
		expect(breaker().state).toBe("open");
		await fail(3);
		await ask();
		expect(calls()).toBe(9);
		await clock.advance(10_000);
		await Promise.all([ask(), ask(), ask()]);
		expect(breaker().snapshot()).toMatchObject({ state: "half_open", successes: 1 });
		await ask();
		expect(breaker().state).toBe("closed");
		breaker().forceOpen();
		expect(await ask()).toBe("answer");
		const byResult = (result: string) =>
			metrics.total("pipeline.circuit_breaker.calls", { "circuit_breaker.result": result });
		expect([await byResult("success"), await byResult("failure"), await byResult("not_permitted")]).toEqual([6, 8, 0]);
	});
});

describe("onStateChange", () => {
	it("is told of every change, with reason and figures", async () => {
		const changes: unknown[] = [];
		const { fail, ask, clock } = breakerLight({ onStateChange: (change) => changes.push(change) });
		await fail(5);
		await clock.advance(10_000);
		await ask();
		await ask();
		const name = "docs-qa.ask";
		expect(changes).toEqual([
			{ name, from: "closed", to: "open", reason: "consecutive_failures", failures: 5, openMs: 10_000 },
			{ name, from: "open", to: "half_open", reason: "time" },
			{ name, from: "half_open", to: "closed", reason: "probes_succeeded" },
		]);
	});

	it.each([
		["throws", throwing],
		["rejects", async () => Promise.reject(boom)],
	])("changes nothing where it %s, which is counted", async (_, onStateChange) => {
		const before = telemetryFailures().get("circuitBreaker onStateChange") ?? 0;
		const { fail, ask, breaker } = breakerLight({ failureThreshold: 1, onStateChange });
		expect(await caught(() => ask(boom))).toBe(boom);
		expect(breaker().state).toBe("open");
		await fail();
		expect(telemetryFailures().get("circuitBreaker onStateChange")).toBe(before + 1);
	});

	it("may steer the breaker, and all hear of all changes in their order", async () => {
		const heard: string[] = [];
		const { ask, breaker, sink } = breakerLight({
			failureThreshold: 1,
			onStateChange({ to }) {
				heard.push(to);
				if (to === "open") breaker().forceOpen();
				if (to === "forced_open") breaker().disable();
			},
		});
		await caught(() => ask(boom));
		expect(heard).toEqual(["open", "forced_open", "disabled"]);
		expect(sink.events.map(({ attributes }) => attributes["circuit_breaker.state"])).toEqual(heard);
		expect(await ask()).toBe("answer");
	});

	it("lets the probe in that it resets the breaker at", async () => {
		const { fail, ask, breaker, clock } = breakerLight({
			onStateChange: ({ to }) => to === "half_open" && breaker().reset(),
		});
		await fail(5);
		await clock.advance(10_000);
		expect(await ask()).toBe("answer");
		expect(breaker().state).toBe("closed");
	});

	it("ends though it changes the state at every change", async () => {
		let told = 0;
		const { ask, breaker } = breakerLight({
			failureThreshold: 1,
			onStateChange({ to }) {
				told++;
				if (to === "closed") breaker().forceOpen();
				else breaker().reset();
			},
		});
		expect(await caught(() => ask(boom))).toBe(boom);
		expect(told).toBe(100);
	});
});
