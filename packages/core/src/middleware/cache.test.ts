// Over 250 lines: everything a cache may have for a call, with each kind of store.
import { Readable } from "node:stream";
import Keyv from "keyv";
import { LRUCache } from "lru-cache";
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import {
	type AsyncCacheStore,
	type CacheEntry,
	type CacheOptions,
	cache,
	describe as describeStage,
	type FootlightOptions,
	footlight,
	type Middleware,
	markOutcome,
	ownPrices,
	retry,
	type SyncCacheStore,
	TimeoutError,
	telemetryFailures,
	timeout,
} from "../index.ts";
import {
	manualClock,
	middlewareContract,
	recordingLogger,
	recordingSink,
	recordingTracerProvider,
	spanTree,
} from "../testing/index.ts";

const minute = 60_000;
let unique = 0;
const events = ["cache.hit"];

middlewareContract("cache", () => cache({ ttlMs: minute }), { describe, it, events });
// Stages of one name share what a store holds, so each call of the contract has a key of its own.
const own = () => String(unique++);
const lru = () => new LRUCache<string, object>({ max: 100 });
middlewareContract("cache over lru-cache", () => cache({ ttlMs: minute, store: lru(), key: own }), {
	describe,
	it,
	events,
});
middlewareContract("cache over Keyv", () => cache({ ttlMs: minute, store: new Keyv(), key: own }), {
	describe,
	it,
	events,
});

/** A light that records everything, on a clock that stands still. */
function setUp(more: FootlightOptions = {}) {
	const sink = recordingSink();
	const metrics = recordMetrics();
	const clock = manualClock();
	const tracerProvider = recordingTracerProvider();
	const logger = recordingLogger("warn");
	const light = footlight("docs-qa", {
		sinks: [sink],
		logger,
		clock,
		tracerProvider,
		meterProvider: metrics.meterProvider,
		...more,
	});
	const spansOf = (name: string) => tracerProvider.spans.filter((span) => span.name === name);
	return {
		light,
		sink,
		metrics,
		clock,
		tracerProvider,
		logger,
		spansOf,
		results: (name: string) => spansOf(name).map(({ attributes }) => attributes["cache.result"]),
		async requests(cacheName = "docs-qa.ask") {
			const points = await metrics.points("pipeline.cache.requests", { "cache.name": cacheName });
			return Object.fromEntries(
				points.filter(({ value }) => value > 0).map(({ value, attributes }) => [attributes["cache.result"], value]),
			);
		},
	};
}

/** A function whose answers are given by hand. */
function byHand() {
	const pending: PromiseWithResolvers<unknown>[] = [];
	const signals: (AbortSignal | undefined)[] = [];
	return {
		pending,
		signals,
		fn: async (..._: unknown[]): Promise<unknown> => {
			const made = Promise.withResolvers<unknown>();
			pending.push(made);
			return made.promise;
		},
	};
}

const unhandled: unknown[] = [];
const note = (error: unknown) => unhandled.push(error);
beforeEach(() => {
	unhandled.length = 0;
	process.on("unhandledRejection", note);
});
afterEach(async () => {
	await new Promise((resolve) => setImmediate(resolve));
	process.off("unhandledRejection", note);
	expect(unhandled).toEqual([]);
});

describe("a cache in memory", () => {
	it("answers the second of two equal calls, and says so", async () => {
		const { light, results, sink, requests, clock, spansOf } = setUp();
		let calls = 0;
		const ask = light.stage("ask", async (question: { text: string }) => `${question.text} ${++calls}`, {
			use: [cache({ ttlMs: minute })],
		});
		expect(await ask({ text: "why" })).toBe("why 1");
		await clock.advance(1_500);
		expect(await ask({ text: "why" })).toBe("why 1");
		expect(await ask({ text: "how" })).toBe("how 2");
		expect(results("ask")).toEqual(["miss", "hit", "miss"]);
		expect(spansOf("ask").map(({ attributes }) => [attributes.outcome, attributes["cache.name"]])).toEqual(
			Array(3).fill(["ok", "docs-qa.ask"]),
		);
		expect(sink.events).toMatchObject([
			{ name: "cache.hit", attributes: { "cache.name": "docs-qa.ask", "cache.age_ms": 1_500, "stage.name": "ask" } },
		]);
		expect(await requests()).toEqual({ hit: 1, miss: 2 });
	});

	it("leaves a synchronous stage synchronous", () => {
		const { light } = setUp();
		let calls = 0;
		const ask = light.stage("ask", (text: string) => `${text} ${++calls}`, { use: [cache({ ttlMs: minute })] });
		expectTypeOf(ask).returns.toEqualTypeOf<string>();
		expect([ask("a"), ask("a"), ask("b")]).toEqual(["a 1", "a 1", "b 2"]);
	});

	it("forgets an answer at the end of its time, not before", async () => {
		const { light, clock, results, metrics } = setUp();
		const ask = light.stage("ask", (text: string) => text, { use: [cache({ ttlMs: 1_000 })] });
		ask("a");
		await clock.advance(999);
		ask("a");
		await clock.advance(1);
		ask("a");
		expect(results("ask")).toEqual(["miss", "hit", "miss"]);
		expect(await metrics.total("pipeline.cache.evictions", { "cache.eviction_reason": "expired" })).toBe(1);
	});

	it("keeps so many answers, and gives up the one unused for longest", async () => {
		const { light, clock, results, metrics } = setUp();
		const ask = light.stage("ask", (text: string) => text, { use: [cache({ ttlMs: 1_000, maxEntries: 2 })] });
		for (const text of ["a", "b", "a", "c", "a", "b"]) ask(text);
		expect(results("ask")).toEqual(["miss", "miss", "hit", "miss", "hit", "miss"]);
		expect(await metrics.points("pipeline.cache.evictions")).toMatchObject([
			{ attributes: { "cache.name": "docs-qa.ask", "cache.eviction_reason": "expired" }, value: 0 },
			{ attributes: { "cache.name": "docs-qa.ask", "cache.eviction_reason": "size" }, value: 2 },
		]);
		expect(await metrics.total("pipeline.cache.entries")).toBe(2);
		await clock.advance(1_000);
		ask("d");
		expect(await metrics.total("pipeline.cache.evictions", { "cache.eviction_reason": "expired" })).toBe(1);
	});

	it("is bounded, whatever it is asked", () => {
		const { light } = setUp();
		const ask = light.stage("ask", (number: number) => ({ number }), { use: [cache({ ttlMs: minute })] });
		for (let number = 0; number < 5_000; number++) ask(number);
		const first = ask(4_000);
		expect(ask(4_000)).toBe(first);
		expect(ask(3_999)).not.toBe(ask(0));
	});

	it("keeps null, and no undefined", () => {
		const { light, results } = setUp();
		const use = [cache({ ttlMs: minute })];
		const ask = light.stage("ask", (given: unknown) => given, { use });
		for (const given of [null, null, undefined, undefined]) ask(given);
		expect(results("ask")).toEqual(["miss", "hit", "miss", "miss"]);
	});

	it("has the counters of a stage at zero before its first call", async () => {
		const { light, metrics } = setUp();
		light.stage("ask", () => 1, { use: [cache({ ttlMs: 1, staleWhileRevalidateMs: 1 })] });
		const points = await metrics.points("pipeline.cache.requests");
		expect(points.map(({ attributes, value }) => [attributes["cache.result"], value])).toEqual(
			["hit", "stale", "coalesced", "miss", "bypass", "error"].map((result) => [result, 0]),
		);
		expect(await metrics.points("pipeline.cache.refreshes")).toHaveLength(8);
		expect(await metrics.points("pipeline.cache.entries")).toMatchObject([{ value: 0 }]);
	});

	it("gives all the same object, or each a copy", async () => {
		const { light } = setUp();
		const shared = light.stage("shared", async () => ({ list: [1] }), { use: [cache({ ttlMs: minute })] });
		expect(await shared()).toBe(await shared());
		const copied = light.stage("copied", async () => ({ list: [1] }), {
			use: [cache({ ttlMs: minute, clone: structuredClone })],
		});
		(await copied()).list.push(2);
		(await copied()).list.push(3);
		expect(await copied()).toEqual({ list: [1] });
	});

	it("does not keep what cannot be copied, and answers all the same", async () => {
		const { light, results } = setUp();
		const before = telemetryFailures().get("cache clone") ?? 0;
		const ask = light.stage("ask", () => () => 1, { use: [cache({ ttlMs: minute, clone: structuredClone })] });
		expect(ask()()).toBe(1);
		expect(ask()()).toBe(1);
		expect(results("ask")).toEqual(["miss", "miss"]);
		expect((telemetryFailures().get("cache clone") ?? 0) - before).toBe(2);
	});

	it.each<[string, (value: unknown) => unknown]>([
		["gives a promise", async (value) => structuredClone(value)],
		["rejects", async () => Promise.reject(new Error("no copy"))],
	])("has no copy where clone %s, and goes on without", async (_, clone) => {
		const { light, results } = setUp();
		const before = telemetryFailures().get("cache clone") ?? 0;
		const store = lru();
		let calls = 0;
		const asking = (more: Pick<CacheOptions, "clone">) =>
			light.stage("ask", async () => ({ calls: ++calls }), { use: [cache({ ttlMs: minute, store, ...more })] });
		const ask = asking({ clone });
		expect(await ask()).toEqual({ calls: 1 });
		expect(store.size).toBe(0);
		await asking({})();
		expect(await ask()).toEqual({ calls: 3 });
		expect(await Promise.all([ask(), ask()])).toEqual([{ calls: 4 }, { calls: 4 }]);
		expect(results("ask").sort()).toEqual(["coalesced", "error", "error", "miss", "miss"]);
		// Of the two at once, the one that waited for the other's answer had no copy of that either.
		expect((telemetryFailures().get("cache clone") ?? 0) - before).toBe(5);
	});

	it("shows what it is", () => {
		const { light } = setUp();
		const use = [cache({ ttlMs: 1_000, staleWhileRevalidateMs: 500, name: "answers" })];
		expect(String(describeStage(light.stage("ask", () => 1, { use })))).toBe(
			"docs-qa/ask (stage): observe > cache(name: answers, ttlMs: 1000, staleWhileRevalidateMs: 500, maxEntries: 1000) > ask",
		);
	});
});

describe("what a cache does not keep", () => {
	it("is an error, thrown or rejected", async () => {
		const { light, results } = setUp();
		let calls = 0;
		const fails = (isAsync: boolean): unknown => {
			if (isAsync) return Promise.reject(new Error(`boom ${++calls}`));
			throw new Error(`boom ${++calls}`);
		};
		const ask = light.stage("ask", fails, { use: [cache({ ttlMs: minute })] });
		await expect(ask(true)).rejects.toThrow("boom 1");
		await expect(ask(true)).rejects.toThrow("boom 2");
		expect(() => ask(false)).toThrow("boom 3");
		expect(() => ask(false)).toThrow("boom 4");
		expect(results("ask")).toEqual(["miss", "miss", "miss", "miss"]);
	});

	it("is what a layer further in gave in the stage's place", async () => {
		const { light, spansOf } = setUp();
		let isDown = true;
		const standIn: Middleware = (next) => (call) => {
			if (!isDown) return next(call);
			markOutcome(call, "fallback", new Error("down"));
			return Promise.resolve("stand-in");
		};
		const ask = light.stage("ask", async () => "answer", { use: [cache({ ttlMs: minute }), standIn] });
		// Whoever waited for it was answered by the fallback as well.
		expect(await Promise.all([ask(), ask()])).toEqual(["stand-in", "stand-in"]);
		isDown = false;
		expect([await ask(), await ask()]).toEqual(["answer", "answer"]);
		expect(spansOf("ask").map(({ attributes }) => [attributes.outcome, attributes["cache.result"]])).toEqual([
			["fallback", "miss"],
			["fallback", "coalesced"],
			["ok", "miss"],
			["ok", "hit"],
		]);
	});

	it("are streams: each caller has one of its own", async () => {
		const { light, results, requests } = setUp();
		let made = 0;
		const numbered = () => Readable.from([++made]);
		const use = [cache({ ttlMs: minute })];
		const kinds = [
			light.stage("ask", numbered, { use }),
			light.stage("ask", async () => numbered(), { use }),
			light.stage(
				"ask",
				async function* () {
					yield ++made;
				},
				{ use },
			),
		];
		const seen: unknown[] = [];
		for (const ask of kinds) {
			const streams = await Promise.all([ask(), ask()]);
			for (const stream of streams) for await (const item of stream) seen.push(item);
			for await (const item of await ask()) seen.push(item);
		}
		expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
		expect(results("ask")).toEqual(Array(9).fill("bypass"));
		expect(await requests()).toEqual({ bypass: 9 });
	});

	it("are promises of a class of their own, which stay what they are", async () => {
		class Request extends Promise<string> {
			withResponse() {
				return "response";
			}
		}
		const { light, results } = setUp();
		const ask = light.stage("ask", () => new Request((resolve) => resolve("answer")), {
			use: [cache({ ttlMs: minute })],
		});
		for (let call = 0; call < 2; call++) {
			const request = ask();
			expect(request.withResponse()).toBe("response");
			expect(await request).toBe("answer");
		}
		expect(results("ask")).toEqual(["bypass", "bypass"]);
	});
});

describe("the key of a cache", () => {
	const called = (options: Partial<CacheOptions> = {}) => {
		const kit = setUp();
		let calls = 0;
		const ask = kit.light.stage("ask", (..._: unknown[]) => ++calls, {
			use: [cache({ ttlMs: minute, ...options } as CacheOptions & { store?: SyncCacheStore })],
		});
		return { ...kit, ask };
	};

	it("tells apart what is not the same, and nothing else", () => {
		const { ask } = called();
		const different = [
			[],
			[undefined],
			[null],
			["null"],
			[1],
			["1"],
			[0],
			[-0],
			[Number.NaN],
			[1n],
			[true],
			["a"],
			['["a",]'],
			["[]"],
			[""],
			["a", "b"],
			['a","b'],
			[["a"], "b"],
			[["a", "b"]],
			[{}],
			[{ a: 1 }],
			[{ a: undefined }],
			[{ a: { b: 1 } }],
			[{ "a:{b": 1 }],
		];
		expect(different.map((input) => ask(...input))).toEqual(different.map((_, index) => index + 1));
		expect(different.map((input) => ask(...structuredClone(input)))).toEqual(different.map((_, index) => index + 1));
		expect(ask({ b: 1, a: 2 })).toBe(ask({ a: 2, b: 1 }));
	});

	it("is not there for what is no plain data", async () => {
		const { ask, requests } = called();
		const cyclic: Record<string, unknown> = {};
		cyclic.one = cyclic;
		cyclic.two = cyclic;
		const unreadable = Object.defineProperty({}, "x", {
			enumerable: true,
			get() {
				throw new Error("no");
			},
		});
		const others = [
			() => 1,
			new Map(),
			/x/,
			Symbol("x"),
			cyclic,
			unreadable,
			{ [Symbol("x")]: 1 },
			"x".repeat(100_001),
		];
		for (const other of others) expect(ask(other)).not.toBe(ask(other));
		expect(await requests()).toEqual({ bypass: others.length * 2 });
	});

	it("is the user's own, who sees the call", () => {
		const { ask, light } = called({ key: ({ ids }) => ids.userId });
		const asked = (userId: string) => light.run({ userId }, () => ask(Math.random()));
		expect([asked("ada"), asked("ada"), asked("bob"), asked("ada")]).toEqual([1, 1, 2, 1]);
		// Nobody's answer is kept for nobody.
		expect([ask(), ask()]).toEqual([3, 4]);
	});

	it.each([
		[
			"throws",
			() => {
				throw new Error("no key");
			},
		],
		["is an object", () => ({})],
		["is a promise", () => Promise.reject(new Error("no key"))],
	])("that %s is counted, and the call not cached", async (_, key) => {
		const before = telemetryFailures().get("cache key") ?? 0;
		const { ask, results, requests } = called({ key: key as never });
		expect([ask(), ask()]).toEqual([1, 2]);
		expect(results("ask")).toEqual(["bypass", "bypass"]);
		expect(await requests()).toEqual({ bypass: 2 });
		expect((telemetryFailures().get("cache key") ?? 0) - before).toBe(2);
	});

	it("belongs to one stage, though a layer stands around several", () => {
		const { light } = setUp();
		const other = footlight("other");
		for (const store of [undefined, lru()]) {
			const use = [cache({ ttlMs: minute, ...(store && { store }) })];
			const stages = [
				light.stage("load", () => "load", { use }),
				light.stage("chunk", () => "chunk", { use }),
				other.stage("load", () => "other", { use }),
				footlight("docs-qa.load").stage("x", () => "x", { use }),
				footlight("docs-qa").stage("load.x", () => "load.x", { use }),
				footlight("docs-qa").stage("load/x", () => "load/x", { use }),
			];
			const expected = ["load", "chunk", "other", "x", "load.x", "load/x"];
			expect(stages.map((stage) => stage())).toEqual(expected);
			expect(stages.map((stage) => stage())).toEqual(expected);
		}
	});

	it("is shared by the stages of a name, where one is given", async () => {
		const { light, requests, metrics } = setUp();
		const use = [cache({ ttlMs: minute, name: "answers", maxEntries: 1 })];
		let calls = 0;
		const [one, two] = ["one", "two"].map((name) => light.stage(name, async () => ++calls, { use }));
		expect(await Promise.all([one?.(), two?.()])).toEqual([1, 1]);
		expect(await two?.()).toBe(1);
		expect(await requests("answers")).toEqual({ miss: 1, coalesced: 1, hit: 1 });
		expect(await metrics.points("pipeline.cache.entries")).toMatchObject([
			{ attributes: { "cache.name": "answers" }, value: 1 },
		]);
	});

	it("of a method holds the object it is called on", () => {
		const { light } = setUp();
		class Client {
			readonly url: string;
			constructor(url: string) {
				this.url = url;
			}
			get(path: string) {
				return this.url + path;
			}
		}
		const get = light.stage("get", Client.prototype.get, { use: [cache({ ttlMs: minute })] });
		const [one, two] = [new Client("one"), new Client("two")];
		expect([get.call(one, "/a"), get.call(two, "/a"), get.call(one, "/a")]).toEqual(["one/a", "two/a", "one/a"]);
		const alone = light.stage("alone", (...input: string[]) => input.join(), { use: [cache({ ttlMs: minute })] });
		expect([alone.call({}, "a"), ...[1, 2, 3, 4].map((number) => alone(`${number}["a",]`))]).toEqual([
			"a",
			...[1, 2, 3, 4].map((number) => `${number}["a",]`),
		]);
		const stored = light.stage("stored", Client.prototype.get, {
			use: [cache({ ttlMs: minute, store: lru() })],
		});
		expect([stored.call(one, "/a"), stored.call(two, "/a")]).toEqual(["one/a", "two/a"]);
	});
});

describe("calls that come at the same time", () => {
	it("wait for one of them", async () => {
		const { light, results, requests, spansOf } = setUp();
		const { fn, pending } = byHand();
		const ask = light.stage("ask", fn, { use: [cache({ ttlMs: minute })] });
		const answers = [ask("a"), ask("a"), ask("a"), ask("b")];
		expect(pending).toHaveLength(2);
		pending[0]?.resolve("for a");
		pending[1]?.resolve("for b");
		expect(await Promise.all(answers)).toEqual(["for a", "for a", "for a", "for b"]);
		expect(results("ask").sort()).toEqual(["coalesced", "coalesced", "miss", "miss"]);
		expect(await requests()).toEqual({ miss: 2, coalesced: 2 });
		expect(spansOf("ask").map(({ attributes }) => attributes.outcome)).toEqual(Array(4).fill("ok"));
	});

	it("all fail with it, and the next one calls again", async () => {
		const { light, spansOf } = setUp();
		const { fn, pending } = byHand();
		const ask = light.stage("ask", fn, { use: [cache({ ttlMs: minute })] });
		const answers = Promise.allSettled([ask(), ask()]);
		const error = new Error("boom");
		pending[0]?.reject(error);
		expect(await answers).toEqual(Array(2).fill({ status: "rejected", reason: error }));
		expect(spansOf("ask").map(({ attributes }) => [attributes.outcome, attributes["cache.result"]])).toEqual([
			["error", "miss"],
			["error", "coalesced"],
		]);
		const again = ask();
		pending[1]?.resolve("answer");
		expect(await again).toBe("answer");
	});

	/** A stage that is told to stop by the signal of whoever calls it. */
	function stoppable() {
		const kit = setUp();
		const { fn, pending } = byHand();
		const heard: unknown[] = [];
		const signals: Middleware = (next) => (call) => next({ ...call, signal: call.input[0] as AbortSignal });
		const { light } = kit;
		const ask = light.stage(
			"ask",
			async (..._: unknown[]) => {
				const { signal } = light.current();
				signal.addEventListener("abort", () => heard.push(signal.reason));
				const answer = fn();
				return await Promise.race([
					answer,
					new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
				]);
			},
			{ use: [signals, cache({ ttlMs: minute, key: () => "same" })] },
		);
		return { ...kit, ask, pending, heard };
	}

	it("go on when one of them is aborted, the first or another", async () => {
		for (const leaving of [0, 1]) {
			const { ask, pending, heard, spansOf, requests } = stoppable();
			const abort = [new AbortController(), new AbortController(), new AbortController()];
			const answers = abort.map(({ signal }) => ask(signal));
			const reason = new DOMException("the user left", "AbortError");
			abort[leaving]?.abort(reason);
			await expect(answers[leaving]).rejects.toBe(reason);
			expect(heard).toEqual([]);
			pending[0]?.resolve("answer");
			const settled = await Promise.allSettled(answers);
			expect(settled.filter(({ status }) => status === "fulfilled")).toEqual(
				Array(2).fill({ status: "fulfilled", value: "answer" }),
			);
			expect(spansOf("ask").map(({ attributes }) => attributes.outcome)).toEqual(["cancelled", "ok", "ok"]);
			expect(await requests()).toEqual({ miss: 1, coalesced: 2 });
			expect(await ask(undefined)).toBe("answer");
		}
	});

	it("abort the call when all are aborted, and what comes then begins anew", async () => {
		const { ask, pending, heard, results } = stoppable();
		const [one, two] = [new AbortController(), new AbortController()];
		const answers = Promise.allSettled([ask(one.signal), ask(two.signal)]);
		one.abort("first");
		two.abort("last");
		expect(heard).toEqual(["last"]);
		const anew = ask(undefined);
		expect(pending).toHaveLength(2);
		pending[1]?.resolve("anew");
		expect(await anew).toBe("anew");
		expect(await answers).toEqual([
			{ status: "rejected", reason: "first" },
			{ status: "rejected", reason: "last" },
		]);
		pending[0]?.resolve("late");
		expect(await ask(undefined)).toBe("anew");
		expect(results("ask")).toEqual(["miss", "coalesced", "miss", "hit"]);
	});

	it("have each a stream of its own, which ends with the signal of its own", async () => {
		const { light, requests } = setUp();
		const heard: unknown[] = [];
		const signals: Middleware = (next) => (call) => next({ ...call, signal: call.input[0] as AbortSignal });
		const ask = light.stage(
			"ask",
			async (..._: unknown[]) => {
				const { signal } = light.current();
				const number = heard.push(undefined) - 1;
				signal.addEventListener("abort", () => {
					heard[number] = signal.reason;
				});
				return new Readable({ read() {} });
			},
			{ use: [signals, cache({ ttlMs: minute, key: () => "same" })] },
		);
		const abort = [new AbortController(), new AbortController()];
		const streams = await Promise.all(abort.map(({ signal }) => ask(signal)));
		abort[0]?.abort("first");
		expect(heard).toEqual(["first", undefined]);
		abort[1]?.abort("second");
		expect(heard).toEqual(["first", "second"]);
		for (const stream of streams) stream.destroy();
		expect(await requests()).toEqual({ bypass: 2 });
	});

	it("have no stream of one that has left, and it is closed", async () => {
		const { light } = setUp();
		const { fn, pending } = byHand();
		const signals: Middleware = (next) => (call) => next({ ...call, signal: call.input[0] as AbortSignal });
		const ask = light.stage("ask", fn, { use: [signals, cache({ ttlMs: minute, key: () => "same" })] });
		const aborting = new AbortController();
		const left = ask(aborting.signal);
		const stays = ask();
		aborting.abort("left");
		await expect(left).rejects.toBe("left");
		const [first, second] = [Readable.from(["a"]), Readable.from(["b"])];
		pending[0]?.resolve(first);
		await new Promise((resolve) => setImmediate(resolve));
		expect(first.destroyed).toBe(true);
		pending[1]?.resolve(second);
		expect(await stays).toBe(second);
		second.destroy();
	});

	it("leave nothing on a signal that outlives them", async () => {
		const { ask, pending } = stoppable();
		const { signal } = new AbortController();
		let listeners = 0;
		const [add, remove] = [signal.addEventListener, signal.removeEventListener];
		signal.addEventListener = (...given: Parameters<typeof add>) => {
			listeners++;
			add.apply(signal, given);
		};
		signal.removeEventListener = (...given: Parameters<typeof remove>) => {
			listeners--;
			remove.apply(signal, given);
		};
		const answers = [ask(signal), ask(signal)];
		expect(listeners).toBe(2);
		pending[0]?.resolve("answer");
		await Promise.all(answers);
		expect(listeners).toBe(0);
	});

	it("do not wait for a call that they are made in", async () => {
		const { light, results } = setUp();
		let depth = 0;
		const recursive: (text: string) => Promise<string> = light.stage(
			"ask",
			async (text: string) => {
				await null;
				return ++depth < 3 ? `(${await recursive(text)})` : text;
			},
			{ use: [cache({ ttlMs: minute })] },
		);
		expect(await recursive("a")).toBe("((a))");
		expect(results("ask")).toEqual(["bypass", "bypass", "miss"]);
		depth = 0;
		const unseen: (text: string) => Promise<string> = footlight("unseen", { use: [] }).stage(
			"ask",
			async (text: string) => {
				await null;
				return ++depth < 2 ? `(${await unseen(text)})` : text;
			},
			{ use: [cache({ ttlMs: minute })] },
		);
		expect(await unseen("a")).toBe("(a)");
	});

	it("are given up one by one by a time limit outside, and keep what the rest gets", async () => {
		const { light, clock, spansOf } = setUp();
		const { fn, pending } = byHand();
		const ask = light.stage("ask", fn, { use: [timeout({ timeoutMs: 100 }), cache({ ttlMs: minute })] });
		const first = ask("a");
		await clock.advance(60);
		const second = ask("a");
		const late = expect(first).rejects.toBeInstanceOf(TimeoutError);
		await clock.advance(60);
		await late;
		pending[0]?.resolve("answer");
		expect(await second).toBe("answer");
		expect(await ask("a")).toBe("answer");
		expect(spansOf("ask").map(({ attributes }) => [attributes.outcome, attributes["cache.result"]])).toEqual([
			["timeout", "miss"],
			["ok", "coalesced"],
			["ok", "hit"],
		]);
	});
});

describe("a stale answer", () => {
	const options = { ttlMs: 1_000, staleWhileRevalidateMs: 500 };

	it("is given at once, and renewed once in the background, as a span of its own", async () => {
		const { light, clock, results, requests, metrics, sink, tracerProvider } = setUp();
		const { fn, pending } = byHand();
		const ask = light.stage("ask", fn, { use: [cache(options)] });
		const first = ask();
		pending[0]?.resolve("old");
		await first;
		await clock.advance(1_000);
		expect(await Promise.all([ask(), ask(), ask()])).toEqual(["old", "old", "old"]);
		await clock.advance(10);
		expect(pending).toHaveLength(2);
		pending[1]?.resolve("new");
		await clock.advance(10);
		expect(await ask()).toBe("new");
		expect(results("ask")).toEqual(["miss", "stale", "stale", "stale", "hit"]);
		expect(await requests()).toEqual({ miss: 1, stale: 3, hit: 1 });
		expect(await metrics.total("pipeline.cache.refreshes", { outcome: "ok" })).toBe(1);
		expect(sink.events.map(({ attributes }) => attributes["cache.age_ms"])).toEqual([1_000, 1_000, 1_000, 10]);
		expect(spanTree(tracerProvider.spans, { show: ["outcome", "cache.result", "cache.name"] })).toContain(
			[
				"ask (internal)",
				'  cache.name: "docs-qa.ask"',
				'  cache.result: "stale"',
				'  outcome: "ok"',
				'  * cache.hit { cache.name: "docs-qa.ask" }',
				"  ask refresh (internal)",
				'    cache.name: "docs-qa.ask"',
				'    outcome: "ok"',
			].join("\n"),
		);
	});

	it("is not given beyond its window", async () => {
		const { light, clock, results } = setUp();
		const ask = light.stage("ask", async () => clock.now(), { use: [cache(options)] });
		await ask();
		await clock.advance(1_500);
		await ask();
		expect(results("ask")).toEqual(["miss", "miss"]);
	});

	it("stays until its window ends where the refresh fails, which is counted and logged and nothing else", async () => {
		const { light, clock, results, metrics, logger, tracerProvider } = setUp();
		let calls = 0;
		const ask = light.stage(
			"ask",
			async () => {
				if (++calls > 1) throw new TypeError("boom");
				return "old";
			},
			{ use: [cache(options)] },
		);
		await light.run(() => ask());
		await clock.advance(1_200);
		expect(await ask()).toBe("old");
		await clock.advance(1);
		expect(await ask()).toBe("old");
		await clock.advance(1);
		expect(results("ask")).toEqual(["miss", "stale", "stale"]);
		expect(calls).toBe(3);
		expect(await metrics.total("pipeline.cache.refreshes", { outcome: "error" })).toBe(2);
		expect(logger.lines).toMatchObject(
			Array(2).fill({
				level: "warn",
				message: "refresh of ask failed",
				fields: { "cache.name": "docs-qa.ask", "error.type": "TypeError", "stage.name": "ask" },
			}),
		);
		const refreshes = tracerProvider.spans.filter(({ name }) => name === "ask refresh");
		expect(refreshes.map(({ attributes, events }) => [attributes.outcome, events.map(({ name }) => name)])).toEqual(
			Array(2).fill(["error", ["exception"]]),
		);
		await clock.advance(300);
		await expect(ask()).rejects.toThrow("boom");
	});

	it("is renewed though whoever was given it is aborted, and its time limit over", async () => {
		const { light, clock } = setUp();
		const { fn, pending } = byHand();
		const seen: (boolean | number | undefined)[] = [];
		const looking: Middleware = (next) => (call) => {
			seen.push(call.signal?.aborted, call.deadlineMs);
			return next(call);
		};
		const ask = light.stage("ask", fn, { use: [timeout({ timeoutMs: 50 }), cache(options), looking] });
		const first = ask();
		pending[0]?.resolve("old");
		await first;
		await clock.advance(1_000);
		seen.length = 0;
		expect(await ask()).toBe("old");
		await clock.advance(100);
		expect(seen).toEqual([false, undefined]);
		pending[1]?.resolve("new");
		await clock.advance(0);
		expect(await ask()).toBe("new");
	});

	it("that is over while it is renewed has others wait for the refresh", async () => {
		const { light, clock, results } = setUp();
		const { fn, pending } = byHand();
		const ask = light.stage("ask", fn, { use: [cache(options)] });
		const first = ask();
		pending[0]?.resolve("old");
		await first;
		await clock.advance(1_400);
		expect(await ask()).toBe("old");
		await clock.advance(200);
		const waiting = [ask(), ask()];
		pending[1]?.resolve("new");
		expect(await Promise.all(waiting)).toEqual(["new", "new"]);
		expect(pending).toHaveLength(2);
		expect(results("ask")).toEqual(["miss", "stale", "coalesced", "coalesced"]);
	});

	it("of a synchronous stage is given first and renewed then", async () => {
		const { light, clock } = setUp();
		let calls = 0;
		const ask = light.stage("ask", () => ++calls, { use: [cache(options)] });
		ask();
		await clock.advance(1_000);
		expect([ask(), calls]).toEqual([1, 1]);
		await clock.advance(0);
		expect([ask(), calls]).toEqual([2, 2]);
	});

	it("is renewed in the runners, after their run as well", async () => {
		const { light, clock, metrics } = setUp();
		let calls = 0;
		const use = [cache(options)];
		const pipeline = light
			.pipeline<string>()
			.stage("ask", async (question: string, ctx) => `${question} ${ctx.input} ${++calls}`, { use });
		const graph = light.graph({
			nodes: { node: { run: async (state: string) => `${state} ${++calls}`, use } },
			edges: [],
			entry: "node",
		});
		const answers = async () => [
			(await pipeline.run("why")).outputsOrThrow().ask,
			(await graph.run("how")).outputOrThrow(),
		];
		expect(await answers()).toEqual(["why why 1", "how 2"]);
		await clock.advance(1_100);
		expect(await answers()).toEqual(["why why 1", "how 2"]);
		await clock.advance(1);
		expect((await answers()).sort()).toEqual(["how 4", "why why 3"]);
		expect(await metrics.total("pipeline.cache.refreshes", { outcome: "ok" })).toBe(2);
	});

	it("closes a stream that a refresh gives in place of an answer", async () => {
		const { light, clock, metrics } = setUp();
		let given: unknown = "answer";
		const ask = light.stage("ask", async () => given, { use: [cache(options)] });
		await ask();
		given = Readable.from(["a", "b"]);
		await clock.advance(1_000);
		expect(await ask()).toBe("answer");
		await clock.advance(1);
		expect((given as Readable).destroyed).toBe(true);
		expect(await metrics.total("pipeline.cache.refreshes")).toBe(1);
	});
});

describe("what a cached call of a model costs", () => {
	const prices = ownPrices({ m: { inputUsdPerMillionTokens: 100_000 } });
	const answer = { model: "m", usage: { input_tokens: 5 } };

	it("is nothing: the real call is counted, once", async () => {
		const { light, metrics, spansOf } = setUp({ prices });
		const ask = light.stage("ask", async (_: unknown) => answer, {
			kind: "model",
			use: [cache({ ttlMs: minute })],
		});
		const request = { model: "m" };
		await light.run(async () => {
			await Promise.all([ask(request), ask(request)]);
			await ask(request);
		});
		expect(await metrics.total("pipeline.cost.usd")).toBe(0.5);
		expect(await metrics.total("pipeline.tokens")).toBe(5);
		expect(await metrics.total("pipeline.cost.unmetered")).toBe(0);
		const money = spansOf("chat m").map(({ attributes }) => [
			attributes["cache.result"],
			attributes["gen_ai.usage.input_tokens"],
			attributes["pipeline.cost.usd"],
		]);
		expect(money).toEqual([
			["miss", 5, 0.5],
			["coalesced", undefined, undefined],
			["hit", undefined, undefined],
		]);
		expect(spansOf("docs-qa")[0]?.attributes["pipeline.cost.usd"]).toBe(0.5);
	});

	it("is that of the refresh, for the run that was given the stale answer", async () => {
		const { light, metrics, spansOf, clock } = setUp({ prices });
		const ask = light.stage("ask", async (_: unknown) => answer, {
			kind: "model",
			use: [cache({ ttlMs: 1_000, staleWhileRevalidateMs: minute })],
		});
		await ask({ model: "m" });
		await clock.advance(1_000);
		await light.run(async () => {
			await ask({ model: "m" });
			await clock.advance(10);
		});
		expect(await metrics.total("pipeline.cost.usd")).toBe(1);
		expect(spansOf("docs-qa")[0]?.attributes["pipeline.cost.usd"]).toBe(0.5);
		expect(spansOf("ask refresh")[0]?.attributes).toMatchObject({
			"gen_ai.usage.input_tokens": 5,
			"pipeline.cost.usd": 0.5,
			outcome: "ok",
		});
		expect(spansOf("chat m").map(({ attributes }) => attributes["pipeline.cost.usd"])).toEqual([0.5, undefined]);
	});

	it("is that of every attempt of a retry inside", async () => {
		const { light, metrics, clock } = setUp({ prices });
		let calls = 0;
		const failsOnce: Middleware = (next) => async (call) => {
			const given = await next(call);
			if (++calls === 1) throw Object.assign(new Error("busy"), { status: 503 });
			return given;
		};
		const ask = light.stage("ask", async (_: unknown) => answer, {
			kind: "model",
			use: [cache({ ttlMs: minute }), retry({ jitter: "none", initialDelayMs: 10 }), failsOnce],
		});
		const asked = Promise.all([ask({ model: "m" }), ask({ model: "m" })]);
		await clock.advance(10);
		expect(await asked).toEqual([answer, answer]);
		await ask({ model: "m" });
		expect(await metrics.total("pipeline.cost.usd")).toBe(1);
		expect(await metrics.total("pipeline.cost.wasted_usd")).toBe(0.5);
	});
});

describe("a store of the user's own", () => {
	it("that answers at once leaves a synchronous stage so, and gets the time an entry is of use", async () => {
		const { light, results, metrics } = setUp();
		const store = lru();
		const use = [cache({ ttlMs: 1_000, staleWhileRevalidateMs: 500, store })];
		let calls = 0;
		const ask = light.stage("ask", (text: string) => `${text} ${++calls}`, { use });
		expectTypeOf(ask).returns.toEqualTypeOf<string>();
		expect([ask("a"), ask("a")]).toEqual(["a 1", "a 1"]);
		expect(results("ask")).toEqual(["miss", "hit"]);
		expect([...store.keys()]).toEqual(["docs-qa/ask:a"]);
		expect(store.getRemainingTTL("docs-qa/ask:a")).toBeGreaterThan(1_000);
		expect(await metrics.points("pipeline.cache.entries")).toMatchObject([{ value: 1 }]);
		expect(await metrics.points("pipeline.cache.evictions")).toEqual([]);
	});

	it("that answers by promises makes the layer wait, and keeps what outlives the layer", async () => {
		const { light, results, clock } = setUp();
		const kept = new Map();
		let calls = 0;
		const stage = () =>
			light.stage("ask", (text: string) => `${text} ${++calls}`, {
				use: [cache({ ttlMs: 1_000, store: new Keyv({ store: kept }) })],
			});
		const ask = stage();
		expectTypeOf(ask).returns.toEqualTypeOf<Promise<string>>();
		expect(await ask("a")).toBe("a 1");
		await clock.advance(0);
		expect(await stage()("a")).toBe("a 1");
		expect(results("ask")).toEqual(["miss", "hit"]);
		expect(kept.size).toBe(1);
		await clock.advance(1_000);
		expect(await ask("a")).toBe("a 2");
	});

	it("is asked once by all who come at the same time, and called for once", async () => {
		const { light, requests } = setUp();
		const store = new Keyv();
		const asked: string[] = [];
		const get = store.get.bind(store) as (key: string) => Promise<unknown>;
		store.get = ((key: string) => {
			asked.push(key);
			return get(key);
		}) as never;
		let calls = 0;
		const ask = light.stage("ask", async () => ++calls, { use: [cache({ ttlMs: minute, store })] });
		expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
		expect(asked).toHaveLength(1);
		expect(await requests()).toEqual({ miss: 1, coalesced: 2 });
	});

	it("gives a stale answer while it is renewed", async () => {
		const { light, clock, results } = setUp();
		let calls = 0;
		const ask = light.stage("ask", async () => ++calls, {
			use: [cache({ ttlMs: 1_000, staleWhileRevalidateMs: minute, store: new Keyv() })],
		});
		await ask();
		await clock.advance(1_000);
		expect(await ask()).toBe(1);
		await clock.advance(1);
		expect(await ask()).toBe(2);
		expect(results("ask")).toEqual(["miss", "stale", "hit"]);
	});

	it("gives no entry to those who ask before it has taken it, but they have it all the same", async () => {
		const { light, results } = setUp();
		const written = Promise.withResolvers<unknown>();
		const store: AsyncCacheStore = { get: async () => undefined, set: () => written.promise };
		let calls = 0;
		const ask = light.stage("ask", async () => ++calls, { use: [cache({ ttlMs: minute, store })] });
		expect([await ask(), await ask()]).toEqual([1, 1]);
		written.resolve(true);
		await written.promise;
		await new Promise((resolve) => setImmediate(resolve));
		expect(await ask()).toBe(2);
		expect(results("ask")).toEqual(["miss", "hit", "miss"]);
	});

	it("that holds something else than entries has none", async () => {
		const { light, results } = setUp();
		for (const other of ["text", 5, {}, { value: 1 }, { storedMs: 1 }, null]) {
			const store: AsyncCacheStore = { get: async () => other, set: async () => true };
			const ask = light.stage("ask", async () => "answer", { use: [cache({ ttlMs: minute, store })] });
			expect(await ask()).toBe("answer");
		}
		expect(results("ask")).toEqual(Array(6).fill("miss"));
	});

	it("with a clock that is ahead has no fresh entry for those behind", async () => {
		const { light, clock } = setUp();
		const store = lru();
		let calls = 0;
		const ask = light.stage("ask", () => ++calls, { use: [cache({ ttlMs: minute, store })] });
		const entry: CacheEntry = { value: "future", storedMs: clock.now() + 60_000, isPromise: false };
		store.set("docs-qa/ask:[]", entry);
		expect([ask(), ask()]).toEqual([1, 1]);
	});

	const throws = () => {
		throw new Error("down");
	};
	const rejects = async () => throws();
	it.each<[string, AsyncCacheStore | SyncCacheStore, string]>([
		["throws when it is asked", { get: throws, set: () => true, getRemainingTTL: () => 0 }, "error"],
		["throws when it is given an entry", { get: () => undefined, set: throws, getRemainingTTL: () => 0 }, "miss"],
		["rejects when it is asked", { get: rejects, set: async () => true }, "error"],
		["throws a rejection it should give", { get: throws, set: throws }, "error"],
		["rejects when it is given an entry", { get: async () => undefined, set: rejects }, "miss"],
	])("that %s fails no call", async (_, store, result) => {
		const { light, results } = setUp();
		const before = telemetryFailures().get("cache store") ?? 0;
		const ask = light.stage("ask", async () => "answer", {
			use: [cache({ ttlMs: minute, store: store as AsyncCacheStore })],
		});
		for (let call = 0; call < 2; call++) {
			expect(await ask()).toBe("answer");
			await new Promise((resolve) => setImmediate(resolve));
		}
		expect(results("ask")).toEqual([result, result]);
		expect((telemetryFailures().get("cache store") ?? 0) - before).toBe(2);
	});

	it("that never answers is waited for so long, and no longer", async () => {
		const { light, clock, results, requests } = setUp();
		const never = () => new Promise<never>(() => {});
		const ask = light.stage("ask", async () => "answer", {
			use: [cache({ ttlMs: minute, store: { get: never, set: never }, storeTimeoutMs: 200 })],
		});
		const asked = Promise.all([ask(), ask()]);
		await clock.advance(199);
		expect(results("ask")).toEqual([]);
		await clock.advance(1);
		expect(await asked).toEqual(["answer", "answer"]);
		expect(await requests()).toEqual({ error: 1, coalesced: 1 });
		expect(clock.pendingSleeps).toBe(0);
	});

	it("that is slow is not waited for by a call that is given up, and nothing is begun for it", async () => {
		const { light, clock, results, requests, spansOf } = setUp();
		const asked: string[] = [];
		const get = async (key: string) => {
			asked.push(key);
			await clock.sleep(40);
		};
		let calls = 0;
		const ask = light.stage("ask", async () => ++calls, {
			use: [
				timeout({ timeoutMs: 20 }),
				cache({ ttlMs: minute, key: () => "same", store: { get, set: async () => true } }),
			],
		});
		const first = expect(ask()).rejects.toBeInstanceOf(TimeoutError);
		await clock.advance(20);
		await first;
		// Who asks while the store has yet to answer the first waits for that answer.
		const second = ask();
		await clock.advance(19);
		expect(calls).toBe(0);
		await clock.advance(1);
		expect(await second).toBe(1);
		expect(asked).toHaveLength(1);
		expect(results("ask")).toEqual(["error", "miss"]);
		expect(await requests()).toEqual({ error: 1, miss: 1 });
		expect(spansOf("ask").map(({ attributes }) => attributes.outcome)).toEqual(["timeout", "ok"]);
		await clock.advance(minute);
		expect(calls).toBe(1);
	});

	it("that hangs keeps no process alive for a call that was aborted", async () => {
		const aborting = new AbortController();
		const never = () => new Promise<never>(() => {});
		const light = footlight("docs-qa");
		const ask = light.stage("ask", async () => "answer", {
			use: [cache({ ttlMs: minute, store: { get: never, set: never }, storeTimeoutMs: minute })],
		});
		const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
		const before = timers();
		const asked = light.run({ signal: aborting.signal }, () => ask());
		expect(timers()).toBe(before + 1);
		aborting.abort("left");
		expect(timers()).toBe(before);
		await expect(asked).rejects.toBe("left");
	});

	it("that hangs is asked anew once it was not waited for any longer", async () => {
		const { light, clock } = setUp();
		let asked = 0;
		const get = (): Promise<unknown> => (++asked === 1 ? new Promise(() => {}) : Promise.resolve(undefined));
		const ask = light.stage("ask", async () => "answer", {
			use: [cache({ ttlMs: minute, store: { get, set: async () => true }, storeTimeoutMs: 200 })],
		});
		const first = ask();
		await clock.advance(200);
		expect(await first).toBe("answer");
		await clock.advance(minute);
		expect([await ask(), asked]).toEqual(["answer", 2]);
	});

	it("that is down, behind a Keyv, fails no call", async () => {
		const { light } = setUp();
		const store = new Keyv({ store: { get: rejects, set: rejects, delete: rejects, clear: rejects } as never });
		store.on("error", () => {});
		const ask = light.stage("ask", async () => "answer", { use: [cache({ ttlMs: minute, store })] });
		expect([await ask(), await ask()]).toEqual(["answer", "answer"]);
		await new Promise((resolve) => setImmediate(resolve));
	});

	it("passes streams by, and waits for what a client's promise gives", async () => {
		const { light, results } = setUp();
		let made = 0;
		const store = new Keyv();
		const items = light.stage(
			"ask",
			async function* () {
				yield ++made;
			},
			{ use: [cache({ ttlMs: minute, store })] },
		);
		const seen: number[] = [];
		for (let read = 0; read < 2; read++) for await (const item of items()) seen.push(item);
		expect(seen).toEqual([1, 2]);
		class Request<T> extends Promise<T> {}
		const request = light.stage("request", () => new Request<number>((resolve) => resolve(++made)), {
			use: [cache({ ttlMs: minute, store })],
		});
		expect([await request(), await request()]).toEqual([3, 3]);
		expect(results("ask")).toEqual(["bypass", "bypass"]);
		expect(results("request")).toEqual(["miss", "hit"]);
	});
});

describe("options of a cache", () => {
	const bad = (options: unknown) => () => cache(options as CacheOptions & { store: AsyncCacheStore });
	it.each([
		[undefined, "cache: ttlMs must be a positive integer, got undefined"],
		[{ ttlMs: 0 }, "cache: ttlMs must be a positive integer, got 0"],
		[{ ttlMs: 2 ** 31 }, "cache: ttlMs must be at most 2147483647, got 2147483648"],
		[{ ttl: 5 }, 'cache: unknown option "ttl"; known options are ttlMs, key, staleWhileRevalidateMs'],
		[{ ttlMs: 1, key: "id" }, 'cache: key must be a function, got "id"'],
		[
			{ ttlMs: 1, staleWhileRevalidateMs: -1 },
			"cache: staleWhileRevalidateMs must be an integer of at least 0, got -1",
		],
		[{ ttlMs: 1, name: "" }, 'cache: name must be a name that is not empty, got ""'],
		[{ ttlMs: 1, maxEntries: 0 }, "cache: maxEntries must be a positive integer, got 0"],
		[{ ttlMs: 1, store: {} }, "cache: store must have a method get, got an object"],
		[
			{ ttlMs: 1, store: new Map() },
			"cache: store must be of the shape of an LRUCache or a Keyv, got an instance of Map",
		],
		[
			{ ttlMs: 1, store: new Keyv(), maxEntries: 5 },
			"cache: maxEntries must be absent with a store, which has a limit of its own, got 5",
		],
		[{ ttlMs: 1, storeTimeoutMs: 0 }, "cache: storeTimeoutMs must be a positive integer, got 0"],
		[{ ttlMs: 1, clone: true }, "cache: clone must be a function, got true"],
	])("%j are refused", (options, message) => {
		expect(bad(options)).toThrow(message);
	});

	it("take the stores they are made for, and no other", () => {
		expectTypeOf(cache({ ttlMs: 1 })).toEqualTypeOf<Middleware>();
		expectTypeOf(cache({ ttlMs: 1, store: new LRUCache({ max: 1 }) })).toEqualTypeOf<Middleware>();
		expectTypeOf(cache({ ttlMs: 1, store: new LRUCache<string, CacheEntry>({ max: 1 }) })).toEqualTypeOf<Middleware>();
		expectTypeOf(cache({ ttlMs: 1, store: new Keyv() })).not.toEqualTypeOf<Middleware>();
		// @ts-expect-error A map would grow without end.
		expect(() => cache({ ttlMs: 1, store: new Map<string, unknown>() })).toThrow(TypeError);
	});
});
