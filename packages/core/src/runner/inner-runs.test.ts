import { beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import { attempts, type Current, footlight, type Middleware, ownPrices } from "../index.ts";
import { exceptionsOf, milliseconds, registerSdk } from "../sdk.fixture.ts";
import { manualClock, spanTree } from "../testing/index.ts";

const recorded = registerSdk();
beforeEach(() => recorded.reset());

const boom = new Error("boom");
const prices = ownPrices({ m: { inputUsdPerMillionTokens: 1_000_000, outputUsdPerMillionTokens: 2_000_000 } });
const answer = { model: "m", usage: { input_tokens: 3, output_tokens: 1 } };

interface Draft {
	readonly text: string;
	readonly rounds: number;
}

function setUp() {
	const clock = manualClock();
	const metrics = recordMetrics();
	const light = footlight("docs-qa", { clock, prices, meterProvider: metrics.meterProvider });
	const ask = light.stage("ask", async (_: object) => answer, { kind: "model" });
	/** Asks a model twice, and takes a while for it. */
	const writing = light.graph({
		nodes: {
			write: async (draft: Draft, ctx) => {
				await ask({ model: "m" });
				await clock.sleep(10, ctx.signal);
				return { text: `${draft.text}!`, rounds: draft.rounds + 1 };
			},
			review: (draft) => draft,
		},
		edges: [
			{ from: "write", to: "review" },
			{ from: "review", to: "write", when: ({ rounds }) => rounds < 2 },
		],
		entry: "write",
	});
	return { clock, metrics, light, writing };
}

/** Spans that end after the one they stand in. */
function outlasting(): string[] {
	const spans = recorded.spans();
	return spans.flatMap(({ name, parentSpanContext, endTime }) => {
		const parent = spans.find((span) => span.spanContext().spanId === parentSpanContext?.spanId);
		return parent !== undefined && milliseconds(endTime) > milliseconds(parent.endTime) ? [name] : [];
	});
}

describe("a graph in a pipeline", () => {
	it("is a stage: a run of its own below the stage's span, and its report stands in the stage's", async () => {
		const { clock, metrics, light, writing } = setUp();
		const pipeline = light
			.pipeline()
			.stage("text", (text: string) => text)
			.stage("written", ["text"], writing, { input: ({ text }) => ({ text, rounds: 0 }) })
			.stage("shown", ["written"], ({ written }) => {
				expectTypeOf(written).toEqualTypeOf<Draft>();
				return written.text.toUpperCase();
			});
		const running = pipeline.run("to be", { runId: "outer", userId: "user-7" });
		await clock.advance(20);
		const { outcome, outputs, report } = await running;
		expect([outcome, outputs.shown]).toEqual(["ok", "TO BE!!"]);
		expect(spanTree(recorded.spans(), { show: ["outcome"] })).toBe(
			`
docs-qa (internal)
  outcome: "ok"
  text (internal)
    outcome: "ok"
  written (internal)
    outcome: "ok"
    -> text
    docs-qa (internal)
      outcome: "ok"
      write (internal)
        outcome: "ok"
        chat m (client)
          outcome: "ok"
      review (internal)
        outcome: "ok"
        -> write
      write (internal)
        outcome: "ok"
        -> review
        chat m (client)
          outcome: "ok"
      review (internal)
        outcome: "ok"
        -> write
  shown (internal)
    outcome: "ok"
    -> written
`.trim(),
		);
		const written = report.stages[1];
		const [inner] = written?.runs ?? [];
		expect(written?.runs).toHaveLength(1);
		expect(inner).toMatchObject({ outcome: "ok", parentRunId: "outer", durationMs: 20, traceId: report.traceId });
		expect(inner?.stages.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
			"write ok",
			"review ok",
			"write ok",
			"review ok",
		]);
		const [run] = recorded.spans().filter(({ name, parentSpanContext }) => name === "docs-qa" && parentSpanContext);
		expect(run?.attributes).toMatchObject({
			"pipeline.run.id": inner?.runId,
			"pipeline.parent_run.id": "outer",
			"user.id": "user-7",
		});
		const spent = { costUsd: 10, inputTokens: 6, outputTokens: 2 };
		for (const each of [report, written, inner]) expect(each?.spend).toMatchObject(spent);
		expect(await metrics.total("pipeline.cost.usd")).toBe(10);
		expect(await metrics.total("pipeline.runs", { outcome: "ok" })).toBe(2);
		expect(await metrics.total("pipeline.stage.calls", { "stage.name": "write", outcome: "ok" })).toBe(2);
		expect(await metrics.total("pipeline.stage.calls", { outcome: "ok" })).toBe(9);
		expect(outlasting()).toEqual([]);
	});

	it("may be run by a stage's own function, and for each item of a list", async () => {
		const { light } = setUp();
		const graph = light.graph({ nodes: { up: (count: number) => count + 1 }, edges: [], entry: "up" });
		const pipeline = light
			.pipeline()
			.stage("first", graph)
			.stage("own", ["first"], async ({ first }) => (await graph.run(first)).outputOrThrow())
			.map("each", ["own"], ({ own }) => [own, own + 1], graph);
		expectTypeOf(pipeline.run).parameter(0).toEqualTypeOf<number>();
		const { outputs, report } = await pipeline.run(1);
		expect(outputs).toEqual({ first: 2, own: 3, each: [4, 5] });
		expect(report.stages.map(({ runs }) => runs?.length)).toEqual([1, 1, undefined]);
		expect(report.stages[2]?.items?.map(({ runs }) => runs?.length)).toEqual([1, 1]);
		const text = light.pipeline().stage("text", () => "text");
		// @ts-expect-error - the graph takes a number
		const wrong = () => text.stage("graph", ["text"], graph);
		void wrong;
	});

	it("fails the stage with what it fails with, recorded once", async () => {
		const { light, metrics } = setUp();
		const graph = light.graph({ nodes: { bad: (): number => Promise.reject(boom) as never }, edges: [], entry: "bad" });
		const result = await light.pipeline().stage("graph", graph).run(1);
		expect(result).toMatchObject({ outcome: "error", error: boom });
		expect(result.report.stages[0]?.runs).toMatchObject([{ outcome: "error", error: boom, stages: [{ error: boom }] }]);
		expect(recorded.spans().map((span) => [span.name, exceptionsOf(span).length])).toEqual([
			["bad", 1],
			["docs-qa", 0],
			["graph", 0],
			["docs-qa", 0],
		]);
		expect(await metrics.total("pipeline.runs", { outcome: "error" })).toBe(2);
	});

	it.each(["cancelled", "timeout"] as const)("hears the end of the run around it: %s", async (outcome) => {
		const { clock, light, metrics, writing } = setUp();
		const aborting = new AbortController();
		const pipeline = light
			.pipeline()
			.stage("written", writing)
			.stage("own", async (draft: Draft) => (await writing.run(draft)).outputOrThrow());
		const running = pipeline.run(
			{ text: "", rounds: 0 },
			outcome === "timeout" ? { timeoutMs: 15 } : { signal: aborting.signal },
		);
		await clock.advance(15);
		aborting.abort();
		const { report } = await running;
		expect([report.outcome, report.durationMs]).toEqual([outcome, 15]);
		for (const stage of report.stages) {
			expect(stage).toMatchObject({ outcome, runs: [{ outcome, durationMs: 15, spend: { costUsd: 10 } }] });
			expect(stage.runs?.[0]?.stages.map((step) => step.outcome)).toEqual(["ok", "ok", outcome]);
		}
		expect(report.spend.costUsd).toBe(20);
		expect(await metrics.total("pipeline.runs", { outcome })).toBe(3);
		expect(await metrics.total("pipeline.run.active")).toBe(0);
		expect(await metrics.total("pipeline.stage.active")).toBe(0);
		expect(recorded.spans().flatMap(exceptionsOf)).toHaveLength(outcome === "timeout" ? 1 : 0);
		expect(outlasting()).toEqual([]);
	});

	it("notices the end of that run's time though none of its nodes lets a timer fire", async () => {
		let nowMs = 0;
		const still = manualClock();
		const clock = { now: () => still.now() + nowMs, monotonicMs: () => nowMs, sleep: still.sleep };
		const light = footlight("docs-qa", { clock });
		const graph = light.graph({
			nodes: { work: () => ++nowMs },
			edges: [{ from: "work", to: "work", when: () => true }],
			entry: "work",
			maxSteps: 1_000,
		});
		const { report } = await light.pipeline({ timeoutMs: 50 }).stage("graph", graph).run(0);
		expect([report.outcome, report.durationMs]).toEqual(["timeout", 50]);
		expect(report.stages[0]?.runs).toMatchObject([{ outcome: "timeout", durationMs: 50 }]);
	});

	it("stands in the report once for each attempt", async () => {
		const { light } = setUp();
		let calls = 0;
		const graph = light.graph({
			nodes: {
				flaky: (count: number) => {
					if (calls++ === 0) throw boom;
					return count;
				},
			},
			edges: [],
			entry: "flaky",
		});
		const twice: Middleware = (next) => {
			const attempt = attempts(next);
			return async (call) => {
				try {
					return await attempt(call);
				} catch {
					return await attempt({ ...call, attempt: 2 });
				}
			};
		};
		const { report } = await light
			.pipeline()
			.stage("graph", graph, { use: [twice] })
			.run(1);
		expect(report.stages[0]).toMatchObject({ outcome: "ok", attempts: 2, runs: [{ error: boom }, { outcome: "ok" }] });
	});

	it("is drawn as a frame", () => {
		const { light } = setUp();
		const graph = light.graph({ nodes: { up: (count: number) => count + 1 }, edges: [], entry: "up" });
		expect(light.pipeline().stage("graph", graph).toMermaid()).toBe(
			`
flowchart TD
  subgraph n0["graph"]
    n0_0(("start"))
    n0_1["up"]
    n0_2(("end"))
    n0_0 --> n0_1
    n0_1 --> n0_2
  end
`.trim(),
		);
	});
});

describe("runs in the node of a graph", () => {
	/** A graph of one node. */
	const around = (
		light: ReturnType<typeof setUp>["light"],
		run: (state: number, ctx: Current) => number | Promise<number>,
	) => light.graph({ nodes: { node: run }, edges: [], entry: "node" });

	it("of a pipeline stand in the node's report, with the money they spent", async () => {
		const { light } = setUp();
		const pipeline = light.pipeline().stage("double", (count: number, ctx) => {
			ctx.addCost(2);
			return count * 2;
		});
		const graph = around(light, async (state) => (await pipeline.run(state)).outputsOrThrow().double);
		const { report } = await graph.run(1, { runId: "outer" });
		expect(report).toMatchObject({ outcome: "ok", spend: { costUsd: 2 } });
		expect(report.stages).toMatchObject([
			{ name: "node", spend: { costUsd: 2 }, runs: [{ outcome: "ok", parentRunId: "outer", spend: { costUsd: 2 } }] },
		]);
		expect(report.stages[0]?.runs?.[0]?.stages).toMatchObject([{ name: "double", outcome: "ok" }]);
	});

	it("of another graph do, a node that is one included", async () => {
		const { light } = setUp();
		const inner = around(light, (state) => state + 1);
		const graph = light.graph({
			nodes: { inner, own: async (state: number) => (await inner.run(state)).outputOrThrow() },
			edges: [{ from: "inner", to: "own" }],
			entry: "inner",
		});
		const { report } = await graph.run(1, { runId: "outer" });
		expect(report.stages.map(({ runs }) => runs?.map((run) => run.parentRunId))).toEqual([["outer"], ["outer"]]);
	});

	it.each([
		["somebody", setUp().light],
		["nobody", footlight("docs-qa", { use: [] })],
	])("belong to the node also when a stage in it starts them, where %s observes", async (_, light) => {
		const inner = around(light, (state) => state + 1);
		const within = light.stage("within", async (state: number) => (await inner.run(state)).outputOrThrow());
		const { report } = await around(light, within).run(1);
		expect(report.stages[0]?.runs).toMatchObject([{ outcome: "ok" }]);
	});

	it("belong to a run between the two", async () => {
		const { light } = setUp();
		const inner = around(light, (state) => state + 1);
		const graph = around(light, (state) => light.run(async () => (await inner.run(state)).outputOrThrow()));
		expect((await graph.run(1)).report.stages[0]?.runs).toBeUndefined();
	});

	it("come to their end before the node is given up, and stand in its report", async () => {
		const { clock, light, metrics } = setUp();
		const deaf = light.pipeline({ cancelGraceMs: 5 }).stage("deaf", (_: number, ctx) => {
			ctx.addCost(1);
			return clock.sleep(1_000);
		});
		const heeding = around(light, async (state, ctx) => {
			ctx.addCost(1);
			await clock.sleep(1_000, ctx.signal);
			return state;
		});
		const outer = light.graph({
			nodes: {
				node: async (state: number) => {
					await Promise.all([deaf.run(state), heeding.run(state)]);
					throw new Error("it is given up by now");
				},
			},
			edges: [],
			entry: "node",
			timeoutMs: 10,
		});
		const running = outer.run(1);
		await clock.advance(2_000);
		const { report } = await running;
		expect([report.outcome, report.durationMs, report.spend.costUsd]).toEqual(["timeout", 15, 2]);
		expect(report.stages).toMatchObject([
			{
				outcome: "timeout",
				durationMs: 15,
				runs: [
					{ outcome: "timeout", durationMs: 10 },
					{ outcome: "timeout", durationMs: 15 },
				],
			},
		]);
		expect(await metrics.total("pipeline.runs", { outcome: "timeout" })).toBe(3);
		expect(outlasting()).toEqual([]);
	});

	it("end with a stream that the node gives", async () => {
		const { clock, light } = setUp();
		const inner = around(light, async (state, ctx) => {
			await clock.sleep(10, ctx.signal);
			return state;
		});
		const graph = light.graph({
			nodes: {
				node: async function* (state: number) {
					for (;;) yield (await inner.run(state)).outputOrThrow();
				},
			},
			edges: [],
			entry: "node",
			timeoutMs: 25,
		});
		const running = graph.run(1);
		await clock.advance(100);
		const { report } = await running;
		expect(report.stages[0]?.runs?.map(({ outcome }) => outcome)).toEqual(["ok", "ok", "timeout"]);
		expect(outlasting()).toEqual([]);
	});

	it("are kept as far as the last 128 go, so that a node that starts them for ever fills no memory", async () => {
		const { light } = setUp();
		const inner = around(light, (state) => state);
		const graph = around(light, async (state) => {
			for (let count = 1; count <= 200; count++) await inner.run(state, { runId: `run-${count}` });
			return state;
		});
		const runs = (await graph.run(1)).report.stages[0]?.runs;
		expect([runs?.length, runs?.at(0)?.runId, runs?.at(-1)?.runId]).toEqual([128, "run-73", "run-200"]);
	});
});
