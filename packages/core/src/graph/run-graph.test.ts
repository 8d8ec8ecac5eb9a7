import { setImmediate as nextTurn } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import {
	asyncLayer,
	EdgeError,
	footlight,
	type GraphOptions,
	InterruptedError,
	layer,
	type Middleware,
	markOutcome,
	observe,
	StepLimitError,
	TimeoutError,
} from "../index.ts";
import { exceptionsOf, registerSdk } from "../sdk.fixture.ts";
import { manualClock, recordingLogger, spanTree } from "../testing/index.ts";

const recorded = registerSdk();
beforeEach(() => recorded.reset());

const light = footlight("docs-qa");
const boom = new TypeError("boom");

/** A clock whose time passes only while somebody works, so that no timer ever fires. */
function busyClock() {
	let workedMs = 0;
	const still = manualClock();
	return {
		clock: { now: () => still.now() + workedMs, monotonicMs: () => workedMs, sleep: still.sleep },
		work(durationMs: number) {
			workedMs += durationMs;
			return workedMs;
		},
	};
}

/** a > b > a ... until the state has counted to ten. */
const counting: GraphOptions<number, "a" | "b"> = {
	nodes: { a: (state) => state + 1, b: async (state) => state + 1 },
	edges: [
		{ from: "a", to: "b" },
		{ from: "b", to: "a", when: (state) => state < 10 },
	],
	entry: "a",
};

describe("a run", () => {
	it("goes along the edges until none is open", async () => {
		const result = await light.graph(counting).run(6);
		expect(result.outcome).toBe("ok");
		expect(result.outputOrThrow()).toBe(10);
		expect(result.report.stages.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
			"a ok",
			"b ok",
			"a ok",
			"b ok",
		]);
		expect(spanTree(recorded.spans(), { show: ["outcome"] })).toBe(
			`
docs-qa (internal)
  outcome: "ok"
  a (internal)
    outcome: "ok"
  b (internal)
    outcome: "ok"
    -> a
  a (internal)
    outcome: "ok"
    -> b
  b (internal)
    outcome: "ok"
    -> a
`.trim(),
		);
	});

	it("takes the first listed edge that is open", async () => {
		const asked: string[] = [];
		const when = (name: string, answer: boolean) => () => {
			asked.push(name);
			return answer;
		};
		const graph = light.graph({
			nodes: { a: (state: string) => `${state}a`, b: (state) => `${state}b`, c: (state) => `${state}c` },
			edges: [
				{ from: "a", to: "b", when: when("b", false) },
				{ from: "a", to: () => undefined },
				{ from: "a", to: (state) => (state === "a" ? "c" : undefined), targets: ["c", "b"] },
				{ from: "a", to: "b", when: when("late", true) },
			],
			entry: "a",
		});
		expect((await graph.run("")).outputOrThrow()).toBe("ac");
		expect(asked).toEqual(["b"]);
	});

	it("does not reject for a node that fails: the report holds it, and the state before it is kept", async () => {
		const graph = light.graph({
			nodes: {
				a: (state: number) => state + 1,
				b: (): number => {
					throw boom;
				},
			},
			edges: [{ from: "a", to: "b" }],
			entry: "a",
		});
		const result = await graph.run(1, { runId: "run-1", userId: "user-7" });
		expect(result).toMatchObject({ outcome: "error", error: boom, state: 2 });
		expect(() => result.outputOrThrow()).toThrow(boom);
		expect(result.report).toMatchObject({ pipeline: "docs-qa", runId: "run-1", outcome: "error", error: boom });
		expect(result.report.stages).toMatchObject([
			{ name: "a", kind: "stage", outcome: "ok", attempts: 1, queuedMs: 0 },
			{ name: "b", outcome: "error", error: boom, attempts: 1 },
		]);
		expect("error" in (result.report.stages[0] ?? {})).toBe(false);
		const run = recorded.span("docs-qa");
		expect(run.attributes).toMatchObject({ outcome: "error", "user.id": "user-7", "pipeline.run.id": "run-1" });
		expect(result.report.traceId).toBe(run.spanContext().traceId);
		expect([exceptionsOf(run), exceptionsOf(recorded.span("b"))]).toEqual([[], ["boom"]]);
	});

	it("tells undefined, when that is what was thrown", async () => {
		const graph = light.graph({
			nodes: { a: (state: number): number => (state > 0 ? Promise.reject() : 0) as unknown as number },
			edges: [],
			entry: "a",
		});
		const result = await graph.run(1);
		expect(result).toMatchObject({ outcome: "error", error: undefined });
		expect("error" in result.report && "error" in (result.report.stages[0] ?? {})).toBe(true);
	});

	it("ends at its step bound, names the last steps and keeps the state", async () => {
		const graph = light.graph({ ...counting, maxSteps: 5 });
		const result = await graph.run(-100);
		expect(result).toMatchObject({ outcome: "error", state: -95 });
		const { error } = result as { error: StepLimitError };
		expect(error).toBeInstanceOf(StepLimitError);
		expect(error).toMatchObject({ code: "step_limit", maxSteps: 5, lastNodes: ["a", "b", "a", "b", "a", "b"] });
		expect(error.message).toBe(
			"[step_limit] the graph took 5 steps and wanted to go on: a > b > a > b > a > b; raise maxSteps if it may",
		);
		expect(result.report.stages).toHaveLength(6);
		expect(result.report.stages.at(-1)).toMatchObject({
			name: "b",
			outcome: "cancelled",
			notRun: "run_ended",
			attempts: 0,
		});
		expect(recorded.span("docs-qa").attributes["error.type"]).toBe("step_limit");
		expect(exceptionsOf(recorded.span("docs-qa"))).toEqual([error.message]);
	});

	it("takes a hundred thousand synchronous steps in the same turn, without a stack to overflow", async () => {
		const quiet = footlight("docs-qa", { use: [] });
		const graph = quiet.graph({
			nodes: { up: (state: number) => state + 1 },
			edges: [{ from: "up", to: "up", when: (state) => state < 100_000 }],
			entry: "up",
			maxSteps: 100_000,
		});
		const result = await graph.run(0);
		expect(result.outputOrThrow()).toBe(100_000);
		expect(result.report.stages).toHaveLength(100_000);
	});

	it("hands a node its ctx, and light.current() is the same, whether anybody listens or not", async () => {
		for (const each of [light, footlight("docs-qa", { use: [] })]) {
			const graph = each.graph({
				nodes: {
					a: async (state: number, ctx) => {
						expect(each.current()).toBe(ctx);
						await null;
						expect(each.current()).toBe(ctx);
						expect(ctx.ids.runId).toBe("run-1");
						ctx.addCost(0.25);
						each.stage("inside", () => each.current().addCost(0.5))();
						return state;
					},
				},
				edges: [{ from: "a", to: "a", when: (_, ctx) => ctx.ids.runId === "another" }],
				entry: "a",
			});
			const { report } = await graph.run(1, { runId: "run-1" });
			expect([report.outcome, report.spend.costUsd, report.stages[0]?.spend.costUsd]).toEqual(["ok", 0.75, 0.75]);
		}
	});

	it("counts what a failed node spent as wasted", async () => {
		for (const each of [light, footlight("docs-qa", { use: [] })]) {
			const graph = each.graph({
				nodes: {
					a: (state: number, ctx) => {
						ctx.addCost(0.5);
						if (state > 0) throw boom;
						return state;
					},
				},
				edges: [],
				entry: "a",
			});
			expect((await graph.run(1)).report.spend).toMatchObject({ costUsd: 0.5, wastedUsd: 0.5 });
			expect((await graph.run(0)).report.spend).toMatchObject({ costUsd: 0.5, wastedUsd: 0 });
		}
	});
});

describe("what a node gives is taken as await takes it:", () => {
	class Late extends Promise<number> {}
	const odd: readonly [what: string, give: () => unknown, outcome: string][] = [
		["a promise of a class of its own", () => Late.resolve(2), "ok"],
		["a promise with a then of its own", () => Object.assign(Promise.resolve(2), { then: () => undefined }), "ok"],
		[
			"a thenable that takes one argument and answers twice",
			() => ({
				then(done: (value: number) => void) {
					done(2);
					done(3);
				},
			}),
			"ok",
		],
		[
			"a thenable that gives nothing back and fails",
			() => ({
				then(_: unknown, fail: (error: unknown) => void) {
					fail(boom);
				},
			}),
			"error",
		],
		[
			"a thenable that throws",
			() => ({
				then() {
					throw boom;
				},
			}),
			"error",
		],
		[
			"a thenable that throws once it has answered",
			() => ({
				then(done: (value: number) => void) {
					done(2);
					throw boom;
				},
			}),
			"ok",
		],
	];
	it("an object whose then cannot be read is handed on as it is", async () => {
		const odd = Object.defineProperty({}, "then", {
			get() {
				throw boom;
			},
		});
		const graph = light.graph({ nodes: { a: (_: object) => odd }, edges: [], entry: "a" });
		const result = await graph.run({});
		expect(result.outcome === "ok" && result.output === odd).toBe(true);
		expect(recorded.span("a").attributes.outcome).toBe("ok");
	});

	for (const use of [undefined, []]) {
		const each = footlight("docs-qa", use && { use });
		it.each(odd)(`%s, ${use === undefined ? "heard" : "unheard"}`, async (_, give, outcome) => {
			const a = give as (state: number) => number;
			for (const graph of [
				each.graph({ nodes: { a }, edges: [], entry: "a" }),
				each.graph({ nodes: { a, b: (state) => state }, edges: [{ from: "a", to: "b" }], entry: "a" }),
			]) {
				recorded.reset();
				const result = await graph.run(1);
				expect(result.outcome === "ok" ? result.output : result.error).toBe(outcome === "ok" ? 2 : boom);
				expect(result.report.stages[0]).toMatchObject({ outcome, attempts: 1 });
				expect(recorded.spans().find(({ name }) => name === "a")?.attributes.outcome).toBe(use ? undefined : outcome);
			}
		});
	}
});

describe("layers around a node", () => {
	const naming =
		(name: string, log: string[]): Middleware =>
		(next) =>
		(call) => {
			log.push(`${name}:${call.name}`);
			return next({ ...call, input: [`${call.input[0]}${name}`] });
		};

	it("stand in the order pipeline, graph, node, and change what the node is given", async () => {
		const log: string[] = [];
		const each = footlight("docs-qa", { use: [observe(), naming("P", log)] });
		const graph = each.graph({
			nodes: { a: { run: (state: string) => state, use: [naming("N", log)] }, b: (state) => state },
			edges: [{ from: "a", to: "b" }],
			entry: "a",
			middleware: [naming("G", log)],
		});
		expect((await graph.run("")).outputOrThrow()).toBe("PGNPG");
		expect(log).toEqual(["P:a", "G:a", "N:a", "P:b", "G:b"]);
	});

	it("may leave a node out, which leaves the state as it is, or answer in its place", async () => {
		const skipping = layer({ name: "skipping" }, () => (call) => markOutcome(call, "skipped"));
		const falling = asyncLayer({ name: "falling" }, (next) => async (call) => {
			try {
				return await next(call);
			} catch (error) {
				markOutcome(call, "fallback", error);
				return "instead";
			}
		});
		const never = (): string => {
			throw boom;
		};
		const graph = light.graph({
			nodes: {
				a: { run: never, use: [skipping] },
				b: (state: string) => `${state}b`,
				c: { run: never, use: [falling] },
			},
			edges: [
				{ from: "a", to: "b" },
				{ from: "b", to: "c" },
			],
			entry: "a",
		});
		const result = await graph.run("x");
		expect(result.outputOrThrow()).toBe("instead");
		expect(result.report.stages).toMatchObject([
			{ outcome: "skipped", attempts: 0 },
			{ outcome: "ok" },
			{ outcome: "fallback", error: boom, attempts: 1 },
		]);
		expect(recorded.span("c").attributes.outcome).toBe("fallback");
	});

	it("see an interrupted node end the run as interrupted, thrown or marked", async () => {
		const waiting = layer({ name: "waiting" }, () => (call) => markOutcome(call, "interrupted"));
		for (const a of [
			() => {
				throw new InterruptedError("ask a person");
			},
			{ run: (state: number) => state, use: [waiting] },
		]) {
			recorded.reset();
			const graph = light.graph<number>({
				nodes: { a, b: (state) => state },
				edges: [{ from: "a", to: "b" }],
				entry: "a",
			});
			const result = await graph.run(1);
			expect(result).toMatchObject({ outcome: "interrupted", state: 1, error: expect.any(InterruptedError) });
			expect(result.report.stages.map(({ outcome }) => outcome)).toEqual(["interrupted"]);
			expect(recorded.span("docs-qa").attributes.outcome).toBe("interrupted");
			expect(recorded.span("a").attributes.outcome).toBe("interrupted");
		}
	});
});

describe("conditions", () => {
	const failing = (when: unknown, to: unknown = "b") =>
		light.graph({
			nodes: { a: (state: number) => state + 1, b: (state) => state },
			edges: [{ from: "a", to, when } as never, { from: "a", to: "b" }],
			entry: "a",
		});

	it("that throw fail the run: the error names the edge and keeps the cause", async () => {
		const result = await failing(() => {
			throw boom;
		}).run(1);
		expect(result).toMatchObject({
			outcome: "error",
			state: 2,
			error: { code: "edge_failed", from: "a", cause: boom },
		});
		expect(result.report.stages.map(({ name, outcome }) => [name, outcome])).toEqual([["a", "ok"]]);
		const { error } = result as { error: EdgeError };
		expect(error).toBeInstanceOf(EdgeError);
		expect(error.message).toBe("[edge_failed] edge a > b: when threw TypeError: boom");
		expect(exceptionsOf(recorded.span("docs-qa"))).toEqual([error.message]);
		expect(exceptionsOf(recorded.span("a"))).toEqual([]);
	});

	it.each([
		[async () => false, "b", "edge a > b: when must return true or false, got an instance of Promise"],
		[async () => Promise.reject(boom), "b", "edge a > b: when must return true or false, got an instance of Promise"],
		[() => 1, "b", "edge a > b: when must return true or false, got 1"],
		[undefined, () => "x", 'edge a > a choice: to must return a node or undefined, got "x"'],
		[undefined, () => 7, "edge a > a choice: to must return the name of a node or undefined, got 7"],
		[
			undefined,
			function byScore() {
				throw boom;
			},
			"edge a > byScore: to threw TypeError: boom",
		],
	])("and functions that answer with what they may not do, too", async (when, to, message) => {
		const result = await failing(when, to).run(1);
		expect(result).toMatchObject({ outcome: "error", error: { message: `[edge_failed] ${message}` } });
		await nextTurn();
	});
});

describe("giving a run up", () => {
	const hanging = { nodes: { a: (): Promise<number> => new Promise(() => {}) }, edges: [], entry: "a" } as const;

	it("does not wait for a node that heeds no signal, and ends its span", async () => {
		const aborting = new AbortController();
		const running = light.graph(hanging).run(1, { signal: aborting.signal });
		await nextTurn();
		aborting.abort();
		const result = await running;
		expect(result).toMatchObject({ outcome: "cancelled", state: 1, error: aborting.signal.reason });
		expect(result.report.stages).toMatchObject([{ name: "a", outcome: "cancelled", error: aborting.signal.reason }]);
		expect(recorded.spans().map(({ name, attributes }) => `${name} ${attributes.outcome}`)).toEqual([
			"a cancelled",
			"docs-qa cancelled",
		]);
	});

	it("reaches the node's ctx, light.current() and what a layer waits for", async () => {
		const aborting = new AbortController();
		const heard: string[] = [];
		const graph = light.graph({
			nodes: {
				a: (_: number, ctx): Promise<number> => {
					ctx.signal.addEventListener("abort", () => heard.push("ctx"));
					light.current().signal.addEventListener("abort", () => heard.push("current"));
					return new Promise(() => {});
				},
			},
			edges: [],
			entry: "a",
			middleware: [
				asyncLayer({ name: "waiting" }, (next) => async (call) => {
					try {
						return await next(call);
					} finally {
						heard.push("layer");
					}
				}),
			],
		});
		const running = graph.run(1, { signal: aborting.signal });
		await nextTurn();
		aborting.abort();
		await running;
		await nextTurn();
		expect(heard.sort()).toEqual(["ctx", "current", "layer"]);
	});

	it("runs nothing when it was given up before", async () => {
		const reason = new Error("gone");
		const result = await light.graph(counting).run(1, { signal: AbortSignal.abort(reason) });
		expect(result).toMatchObject({ outcome: "cancelled", error: reason, state: 1 });
		expect(result.report.stages).toMatchObject([{ name: "a", notRun: "run_ended" }]);
	});

	it("happens between two steps, too", async () => {
		const aborting = new AbortController();
		const graph = light.graph({
			nodes: {
				a: (state: number) => {
					aborting.abort();
					return state + 1;
				},
				b: (state) => state,
			},
			edges: [{ from: "a", to: "b" }],
			entry: "a",
		});
		const result = await graph.run(1, { signal: aborting.signal });
		expect(result).toMatchObject({ outcome: "cancelled", state: 2 });
		expect(result.report.stages).toMatchObject([
			{ name: "a", outcome: "ok" },
			{ name: "b", notRun: "run_ended" },
		]);
	});

	it("comes with a time, of the graph or of the run, and leaves no timer", async () => {
		const clock = manualClock();
		const timed = footlight("docs-qa", { clock });
		const graph = timed.graph({ ...hanging, timeoutMs: 50 });
		for (const [options, timeoutMs] of [[{}, 50] as const, [{ timeoutMs: 20 }, 20] as const]) {
			recorded.reset();
			const running = graph.run(1, options);
			await clock.advance(timeoutMs - 1);
			expect(recorded.spans()).toEqual([]);
			await clock.advance(1);
			const result = await running;
			expect(result).toMatchObject({ outcome: "timeout", error: expect.any(TimeoutError) });
			expect(result.report).toMatchObject({ durationMs: timeoutMs });
			expect(result.report.stages).toMatchObject([{ outcome: "timeout", durationMs: timeoutMs }]);
			expect(exceptionsOf(recorded.span("a"))).toEqual([
				`[timeout] graph docs-qa did not settle within ${timeoutMs} ms`,
			]);
			expect(exceptionsOf(recorded.span("docs-qa"))).toEqual([]);
			expect(clock.pendingSleeps).toBe(0);
		}
		await timed.graph(counting).run(1, { timeoutMs: 50 });
		expect(clock.pendingSleeps).toBe(0);
	});

	it("is noticed by synchronous nodes, which let no timer fire", async () => {
		const { clock, work } = busyClock();
		const graph = footlight("docs-qa", { clock }).graph({
			nodes: {
				a: (state: number) => {
					work(30);
					return state + 1;
				},
			},
			edges: [{ from: "a", to: "a", when: () => true }],
			entry: "a",
		});
		const result = await graph.run(0, { timeoutMs: 50 });
		expect(result).toMatchObject({ outcome: "timeout", state: 2, report: { durationMs: 60 } });
	});

	it.each([
		[
			"a synchronous generator",
			(turn: () => number) =>
				function* () {
					for (;;) yield turn();
				},
		],
		[
			"an asynchronous generator",
			(turn: () => number) =>
				async function* () {
					for (;;) yield turn();
				},
		],
	])("is noticed by %s without end, which lets no timer fire", async (_, generator) => {
		const { clock, work } = busyClock();
		const run = generator(() => work(1));
		const graph = footlight("docs-qa", { clock }).graph({
			nodes: { a: run as never },
			edges: [],
			entry: "a",
			timeoutMs: 50,
		});
		const { outcome, report } = await graph.run(0);
		expect([outcome, report.durationMs]).toEqual(["timeout", 50]);
		expect(recorded.span("a").attributes).toMatchObject({ outcome: "timeout", "stream.item_count": 50 });
	});

	it("is noticed by a stream without end though only a real timer tells of it", async () => {
		const graph = light.graph({
			nodes: {
				a: function* () {
					for (;;) yield 1;
				} as never,
			},
			edges: [],
			entry: "a",
		});
		expect((await graph.run(0, { signal: AbortSignal.timeout(1) })).outcome).toBe("timeout");
	});

	it("is noticed by synchronous nodes though the time is that of the run around", async () => {
		const { clock, work } = busyClock();
		const timed = footlight("docs-qa", { clock });
		const inner = timed.graph({
			nodes: { deep: () => work(1) },
			edges: [{ from: "deep", to: "deep", when: () => true }],
			entry: "deep",
			maxSteps: 1_000,
		});
		const outer = timed.graph({ nodes: { inner }, edges: [], entry: "inner", timeoutMs: 50 });
		const { outcome, report } = await outer.run(0);
		expect([outcome, report.durationMs]).toEqual(["timeout", 50]);
		expect(report.stages[0]?.runs).toMatchObject([{ outcome: "timeout", durationMs: 50 }]);
		expect(recorded.spans().flatMap(exceptionsOf)).toHaveLength(1);
	});

	it("ends a stream whose source never answers, and lets go of it", async () => {
		const aborting = new AbortController();
		let left = false;
		const graph = light.graph({
			nodes: {
				a: (_: string) => ({
					[Symbol.asyncIterator]: () => {
						let count = 0;
						return {
							next: () => (count++ < 2 ? Promise.resolve({ done: false, value: count }) : new Promise<never>(() => {})),
							return: async () => {
								left = true;
								return { done: true as const, value: undefined };
							},
						};
					},
				}),
			},
			edges: [],
			entry: "a",
		});
		const running = graph.run("", { signal: aborting.signal });
		await nextTurn();
		aborting.abort();
		expect(await running).toMatchObject({ outcome: "cancelled", state: "" });
		expect(left).toBe(true);
		expect(recorded.span("a").attributes).toMatchObject({ outcome: "cancelled", "stream.item_count": 2 });
	});
});

describe("a stream at the end", () => {
	it("is collected in the context of its node, whoever listens", async () => {
		for (const each of [light, footlight("docs-qa", { use: [] })]) {
			const inside = each.stage("inside", (item: number) => item * 2);
			const graph = each.graph({
				nodes: {
					a: async function* (state: number, ctx) {
						for (let item = 0; item < state; item++) {
							await null;
							expect(each.current()).toBe(ctx);
							each.current().addCost(1);
							yield inside(item);
						}
					},
				},
				edges: [],
				entry: "a",
			});
			const result = await graph.run(3);
			expect(result.outputOrThrow()).toEqual([0, 2, 4]);
			expect(result.report.stages[0]?.spend.costUsd).toBe(3);
		}
		expect(spanTree(recorded.spans(), { show: ["stream.item_count"] })).toBe(
			"docs-qa (internal)\n  a (internal)\n    stream.item_count: 3\n    inside (internal)\n    inside (internal)\n    inside (internal)",
		);
	});

	it.each([
		[
			"a Web stream",
			() =>
				new ReadableStream({
					start(controller) {
						controller.enqueue("x");
						controller.close();
					},
				}),
		],
		[
			"a promise of a generator",
			async () =>
				(async function* () {
					yield "x";
				})(),
		],
		[
			"a synchronous generator",
			function* () {
				yield "x";
			},
		],
	])("may be %s", async (_, give) => {
		const graph = light.graph({ nodes: { a: give as () => AsyncIterable<string> }, edges: [], entry: "a" });
		expect((await graph.run(0)).outputOrThrow()).toEqual(["x"]);
		expect(recorded.span("a").attributes).toMatchObject({ outcome: "ok", "stream.item_count": 1 });
	});

	it.each([
		[
			"a Web stream that somebody else reads",
			() => {
				const stream = new ReadableStream();
				stream.getReader();
				return stream;
			},
			/locked/,
		],
		[
			"an iteration that gives no iterator",
			() => ({ [Symbol.asyncIterator]: () => undefined }),
			/^TypeError: graph: node a gave a stream that cannot be read: its iteration gave no iterator$/,
		],
		[
			"steps that are none",
			() => ({ [Symbol.asyncIterator]: () => ({ next: () => undefined }) }),
			/^TypeError: graph: node a gave a stream that cannot be read: next\(\) gave undefined, not { done, value }$/,
		],
		[
			"steps that come to nothing",
			() => ({ [Symbol.asyncIterator]: () => ({ next: async () => 1 }) }),
			/next\(\) gave 1/,
		],
		["an iterator without next", () => ({ [Symbol.asyncIterator]: () => ({}) }), /TypeError/],
	])("fails its node where it cannot be read: %s", async (_, give, message) => {
		const metrics = recordMetrics();
		const counted = footlight("docs-qa", { meterProvider: metrics.meterProvider });
		for (const each of [counted, footlight("docs-qa", { use: [] })]) {
			const graph = each.graph({ nodes: { a: give as never }, edges: [], entry: "a" });
			const { outcome, report } = await graph.run(0);
			expect([outcome, report.stages[0]?.outcome, String(report.stages[0]?.error)]).toEqual([
				"error",
				"error",
				expect.stringMatching(message),
			]);
		}
		expect(recorded.span("a").attributes.outcome).toBe("error");
		expect(exceptionsOf(recorded.span("a"))).toHaveLength(1);
		expect(await metrics.total("pipeline.stage.calls", { outcome: "error" })).toBe(1);
		expect(await metrics.total("pipeline.stage.calls", { outcome: "ok" })).toBe(0);
	});

	it("that breaks off is the node's failure", async () => {
		const graph = light.graph({
			nodes: {
				a: async function* (_: number) {
					yield 1;
					throw boom;
				},
			},
			edges: [],
			entry: "a",
		});
		expect(await graph.run(7)).toMatchObject({ outcome: "error", error: boom, state: 7 });
		expect(exceptionsOf(recorded.span("a"))).toEqual(["boom"]);
	});

	it("is refused of a node that an edge leads on from, and closed", async () => {
		let closed = false;
		const stream = {
			next: async () => ({ done: false as const, value: 1 }),
			return: async () => {
				closed = true;
				return { done: true as const, value: undefined };
			},
			[Symbol.asyncIterator]() {
				return this;
			},
		};
		const graph = light.graph({
			nodes: { a: (_: number) => stream, b: (state) => state },
			edges: [{ from: "a", to: "b" }],
			entry: "a",
		});
		const result = await graph.run(1);
		expect(String((result as { error: unknown }).error)).toBe(
			"TypeError: graph: node a gave a stream; only a node that no edge leads on from may",
		);
		expect([closed, recorded.span("a").attributes.outcome]).toEqual([true, "error"]);
	});
});

describe("a graph within a graph", () => {
	it("is a run of its own in the same trace, and what stops it stops the node", async () => {
		const inner = light.graph({
			nodes: { deep: (state: number) => (state > 5 ? Promise.reject(boom) : state + 1) },
			edges: [],
			entry: "deep",
		});
		const outer = light.graph({
			nodes: { a: (state: number) => state + 1, inner },
			edges: [{ from: "a", to: "inner" }],
			entry: "a",
		});
		expect((await outer.run(1)).outputOrThrow()).toBe(3);
		expect(spanTree(recorded.spans(), { show: [] })).toBe(
			"docs-qa (internal)\n  a (internal)\n  inner (internal)\n    -> a\n    docs-qa (internal)\n      deep (internal)",
		);
		recorded.reset();
		expect(await outer.run(9)).toMatchObject({ outcome: "error", error: boom, state: 10 });
		expect(recorded.spans().flatMap(exceptionsOf)).toEqual(["boom"]);
	});

	it("hears the outer run's signal and knows its id", async () => {
		const aborting = new AbortController();
		const reports: unknown[] = [];
		const inner = light.graph({
			nodes: { deep: (): Promise<number> => new Promise(() => {}) },
			edges: [],
			entry: "deep",
		});
		const outer = light.graph({
			nodes: {
				a: async () => {
					const result = await inner.run(1);
					reports.push(result.report);
					return result.outputOrThrow();
				},
			},
			edges: [],
			entry: "a",
		});
		const running = outer.run(1, { runId: "outer", signal: aborting.signal });
		await nextTurn();
		aborting.abort();
		expect((await running).outcome).toBe("cancelled");
		await nextTurn();
		expect(reports).toMatchObject([{ outcome: "cancelled", parentRunId: "outer" }]);
	});

	it("goes no deeper than maxNesting", async () => {
		const graph = light.graph({
			nodes: { a: async (state: number): Promise<number> => (await graph.run(state + 1)).outputOrThrow() },
			edges: [],
			entry: "a",
			maxNesting: 4,
		});
		const result = await graph.run(1);
		expect(() => result.outputOrThrow()).toThrow(
			new RangeError("graph docs-qa: runs within runs must be at most maxNesting = 4, got 5"),
		);
		expect(recorded.spans().filter(({ name }) => name === "docs-qa")).toHaveLength(4);
	});
});

describe("what is recorded", () => {
	it("counts each node from zero, before it was ever called", async () => {
		const metrics = recordMetrics();
		const counted = footlight("docs-qa", { meterProvider: metrics.meterProvider, logger: recordingLogger() });
		const graph = counted.graph(counting);
		expect(await metrics.points("pipeline.stage.calls", { "stage.name": "b", outcome: "error" })).toMatchObject([
			{ value: 0 },
		]);
		await graph.run(6);
		expect(await metrics.total("pipeline.stage.calls", { outcome: "ok" })).toBe(4);
		expect(await metrics.total("pipeline.runs", { outcome: "ok" })).toBe(1);
	});

	it("is the same report where layers of others stand outermost", async () => {
		const plain: Middleware = (next) => (call) => next(call);
		for (const use of [[], [plain], [plain, observe()], [layer({ name: "watch", observes: true }, plain)]]) {
			const each = footlight("docs-qa", { use });
			const graph = each.graph({
				nodes: { a: async (state: number) => state, b: (): number => Promise.reject(boom) as never },
				edges: [{ from: "a", to: "b" }],
				entry: "a",
			});
			const { report } = await graph.run(1);
			expect(report).toMatchObject({ outcome: "error", error: boom });
			expect(report.stages.map(({ outcome, attempts }) => [outcome, attempts])).toEqual([
				["ok", 1],
				["error", 1],
			]);
			expect(report.stages.every(({ startedAtMs }) => (startedAtMs ?? 0) >= report.startedAtMs)).toBe(true);
		}
	});
});
