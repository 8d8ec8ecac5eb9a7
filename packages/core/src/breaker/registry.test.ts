import { beforeEach, describe, expect, it } from "vitest";
import {
	type CircuitBreakerOptions,
	CircuitOpenError,
	circuitBreaker,
	circuitBreakers,
	footlight,
	systemClock,
	telemetryFailures,
} from "../index.ts";
import { manualClock } from "../testing/index.ts";
import { breakerLight } from "./breaker-light.fixture.ts";

beforeEach(() => circuitBreakers.clear());

const light = footlight("docs-qa", { use: [], clock: manualClock() });
const stage = (options: CircuitBreakerOptions = {}, name = "load") =>
	light.stage(name, async (fails = false) => (fails ? Promise.reject(new Error("boom")) : "page"), {
		use: [circuitBreaker(options)],
	});

describe("circuit breakers by name", () => {
	it("are there as soon as a stage is defined, by pipeline and stage or by a name of their own", () => {
		stage();
		stage({ name: "store" }, "save");
		expect(circuitBreakers.names()).toEqual(["docs-qa.load", "store"]);
		expect(circuitBreakers.get("store")).toMatchObject({ name: "store", state: "closed" });
		expect(circuitBreakers.get("other")).toBeUndefined();
	});

	it("are shared by all who use the name, with the same options", async () => {
		const options = { name: "store", failureThreshold: 2, openMs: 500 };
		const [save, load] = [stage(options, "save"), stage(options, "load")];
		await save(true).catch(() => {});
		await load(true).catch(() => {});
		await expect(save()).rejects.toBeInstanceOf(CircuitOpenError);
	});

	it.each<[CircuitBreakerOptions, CircuitBreakerOptions, string]>([
		[{}, { openMs: 500 }, 'openMs must be 10000, as elsewhere under the name "docs-qa.load", got 500'],
		[{ mode: "monitor" }, {}, 'mode must be "monitor", as elsewhere under the name "docs-qa.load", got "enforce"'],
		[
			{},
			{ window: { calls: 20 } },
			'failureThreshold must be 5, as elsewhere under the name "docs-qa.load", got undefined',
		],
		[
			{ window: { calls: 20 } },
			{ window: { calls: 30 } },
			'window.calls must be 20, as elsewhere under the name "docs-qa.load", got 30',
		],
	])("refuse other options where a stage is defined: %j, %j", (first, second, message) => {
		stage(first);
		expect(() => stage(second)).toThrow(new RangeError(`circuitBreaker: ${message}`));
	});

	it("refuse to count a stage's calls twice", () => {
		const use = [circuitBreaker(), circuitBreaker()];
		expect(() => light.stage("load", async () => 1, { use })).toThrow(
			'circuitBreaker: name must differ from that of the other breaker around load, got "docs-qa.load"',
		);
		const breaker = circuitBreaker({ name: "b" });
		expect(() => light.stage("load", async () => 1, { use: [breaker, breaker] })).toThrow(RangeError);
	});

	it("that were forgotten are made anew with the next call", async () => {
		const load = stage({ failureThreshold: 1 });
		await load(true).catch(() => {});
		expect(circuitBreakers.delete("docs-qa.load")).toBe(true);
		expect(circuitBreakers.delete("docs-qa.load")).toBe(false);
		expect(circuitBreakers.names()).toEqual([]);
		expect(await load()).toBe("page");
		expect(circuitBreakers.get("docs-qa.load")?.state).toBe("closed");
	});

	it("of an instrumented object are made when its methods are called", async () => {
		const guarded = footlight("docs-qa", { use: [circuitBreaker()] });
		const client = guarded.instrument({ ask: async () => 1, close: async () => 2 }, { prefix: "client" });
		expect(circuitBreakers.names()).toEqual([]);
		await client.ask();
		expect(circuitBreakers.names()).toEqual(["docs-qa.client.ask"]);
	});
});

describe("a breaker in one's hand", () => {
	it("refuses everything while it is forced open, and says so", async () => {
		const { breaker, ask, clock } = breakerLight();
		breaker().forceOpen();
		await clock.advance(1e9);
		const error: unknown = await ask().catch((thrown: unknown) => thrown);
		expect(String(error)).toContain("circuit breaker docs-qa.ask is forced open");
		expect(error).not.toHaveProperty("retryAfterMs");
		breaker().reset();
		expect(await ask()).toBe("answer");
	});

	it("lets everything through while it is disabled, and judges nothing", async () => {
		const { breaker, fail, calls } = breakerLight();
		breaker().disable();
		await fail(20);
		expect(calls()).toBe(20);
		breaker().reset();
		expect(breaker().snapshot()).toMatchObject({ state: "closed", failures: 0 });
	});

	it("forgets what it remembers when it is reset, and what still runs", async () => {
		const { breaker, fail, ask } = breakerLight({ failureThreshold: 2 });
		await fail();
		const answer = Promise.withResolvers<unknown>();
		const running = ask(answer.promise).catch(() => {});
		breaker().reset();
		answer.reject(new Error("boom"));
		await running;
		expect(breaker().snapshot()).toMatchObject({ state: "closed", failures: 0 });
	});
});

describe("a snapshot", () => {
	it("is plain, and tells the state with its times and figures", async () => {
		const { breaker, fail, clock } = breakerLight({ window: { calls: 10 }, minimumCalls: 3 });
		const startMs = clock.now();
		await clock.advance(50);
		await fail(3);
		await clock.advance(100);
		const snapshot = breaker().snapshot();
		expect(snapshot).toEqual({
			name: "docs-qa.ask",
			state: "open",
			takenAtMs: startMs + 150,
			sinceMs: startMs + 50,
			halfOpenAtMs: startMs + 10_050,
			successes: 0,
			failures: 3,
			calls: 3,
			failureRateRatio: 1,
			window: { results: "111" },
		});
		expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
	});

	it("restores a breaker of another process, which opens no later for it", async () => {
		const { breaker, fail, clock } = breakerLight();
		await fail(5);
		await clock.advance(4_000);
		const snapshot = breaker().snapshot();
		const elsewhere = manualClock(clock.now() + 1_000);
		circuitBreakers.clear();
		const ask = footlight("docs-qa", { use: [], clock: elsewhere }).stage("ask", async () => "answer", {
			use: [circuitBreaker()],
		});
		circuitBreakers.get("docs-qa.ask")?.restore(snapshot);
		await expect(ask()).rejects.toMatchObject({ retryAfterMs: 5_000 });
		await elsewhere.advance(5_000);
		expect(await ask()).toBe("answer");
	});

	it("of a clock that is years ahead keeps it open no longer than it may be", async () => {
		const { breaker, ask } = breakerLight();
		breaker().restore({ ...breaker().snapshot(), state: "open", halfOpenAtMs: 1e15 });
		await expect(ask()).rejects.toMatchObject({ retryAfterMs: 10_000 });
	});

	it("of another kind of window gives the state alone", async () => {
		const { breaker, fail } = breakerLight();
		await fail(3);
		breaker().restore({ ...breaker().snapshot(), state: "half_open", window: { results: "111" } });
		expect(breaker().snapshot()).toMatchObject({ state: "half_open", failures: 0 });
	});

	it.each<[unknown, string]>([
		[undefined, "TypeError: circuitBreaker: snapshot must be an object, got undefined"],
		[
			{ state: "ajar" },
			'RangeError: circuitBreaker: snapshot.state must be one of closed, open, half_open, forced_open, disabled, got "ajar"',
		],
		[
			{ takenAtMs: Number.NaN },
			"TypeError: circuitBreaker: snapshot.takenAtMs must be milliseconds since 1970, got NaN",
		],
		[
			{ state: "open" },
			"TypeError: circuitBreaker: snapshot.halfOpenAtMs must be milliseconds since 1970, got undefined",
		],
		[{ successes: -1 }, "RangeError: circuitBreaker: snapshot.successes must be an integer of at least 0, got -1"],
		[
			{ window: {} },
			"TypeError: circuitBreaker: snapshot.window must be failuresInRow, results or slices, got an object",
		],
		[
			{ window: { failuresInRow: 0.5 } },
			"RangeError: circuitBreaker: snapshot.window.failuresInRow must be an integer of at least 0, got 0.5",
		],
		[
			{ window: { results: "014" } },
			'TypeError: circuitBreaker: snapshot.window.results must be digits from 0 to 3, got "014"',
		],
		[
			{ window: { slices: [[0, 1, 1]] } },
			"TypeError: circuitBreaker: snapshot.window.slices[0] must be an array of 4 numbers, got an array of 3",
		],
		[
			{ window: { slices: [[0, 1, 2, 0]] } },
			"RangeError: circuitBreaker: snapshot.window.slices[0] must be of no more failures than calls, got an array of 4",
		],
	])("that is none is refused: %j", (change, message) => {
		const { breaker } = breakerLight();
		const snapshot = change === undefined ? undefined : { ...breaker().snapshot(), ...(change as object) };
		expect(() => breaker().restore(snapshot as never)).toThrow(message.replace(/^\w+: /, ""));
		expect(breaker().state).toBe("closed");
	});
});

it("goes by the machine's clock where the user's own fails", async () => {
	const broken = { ...systemClock, monotonicMs: () => Number(Symbol()) };
	const before = telemetryFailures().get("clock") ?? 0;
	const ask = footlight("docs-qa", { use: [], clock: broken }).stage(
		"ask",
		async () => Promise.reject(new Error("boom")),
		{
			use: [circuitBreaker({ failureThreshold: 1 })],
		},
	);
	await expect(ask()).rejects.toThrow("boom");
	await expect(ask()).rejects.toBeInstanceOf(CircuitOpenError);
	expect(telemetryFailures().get("clock")).toBeGreaterThan(before);
});
