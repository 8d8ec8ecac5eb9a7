import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import {
	asyncLayer,
	attempts,
	bulkhead,
	cache,
	circuitBreaker,
	type FootlightOptions,
	fallback,
	footlight,
	hedge,
	layer,
	type Middleware,
	retry,
	TimeoutError,
	type TimeoutOptions,
	timeout,
} from "../index.ts";
import { manualClock, middlewareContract, recordingTracerProvider, spanTree } from "../testing/index.ts";

middlewareContract("timeout", () => timeout({ timeoutMs: 60_000 }), { describe, it });
middlewareContract("timeout of items", () => timeout({ firstItemMs: 60_000, idleMs: 60_000 }), { describe, it });

function setUp(options: TimeoutOptions, more: FootlightOptions = {}) {
	const clock = manualClock();
	const tracerProvider = recordingTracerProvider();
	const metrics = recordMetrics();
	const light = footlight("docs-qa", { clock, tracerProvider, meterProvider: metrics.meterProvider, ...more });
	const use = [timeout(options)] as const;
	const results = async () =>
		Object.fromEntries(
			(await metrics.points("pipeline.timeout.calls")).map(({ attributes, value }) => [
				attributes["timeout.result"],
				value,
			]),
		);
	const tree = () =>
		spanTree(tracerProvider.spans, { show: ["outcome", "timeout.limit_ms", "timeout.awaited", "timeout.heard"] });
	return { clock, light, use, metrics, results, tree, spans: tracerProvider.spans, tracerProvider };
}

const never = () => new Promise<never>(() => {});

/** What a promise has come to by now: "pending" where to nothing. */
async function now(promise: Promise<unknown>): Promise<unknown> {
	await nextTurn();
	return Promise.race([promise, Promise.resolve("pending")]).catch((error: unknown) => error);
}

describe("a timeout of the whole call", () => {
	it("gives an answer that comes in time, and counts it", async () => {
		const { light, use, results, metrics, clock, tree } = setUp({ timeoutMs: 100 });
		const ask = light.stage("ask", () => clock.sleep(40).then(() => "answer"), { use });
		const answer = ask();
		await clock.advance(40);
		expect(await answer).toBe("answer");
		expect(await results()).toEqual({ completed: 1, timed_out: 0, ignored_cancel: 0 });
		expect(await metrics.points("pipeline.timeout.utilization")).toMatchObject([
			{ attributes: { "pipeline.name": "docs-qa", "stage.name": "ask" }, value: 1, sum: 0.4 },
		]);
		await clock.advance(1_000);
		expect(tree()).toBe('ask (internal)\n  outcome: "ok"');
	});

	it("counts a call that fails or is refused in time as completed", async () => {
		const { light, use, results } = setUp({ timeoutMs: 100 });
		const error = new Error("boom");
		await expect(light.stage("ask", async () => Promise.reject(error), { use })()).rejects.toBe(error);
		await expect(
			light.stage(
				"ask",
				() => {
					throw error;
				},
				{ use },
			)(),
		).rejects.toBe(error);
		expect(await results()).toEqual({ completed: 2, timed_out: 0, ignored_cancel: 0 });
	});

	it("rejects at its time and not before, and says that nobody could hear", async () => {
		const { light, use, results, clock, tree } = setUp({ timeoutMs: 100 });
		const answer = light.stage("ask", never, { use })();
		answer.catch(() => {});
		await clock.advance(99);
		expect(await now(answer)).toBe("pending");
		await clock.advance(1);
		const error = await now(answer);
		expect(error).toBeInstanceOf(TimeoutError);
		expect((error as TimeoutError).message).toBe("[timeout] ask did not settle within 100 ms");
		expect((error as TimeoutError).timeoutMs).toBe(100);
		expect(await results()).toEqual({ completed: 0, timed_out: 0, ignored_cancel: 1 });
		expect(tree()).toBe(
			[
				'ask (internal) ERROR "[timeout] ask did not settle within 100 ms"',
				'  outcome: "timeout"',
				'  timeout.awaited: "result"',
				"  timeout.heard: false",
				"  timeout.limit_ms: 100",
				"  * exception",
			].join("\n"),
		);
	});

	it("aborts the signal with its error, where the work has asked for it", async () => {
		const { light, use, results, clock, spans } = setUp({ timeoutMs: 100 });
		let signal: AbortSignal | undefined;
		const answer = light.stage(
			"ask",
			() => {
				signal = light.current().signal;
				return never();
			},
			{ use },
		)();
		answer.catch(() => {});
		await clock.advance(99);
		expect(signal?.aborted).toBe(false);
		await clock.advance(1);
		expect(signal?.reason).toBe(await now(answer));
		expect(await results()).toEqual({ completed: 0, timed_out: 1, ignored_cancel: 0 });
		expect(spans[0]?.attributes["timeout.heard"]).toBe(true);
	});

	const asking: readonly (readonly [string, () => readonly Middleware[]])[] = [
		["retry", () => [retry({ initialDelayMs: 1 })]],
		["hedge", () => [hedge({ delayMs: 10 })]],
		["cache", () => [cache({ ttlMs: 1_000, key: () => "k" })]],
		["fallback", () => [fallback({ value: "instead" })]],
		["bulkhead", () => [bulkhead({ name: "heard", concurrency: 10, queueSize: 1 })]],
		["circuitBreaker", () => [circuitBreaker({ name: "heard" })]],
		["all of them", () => asking.slice(0, -1).flatMap(([, make]) => make())],
	];

	it.each(asking)("tells work that does not ask for its signal from %s, which does", async (_, make) => {
		const { light, use, results, clock, spans } = setUp({ timeoutMs: 100 });
		const spreading = layer({ name: "spreading" }, (next) => (call) => next({ ...call }));
		let mayHear = false;
		let calls = 0;
		const work = async () => {
			if (mayHear) light.current().signal.throwIfAborted();
			if (++calls === 1) throw Object.assign(new Error("busy"), { status: 503 });
			return never();
		};
		for (mayHear of [false, true]) {
			calls = _ === "retry" ? 0 : 1;
			const answer = light.stage("ask", work, { use: [...use, spreading, ...make(), spreading] })();
			answer.catch(() => {});
			await clock.advance(50);
			await clock.advance(50);
			await expect(answer).rejects.toBeInstanceOf(TimeoutError);
			await nextTurn();
			const stage = spans.filter(({ name }) => name === "ask").at(-1);
			expect(stage?.attributes["timeout.heard"]).toBe(mayHear);
			expect(await results()).toEqual({ completed: 0, timed_out: mayHear ? 1 : 0, ignored_cancel: 1 });
		}
	});

	it("is heard by a stage, a run, a pipeline and a graph in the work", async () => {
		const { light, use, results, clock } = setUp({ timeoutMs: 100 });
		const deaf = light.stage("deaf", never);
		const hearing = light.stage("hearing", async () => {
			light.current().signal.throwIfAborted();
			return never();
		});
		const { signal } = new AbortController();
		const works = [
			() => deaf(),
			() => light.run(() => deaf()),
			() => hearing(),
			() => light.run({ signal }, () => hearing()),
			() => light.pipeline().stage("a", never).run(1),
			() =>
				light.graph({ nodes: { a: (_: number): Promise<number> => deaf() }, edges: [], entry: "a" }).run(1, { signal }),
		];
		const seen: unknown[] = [];
		for (const work of works) {
			const before = await results();
			const answer = light.stage("ask", async () => void (await work()), { use })();
			answer.catch(() => {});
			await clock.advance(100);
			await expect(answer).rejects.toBeInstanceOf(TimeoutError);
			seen.push((await results()).timed_out !== (before.timed_out ?? 0));
		}
		expect(seen).toEqual([false, false, true, true, true, true]);
	});

	it("has nobody ignore it where the function was not called", async () => {
		const { light, use, results, clock } = setUp({ timeoutMs: 100 });
		const one = bulkhead({ name: "one", concurrency: 1, queueSize: 1 });
		const work = light.stage("ask", never, { use: [one] });
		const waiting = light.stage("wait", async () => 1, { use: [...use, one] });
		void work();
		const answer = waiting();
		answer.catch(() => {});
		await clock.advance(100);
		await expect(answer).rejects.toBeInstanceOf(TimeoutError);
		expect(await results()).toEqual({ completed: 0, timed_out: 1, ignored_cancel: 0 });
	});

	it("aborts the signal of a call that layers further in have spread", async () => {
		const { light, use, clock } = setUp({ timeoutMs: 100 });
		const seen: (AbortSignal | undefined)[] = [];
		const spreading = layer({ name: "spreading" }, (next) => (call) => {
			const spread = { ...call };
			seen.push(spread.signal);
			return next(spread);
		});
		const work = () => {
			seen.push(light.current().signal);
			return never();
		};
		const answer = light.stage("ask", work, { use: [...use, spreading, spreading] })();
		answer.catch(() => {});
		await clock.advance(100);
		expect(seen).toHaveLength(3);
		for (const signal of seen) expect(signal?.reason).toBe(await now(answer));
	});

	it("hands the caller's abort on, before its own", async () => {
		const { light, use, clock, results, spans } = setUp({ timeoutMs: 100 });
		const aborting = new AbortController();
		const reason = new Error("no longer wanted");
		const ask = light.stage(
			"ask",
			() =>
				new Promise((_, reject) => {
					const { signal } = light.current();
					signal.addEventListener("abort", () => reject(signal.reason), { once: true });
				}),
			{ use },
		);
		const answer = light.run({ signal: aborting.signal }, () => ask());
		answer.catch(() => {});
		aborting.abort(reason);
		expect(await now(answer)).toBe(reason);
		await clock.advance(200);
		expect(spans.map(({ attributes }) => attributes.outcome)).toEqual(["cancelled", "cancelled"]);
		expect(await results()).toEqual({ completed: 1, timed_out: 0, ignored_cancel: 0 });
	});

	it("says when the call is given up: the earlier of its own time and that from outside", async () => {
		const { light, clock } = setUp({ timeoutMs: 1 });
		const seen: (number | undefined)[] = [];
		const look = asyncLayer({ name: "look" }, (next) => (call) => {
			seen.push(call.deadlineMs);
			return next(call);
		});
		const of = (...ms: number[]) => ms.map((timeoutMs) => timeout({ timeoutMs }));
		await light.stage("ask", async () => 1, { use: [...of(100, 200), look] })();
		await light.stage("ask", async () => 1, { use: [...of(200, 100), look] })();
		await light.stage("ask", async () => 1, { use: [look] })();
		await light.stage("ask", async () => 1, { use: [timeout({ idleMs: 5 }), look] })();
		const inner = light.stage("inner", async () => 1, { use: [look] });
		await light.stage("outer", () => inner(), { use: of(100) })();
		const inMs = clock.monotonicMs() + 100;
		expect(seen).toEqual([inMs, inMs, undefined, undefined, inMs]);
	});

	it("ignores what comes too late, without an unhandled rejection", async () => {
		const { light, use, clock } = setUp({ timeoutMs: 100 });
		const unhandled: unknown[] = [];
		const listener = (error: unknown) => unhandled.push(error);
		process.on("unhandledRejection", listener);
		const settles: ((kind: "resolve" | "reject") => void)[] = [];
		const ask = light.stage(
			"ask",
			() =>
				new Promise((resolve, reject) => {
					settles.push((kind) => (kind === "resolve" ? resolve("late") : reject(new Error("late"))));
				}),
			{ use },
		);
		const answers = [ask(), ask()];
		for (const answer of answers) answer.catch(() => {});
		await clock.advance(100);
		settles[0]?.("resolve");
		settles[1]?.("reject");
		for (const answer of answers) expect(await now(answer)).toBeInstanceOf(TimeoutError);
		await nextTurn();
		process.off("unhandledRejection", listener);
		expect(unhandled).toEqual([]);
	});

	it("closes a stream that comes too late", async () => {
		const { light, use, clock } = setUp({ timeoutMs: 100 });
		const closed: string[] = [];
		const arrive: (() => void)[] = [];
		const late = <T>(stream: () => T) => {
			const answer = light.stage("ask", () => new Promise<T>((resolve) => arrive.push(() => resolve(stream()))), {
				use,
			})();
			answer.catch(() => {});
		};
		late(() => new ReadableStream({ cancel: () => void closed.push("web") }));
		late(() => new Readable({ read() {}, destroy: () => void closed.push("node") }));
		late(() => ({
			controller: Object.assign(new AbortController(), { abort: () => void closed.push("client") }),
			async *[Symbol.asyncIterator]() {},
		}));
		late(() => ({
			next: async () => ({ done: false, value: 1 }),
			return: async () => ({ done: closed.push("iterator") > 0, value: undefined }),
			[Symbol.asyncIterator]() {
				return this;
			},
		}));
		await clock.advance(100);
		for (const settle of arrive) settle();
		await nextTurn();
		expect(closed.sort()).toEqual(["client", "iterator", "node", "web"]);
	});

	it("bounds an attempt inside a layer that tries again, and all of them outside of it", async () => {
		const twice = asyncLayer({ name: "twice" }, (next) => {
			const attempt = attempts(next);
			return (call) => (attempt(call) as Promise<unknown>).catch(() => attempt({ ...call, attempt: 2 }));
		});
		const { light, clock, tree } = setUp({ timeoutMs: 1 });
		const each = light.stage("each", never, { use: [twice, timeout({ timeoutMs: 100 })] })();
		each.catch(() => {});
		await clock.advance(199);
		expect(await now(each)).toBe("pending");
		await clock.advance(1);
		expect(await now(each)).toBeInstanceOf(TimeoutError);
		const attempt = [
			'  each attempt (internal) ERROR "[timeout] each did not settle within 100 ms"',
			'    outcome: "timeout"',
			'    timeout.awaited: "result"',
			"    timeout.heard: false",
			"    timeout.limit_ms: 100",
			"    * exception",
		];
		expect(tree()).toBe(
			[
				'each (internal) ERROR "[timeout] each did not settle within 100 ms"',
				'  outcome: "timeout"',
				...attempt,
				...attempt,
			].join("\n"),
		);
		const alone = setUp({ timeoutMs: 1 });
		const once = asyncLayer({ name: "once" }, (next) => attempts(next));
		const first = alone.light.stage("first", never, { use: [once, timeout({ timeoutMs: 100 })] })();
		first.catch(() => {});
		await alone.clock.advance(100);
		expect(await now(first)).toBeInstanceOf(TimeoutError);
		expect(alone.tree()).toContain("first (internal) ERROR");
		expect(alone.spans.map(({ attributes }) => attributes["timeout.limit_ms"])).toEqual([100]);
		const all = light.stage("all", never, { use: [timeout({ timeoutMs: 100 }), twice] })();
		all.catch(() => {});
		await clock.advance(100);
		expect(await now(all)).toBeInstanceOf(TimeoutError);
	});

	it("gives up many calls, each at its own time", async () => {
		const { light, use, clock, results } = setUp({ timeoutMs: 100 });
		const given: number[] = [];
		const done: (() => void)[] = [];
		const ask = light.stage("ask", () => new Promise<void>((resolve) => done.push(resolve)), { use });
		const startMs = clock.now();
		for (let call = 0; call < 20; call++) {
			ask().catch(() => given.push(clock.now() - startMs));
			await clock.advance(10);
			if (call % 3 === 0) done[call]?.();
		}
		await clock.advance(200);
		expect(given).toEqual(Array.from({ length: 20 }, (_, call) => call * 10 + 100).filter((_, call) => call % 3 !== 0));
		expect(await results()).toEqual({ completed: 7, timed_out: 0, ignored_cancel: 13 });
	});
});

describe("a timeout's timer", () => {
	it("is one for all calls, and none once they have ended and its time is over", async () => {
		const { light, use, clock } = setUp({ timeoutMs: 100 });
		const ask = light.stage("ask", async () => 1, { use });
		for (let call = 0; call < 100; call++) await ask();
		expect(clock.pendingSleeps).toBe(1);
		await clock.advance(100);
		expect(clock.pendingSleeps).toBe(0);
	});

	it("is there again for a call that begins as the last time is over", async () => {
		const { light, use, clock } = setUp({ timeoutMs: 100 });
		const ask = light.stage("ask", never, { use });
		for (let round = 0; round < 3; round++) {
			const answer = ask();
			answer.catch(() => {});
			await clock.advance(60);
			const second = ask();
			second.catch(() => {});
			await clock.advance(40);
			expect(await now(answer)).toBeInstanceOf(TimeoutError);
			expect(await now(second)).toBe("pending");
			await clock.advance(60);
			expect(await now(second)).toBeInstanceOf(TimeoutError);
		}
	});
});

/** A source of items that come when the test says so, with what became of it. */
function source() {
	const given: ((result: IteratorResult<number>) => void)[] = [];
	const failing: ((error: unknown) => void)[] = [];
	const state = { closed: false };
	const iterator = {
		next: () =>
			new Promise<IteratorResult<number>>((resolve, reject) => {
				given.push(resolve);
				failing.push(reject);
			}),
		async return(): Promise<IteratorResult<number>> {
			state.closed = true;
			return { done: true, value: undefined };
		},
		[Symbol.asyncIterator]() {
			return this;
		},
	};
	const web = () =>
		new ReadableStream<number>(
			{
				async pull(controller) {
					const { done, value } = await iterator.next();
					if (done) controller.close();
					else controller.enqueue(value);
				},
				cancel: () => void iterator.return(),
			},
			{ highWaterMark: 0 },
		);
	const node = () =>
		new Readable({
			objectMode: true,
			highWaterMark: 1,
			read() {
				iterator.next().then(
					({ done, value }) => this.push(done ? null : value),
					(error) => this.destroy(error),
				);
			},
			destroy(error, done) {
				state.closed = true;
				done(error);
			},
		});
	const client = () => ({
		controller: new AbortController(),
		[Symbol.asyncIterator]: async function* () {
			try {
				for (;;) {
					const { done, value } = await iterator.next();
					if (done) return;
					yield value;
				}
			} finally {
				this.controller.abort();
			}
		},
	});
	return {
		state,
		iterator,
		kinds: { iterator: () => iterator, web, node, client } as const,
		async give(item: number) {
			given.shift()?.({ done: false, value: item });
			await nextTurn();
		},
		async end() {
			given.shift()?.({ done: true, value: undefined });
			await nextTurn();
		},
	};
}

describe.for(["iterator", "web", "node", "client"] as const)("a timeout of the items of a stream (%s)", (kind) => {
	async function begun(options: TimeoutOptions) {
		const all = setUp(options);
		const items = source();
		const stream = await all.light.stage("read", async () => items.kinds[kind]() as AsyncIterable<number>, {
			use: all.use,
		})();
		const iterator = stream[Symbol.asyncIterator]();
		const next = () => {
			const asked = iterator.next().then(({ done, value }) => (done ? "done" : value));
			asked.catch(() => {});
			return asked;
		};
		return { ...all, items, stream, iterator, next };
	}

	it("rejects whoever waits for the first item too long, and closes the source", async () => {
		const { next, clock, items, results, tree } = await begun({ firstItemMs: 100, idleMs: 1_000 });
		const first = next();
		await clock.advance(99);
		expect(await now(first)).toBe("pending");
		await clock.advance(1);
		const error = await now(first);
		expect(error).toBeInstanceOf(TimeoutError);
		expect((error as Error).message).toBe("[timeout] read gave no first item within 100 ms");
		await nextTurn();
		if (kind !== "client") expect(items.state.closed).toBe(true);
		await items.give(1);
		expect(await now(next())).toBe("done");
		expect(await results()).toEqual({ completed: 0, timed_out: 0, ignored_cancel: 1 });
		expect(tree()).toContain('timeout.awaited: "first_item"');
		expect(tree()).toContain('outcome: "timeout"');
	});

	it("rejects whoever waits for a further item too long", async () => {
		const { next, clock, items, tree, results } = await begun({ idleMs: 100 });
		const first = next();
		await clock.advance(500);
		await items.give(1);
		expect(await first).toBe(1);
		const second = next();
		await clock.advance(99);
		await items.give(2);
		expect(await second).toBe(2);
		const third = next();
		await clock.advance(99);
		expect(await now(third)).toBe("pending");
		await clock.advance(1);
		expect(String(await now(third))).toContain("gave no further item within 100 ms");
		expect(tree()).toContain('timeout.awaited: "next_item"');
		expect(await results()).toEqual({ completed: 0, timed_out: 0, ignored_cancel: 1 });
	});

	it("lets a slow consumer take its time", async () => {
		const { next, clock, items, results, iterator, tree } = await begun({ firstItemMs: 100, idleMs: 100 });
		await clock.advance(5_000);
		for (let item = 1; item < 4; item++) {
			const asked = next();
			await nextTurn();
			await items.give(item);
			expect(await asked).toBe(item);
			await clock.advance(5_000);
		}
		await iterator.return?.();
		await nextTurn();
		expect(await results()).toEqual({ completed: 1, timed_out: 0, ignored_cancel: 0 });
		expect(tree()).toBe('read (internal)\n  outcome: "cancelled"');
	});

	it("bounds the whole stream, to its last item", async () => {
		const { next, clock, items, results, tree } = await begun({ timeoutMs: 100 });
		const first = next();
		await clock.advance(90);
		await items.give(1);
		expect(await first).toBe(1);
		const second = next();
		await clock.advance(10);
		expect(String(await now(second))).toContain("did not settle within 100 ms");
		expect(await results()).toEqual({ completed: 0, timed_out: 0, ignored_cancel: 1 });
		expect(tree()).toContain('outcome: "timeout"');
	});

	it("ends with the stream", async () => {
		const { next, clock, items, results, metrics } = await begun({ timeoutMs: 1_000, firstItemMs: 100, idleMs: 100 });
		const first = next();
		await clock.advance(80);
		await items.give(1);
		await first;
		const end = next();
		await clock.advance(20);
		await items.end();
		expect(await end).toBe("done");
		await clock.advance(5_000);
		expect(await results()).toEqual({ completed: 1, timed_out: 0, ignored_cancel: 0 });
		expect((await metrics.points("pipeline.timeout.utilization"))[0]?.sum).toBeCloseTo(0.8);
	});

	it("tells a consumer that comes back after the time is over", async () => {
		const { next, clock, items, results } = await begun({ timeoutMs: 100 });
		const first = next();
		await nextTurn();
		await items.give(1);
		expect(await first).toBe(1);
		await clock.advance(100);
		expect(await now(next())).toBeInstanceOf(TimeoutError);
		expect(await now(next())).toBe("done");
		expect(await results()).toEqual({ completed: 0, timed_out: 0, ignored_cancel: 1 });
	});
});

describe("a timeout of items that are asked for several at a time", () => {
	it("counts from the last that came, and tells all who wait", async () => {
		const { light, clock, use } = setUp({ idleMs: 100 });
		const items = source();
		const stream = await light.stage("read", async () => items.iterator, { use })();
		const asked = [stream.next(), stream.next(), stream.next()];
		for (const one of asked) one.catch(() => {});
		await clock.advance(1_000);
		await items.give(1);
		await clock.advance(90);
		expect(await asked[0]).toEqual({ done: false, value: 1 });
		await items.give(2);
		const further = stream.next();
		further.catch(() => {});
		await clock.advance(99);
		expect(await now(asked[2] as Promise<unknown>)).toBe("pending");
		await clock.advance(1);
		for (const one of [asked[2], further]) expect(await now(one as Promise<unknown>)).toBeInstanceOf(TimeoutError);
		expect(items.state.closed).toBe(true);
	});
});

describe("a timeout around generators", () => {
	it("counts from the first time somebody asks, and keeps the kind", async () => {
		const { light, clock, use, results } = setUp({ timeoutMs: 100, firstItemMs: 50 });
		const slow = light.stage(
			"slow",
			async function* () {
				yield 1;
				await never();
			},
			{ use },
		);
		const items = slow();
		expect(Object.prototype.toString.call(items)).toBe("[object AsyncGenerator]");
		await clock.advance(1_000);
		expect(await items.next()).toEqual({ done: false, value: 1 });
		const second = items.next();
		second.catch(() => {});
		await clock.advance(100);
		expect(await now(second)).toBeInstanceOf(TimeoutError);
		expect(await results()).toEqual({ completed: 0, timed_out: 0, ignored_cancel: 1 });
	});

	it("runs the finally of one that waits for its consumer", async () => {
		const { light, clock, use } = setUp({ timeoutMs: 100 });
		let isCleared = false;
		const items = light.stage(
			"items",
			async function* () {
				try {
					yield 1;
				} finally {
					isCleared = true;
				}
			},
			{ use },
		)();
		await items.next();
		await clock.advance(100);
		await nextTurn();
		expect(isCleared).toBe(true);
		await expect(items.next()).rejects.toBeInstanceOf(TimeoutError);
	});

	it("stops a synchronous one between its items", async () => {
		const { light, clock, use, results } = setUp({ timeoutMs: 100 });
		const items = light.stage(
			"items",
			function* () {
				for (;;) yield 1;
			},
			{ use },
		)();
		await items.next();
		await clock.advance(99);
		await items.next();
		await clock.advance(1);
		await expect(items.next()).rejects.toBeInstanceOf(TimeoutError);
		expect(await items.next()).toEqual({ done: true, value: undefined });
		expect(await results()).toEqual({ completed: 0, timed_out: 0, ignored_cancel: 1 });
	});
});

describe("timeout refuses", () => {
	it.each<[unknown, string]>([
		[2_000, "TypeError: timeout: options must be an object, got 2000; write { timeoutMs: 2000 }"],
		[undefined, "TypeError: timeout: one of timeoutMs, firstItemMs, idleMs is required, got none"],
		[{}, "TypeError: timeout: one of timeoutMs, firstItemMs, idleMs is required, got none"],
		[{ timeoutMs: 0 }, "RangeError: timeout: timeoutMs must be a positive integer, got 0"],
		[{ timeoutMs: "1s" }, 'TypeError: timeout: timeoutMs must be a positive integer, got "1s"'],
		[{ idleMs: 2 ** 31 }, "RangeError: timeout: idleMs must be at most 2147483647, got 2147483648"],
		[{ ms: 5 }, 'TypeError: timeout: unknown option "ms"; known options are timeoutMs, firstItemMs, idleMs'],
	])("%j", (options, message) => {
		let thrown: unknown;
		try {
			timeout(options as TimeoutOptions);
		} catch (error) {
			thrown = error;
		}
		expect(String(thrown)).toBe(message);
	});
});
