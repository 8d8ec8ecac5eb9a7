import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
	footlight,
	fromGraphMiddleware,
	type GraphErrorContext,
	type GraphMiddleware,
	type GraphReport,
	InterruptedError,
	type Middleware,
	telemetryFailures,
} from "../index.ts";
import { exceptionsOf, registerSdk } from "../sdk.fixture.ts";
import { manualClock, spanTree } from "../testing/index.ts";

const recorded = registerSdk();
beforeEach(() => {
	recorded.reset();
	vi.spyOn(process, "emitWarning").mockReturnValue();
});
afterEach(() => vi.restoreAllMocks());

const light = footlight("docs-qa");
const boom = new Error("boom");
const brokenHooks = () => telemetryFailures().get("graph middleware") ?? 0;

/** A graph of one node that notes its calls and fails as often as it is told. */
function failing(times: number, hooks: GraphMiddleware<string> | readonly GraphMiddleware<string>[], maxRetries = 3) {
	const calls: string[] = [];
	const graph = light.graph({
		nodes: {
			a: (state: string) => {
				calls.push(state);
				if (calls.length <= times) throw boom;
				return `${state}a`;
			},
			b: (state) => `${state}b`,
		},
		edges: [{ from: "a", to: "b" }],
		entry: "a",
		middleware: [fromGraphMiddleware(hooks, { maxRetries })],
	});
	return { graph, calls };
}

function noting(name: string, log: string[]): GraphMiddleware<string> {
	return {
		async onStart(_, next) {
			log.push(`${name} start`);
			await next();
			log.push(`${name} started`);
		},
		async onNode(request, next) {
			log.push(`${name} ${request.nodeId}`);
			const state = await next(request);
			log.push(`${name} ${request.nodeId} gave ${state}`);
			return state;
		},
		onFinish: ({ outcome }) => void log.push(`${name} finish ${outcome}`),
	};
}

describe("the order of hooks", () => {
	it("nests onStart around the whole run and onNode around each node, and reverses onFinish", async () => {
		const log: string[] = [];
		await failing(0, [noting("1", log), noting("2", log)]).graph.run("");
		expect(log).toEqual([
			...["1 start", "2 start"],
			...["1 a", "2 a", "2 a gave a", "1 a gave a"],
			...["1 b", "2 b", "2 b gave ab", "1 b gave ab"],
			...["2 started", "1 started"],
			...["2 finish ok", "1 finish ok"],
		]);
	});

	it("reverses onFinish over several layers of a graph, too, and keeps them in the order listed", async () => {
		const log: string[] = [];
		const plain: Middleware = (next) => (call) => {
			log.push(`plain ${call.name}`);
			return next(call);
		};
		const graph = light.graph({
			nodes: { a: (state: string) => state },
			edges: [],
			entry: "a",
			middleware: [fromGraphMiddleware(noting("1", log)), plain, fromGraphMiddleware(noting("2", log))],
		});
		await graph.run("");
		expect(log.filter((line) => !/gave|start/.test(line))).toEqual([
			"1 a",
			"plain a",
			"2 a",
			"2 finish ok",
			"1 finish ok",
		]);
	});

	it("runs the whole inner chain again when onNode calls next twice", async () => {
		const log: string[] = [];
		const again: GraphMiddleware<string> = {
			onNode: async (request, next) => {
				await next(request);
				return next({ ...request, input: `${request.input}!` });
			},
		};
		const { graph, calls } = failing(0, [again, noting("inner", log)]);
		expect((await graph.run("")).outputOrThrow()).toBe("!a!b");
		expect(log.filter((line) => /inner [ab]$/.test(line))).toEqual(["inner a", "inner a", "inner b", "inner b"]);
		expect(calls).toEqual(["", "!"]);
	});
});

describe("onNode", () => {
	it("is honoured in what it passes on: input and context", async () => {
		const seen: unknown[] = [];
		const enriching: GraphMiddleware<string> = {
			onNode: (request, next) =>
				next({
					...request,
					input: `${request.input}>`,
					context: { ...request.context, metadata: new Map([["enriched", true]]) },
				}),
		};
		const looking: GraphMiddleware<string> = {
			onNode: (request, next) => {
				seen.push([request.input, request.context.metadata.get("enriched")]);
				return next(request);
			},
		};
		const { graph, calls } = failing(0, [enriching, looking]);
		await graph.run("");
		expect(calls).toEqual([">"]);
		expect(seen).toEqual([
			[">", true],
			[">a>", true],
		]);
	});

	it("may answer without the node, and may not pass on another node's name", async () => {
		const { graph, calls } = failing(0, { onNode: () => "instead" });
		expect((await graph.run("")).outputOrThrow()).toBe("instead");
		expect(calls).toEqual([]);
		const wrong = failing(0, { onNode: (request, next) => next({ ...request, nodeId: "b" }) });
		expect(await wrong.graph.run("")).toMatchObject({
			outcome: "error",
			error: new RangeError('fromGraphMiddleware: what onNode passes to next for node a: nodeId must be "a", got "b"'),
		});
	});

	it.each([
		["undefined", undefined],
		["an object", {}],
		['"x"', "x"],
	])("is told what is missing where it passes %s on", async (shown, passed) => {
		const { graph, calls } = failing(0, { onNode: (_, next) => next(passed as never) });
		expect(await graph.run("")).toMatchObject({
			outcome: "error",
			error: new TypeError(
				`fromGraphMiddleware: what onNode passes to next for node a must be its request, or a copy as in next({ ...request, input }), got ${shown}`,
			),
		});
		expect(calls).toEqual([]);
	});
});

describe("onError", () => {
	it("retries up to three times, the whole inner chain each time, and shows each attempt", async () => {
		const log: string[] = [];
		const told: number[] = [];
		const retrying: GraphMiddleware<string> = {
			onError: (error, { nodeId, attempt, graphId }: GraphErrorContext) => {
				expect([error, nodeId, graphId]).toEqual([boom, "a", "docs-qa"]);
				told.push(attempt);
				return "retry";
			},
		};
		const { graph, calls } = failing(3, [retrying, noting("inner", log)]);
		const result = await graph.run("");
		expect(result.outputOrThrow()).toBe("ab");
		expect(result.report.stages).toMatchObject([{ outcome: "ok", attempts: 4 }, { attempts: 1 }]);
		expect([calls.length, told, log.filter((line) => line === "inner a").length]).toEqual([4, [1, 2, 3], 4]);
		expect(spanTree(recorded.spans(), { show: ["outcome", "retry.attempt"] })).toContain(
			'a attempt (internal)\n      outcome: "ok"\n      retry.attempt: 4',
		);

		const exhausted = failing(99, [retrying]);
		expect(await exhausted.graph.run("")).toMatchObject({ outcome: "error", error: boom });
		expect(exhausted.calls).toHaveLength(4);
		const never = failing(99, [retrying], 0);
		await never.graph.run("");
		expect(never.calls).toHaveLength(1);
	});

	it.each([["skip"], ["continue"]] as const)(
		"leaves the node out with %s: the next one gets the same state",
		async (action) => {
			const { graph } = failing(1, { onError: () => action });
			const result = await graph.run("x");
			expect(result.outputOrThrow()).toBe("xb");
			expect(result.report.stages.map(({ outcome }) => outcome)).toEqual(["skipped", "ok"]);
			expect(recorded.span("a").attributes.outcome).toBe("skipped");
		},
	);

	it.each([[{ continue: "y" }], [{ fallback: "y" }]])(
		"answers in the node's place with %o, and keeps the error",
		async (action) => {
			const { graph } = failing(1, { onError: async () => action });
			const result = await graph.run("x");
			expect(result.outputOrThrow()).toBe("yb");
			expect(result.report.stages).toMatchObject([{ outcome: "fallback", error: boom }, { outcome: "ok" }]);
			expect(recorded.span("a").attributes.outcome).toBe("fallback");
			expect(exceptionsOf(recorded.span("a"))).toEqual(["boom"]);
		},
	);

	it("counts the first answer of the list that is not propagate, and asks no further", async () => {
		const asked: number[] = [];
		const answering = (
			number: number,
			answer: "propagate" | "skip" | "retry" | undefined,
		): GraphMiddleware<string> => ({
			onError: () => {
				asked.push(number);
				return answer;
			},
		});
		const list = [answering(1, "propagate"), answering(2, undefined), answering(3, "skip"), answering(4, "retry")];
		expect((await failing(1, list).graph.run("x")).outputOrThrow()).toBe("xb");
		expect(asked).toEqual([1, 2, 3]);
		expect(await failing(1, [answering(5, "propagate")]).graph.run("x")).toMatchObject({ error: boom, state: "x" });
	});

	it("that throws or answers nonsense says nothing, and is counted", async () => {
		const before = brokenHooks();
		const list: GraphMiddleware<string>[] = [
			{
				onError: () => {
					throw new Error("hook");
				},
			},
			{ onError: () => "RETRY" as never },
			{ onError: () => "skip" },
		];
		expect((await failing(1, list).graph.run("x")).outputOrThrow()).toBe("xb");
		expect(brokenHooks() - before).toBe(2);
	});

	it.each(["fallback", "continue"] as const)(
		"may give a %s that is yet to come; one that fails is a hook that fails",
		async (word) => {
			const late = failing(1, { onError: () => ({ [word]: Promise.resolve("y") }) as never });
			expect((await late.graph.run("x")).outputOrThrow()).toBe("yb");
			const before = brokenHooks();
			const lost = failing(1, { onError: () => ({ [word]: Promise.reject(new Error("no page")) }) as never });
			expect(await lost.graph.run("x")).toMatchObject({ outcome: "error", error: boom, state: "x" });
			expect(recorded.spans().map(({ attributes }) => attributes.outcome)).toEqual([
				"fallback",
				"ok",
				"ok",
				"error",
				"error",
			]);
			expect(brokenHooks() - before).toBe(1);
			// Of what fails the run outside of its nodes it only hears, and its answer is not used.
			const outside = light.graph({
				nodes: { a: (state: string) => state },
				edges: [{ from: "a", to: "a", when: () => 1 as never }],
				entry: "a",
				middleware: [
					fromGraphMiddleware({ onError: () => ({ [word]: Promise.reject(new Error("no page")) }) as never }),
				],
			});
			expect((await outside.run("x")).outcome).toBe("error");
			// A rejection that nobody handles would fail the tests here.
			await nextTurn();
		},
	);

	it("that never answers about what failed the run itself holds it up no longer than its time", async () => {
		const clock = manualClock();
		const graph = footlight("docs-qa", { clock }).graph({
			nodes: { a: (state: string) => state },
			edges: [{ from: "a", to: "a", when: () => 1 as never }],
			entry: "a",
			timeoutMs: 50,
			middleware: [fromGraphMiddleware({ onError: () => new Promise(() => {}) })],
		});
		const running = graph.run("");
		await clock.advance(50);
		expect(await running).toMatchObject({ outcome: "error", error: { code: "edge_failed" } });
	});

	it("hears what other hooks throw, and what fails the run outside of its nodes", async () => {
		const told: [unknown, string | undefined][] = [];
		const telling: GraphMiddleware<string> = {
			onError: (error, { nodeId }) => void told.push([(error as Error).message, nodeId]),
		};
		const throwing: GraphMiddleware<string> = { onNode: () => Promise.reject(new Error("hook")) };
		await failing(0, [telling, throwing]).graph.run("");
		const graph = light.graph({
			nodes: { a: (state: string) => state },
			edges: [
				{
					from: "a",
					to: "a",
					when: () => {
						throw boom;
					},
				},
			],
			entry: "a",
			middleware: [fromGraphMiddleware(telling)],
		});
		await graph.run("");
		expect(told).toEqual([
			["hook", "a"],
			["[edge_failed] edge a > a: when threw Error: boom", undefined],
		]);
	});

	it("is not asked about a cancelled or an interrupted node", async () => {
		const onError = vi.fn(() => "skip" as const);
		const aborting = new AbortController();
		const waiting = light.graph({
			nodes: {
				a: (state: string): Promise<string> =>
					state === "" ? new Promise(() => {}) : Promise.reject(new InterruptedError("ask a person")),
			},
			edges: [],
			entry: "a",
			middleware: [fromGraphMiddleware({ onError })],
		});
		const running = waiting.run("", { signal: aborting.signal });
		await nextTurn();
		aborting.abort();
		expect((await running).outcome).toBe("cancelled");
		expect((await waiting.run("x")).outcome).toBe("interrupted");
		expect(onError).not.toHaveBeenCalled();
	});
});

describe("onStart", () => {
	it("stands around the run: a span it makes is open as long as nodes run", async () => {
		const log: string[] = [];
		const context: unknown[] = [];
		const tracing: GraphMiddleware<string> = {
			async onStart(given, next) {
				context.push([given.graphId, given.runId, given.ids.userId]);
				given.metadata.set("open", true);
				try {
					await next();
				} finally {
					given.metadata.set("open", false);
				}
			},
			onNode(request, next) {
				log.push(`${request.nodeId} ${request.context.metadata.get("open")}`);
				return next(request);
			},
		};
		await failing(0, tracing).graph.run("", { runId: "run-1", userId: "user-7" });
		expect(log).toEqual(["a true", "b true"]);
		expect(context).toEqual([["docs-qa", "run-1", "user-7"]]);
	});

	it("that does not call next leaves the run out", async () => {
		const finished: GraphReport[] = [];
		const { graph, calls } = failing(0, { onStart: () => {}, onFinish: (report) => void finished.push(report) });
		const result = await graph.run("x");
		expect(result).toMatchObject({ outcome: "skipped", state: "x" });
		expect(() => result.outputOrThrow()).toThrow("graph docs-qa has no output: its run was skipped");
		expect([calls, finished.map(({ outcome }) => outcome)]).toEqual([[], ["skipped"]]);
		expect(recorded.span("docs-qa").attributes.outcome).toBe("skipped");
	});

	it("that throws fails the run before a node is called", async () => {
		const { graph, calls } = failing(0, { onStart: () => Promise.reject(boom) });
		expect(await graph.run("x")).toMatchObject({ outcome: "error", error: boom });
		expect(calls).toEqual([]);
		expect(exceptionsOf(recorded.span("docs-qa"))).toEqual(["boom"]);
	});

	it("that never settles holds up no run that was given up", async () => {
		const aborting = new AbortController();
		const { graph } = failing(0, { onStart: (_, next) => next().then(() => new Promise(() => {})) });
		const running = graph.run("", { signal: aborting.signal });
		await nextTurn();
		aborting.abort();
		expect(await running).toMatchObject({ outcome: "cancelled", state: "ab" });
	});

	it("may not hide that the run failed, run it twice, or end before it", async () => {
		const swallowing = failing(1, { onStart: (_, next) => next().catch(() => {}) });
		expect(await swallowing.graph.run("x")).toMatchObject({ outcome: "error", error: boom });
		const twice = failing(0, {
			onStart: async (_, next) => {
				await next();
				await next();
			},
		});
		expect((await twice.graph.run("")).outputOrThrow()).toBe("ab");
		expect(twice.calls).toHaveLength(1);
		const hasty = failing(1, {
			onStart(_, next) {
				void next();
			},
			onNode: async (request, next) => {
				await nextTurn();
				return next(request);
			},
		});
		expect(await hasty.graph.run("x")).toMatchObject({ outcome: "error", error: boom });
	});
});

it("counts what a node spent as wasted, whatever stands in its place", async () => {
	const graph = light.graph({
		nodes: {
			a: (_: string, ctx): string => {
				ctx.addCost(0.5);
				throw boom;
			},
		},
		edges: [],
		entry: "a",
		middleware: [fromGraphMiddleware({ onError: (_, { attempt }) => (attempt < 3 ? "retry" : { fallback: "y" }) })],
	});
	const { report } = await graph.run("");
	expect(report.stages).toMatchObject([{ outcome: "fallback", attempts: 3, spend: { costUsd: 1.5, wastedUsd: 1.5 } }]);
	expect(report.spend).toMatchObject({ costUsd: 1.5, wastedUsd: 1.5 });
});

describe("onFinish", () => {
	it("runs once on every ending, with the node that failed in the report", async () => {
		const reports: GraphReport[] = [];
		const hooks: GraphMiddleware<string> = { onFinish: (report) => void reports.push(report) };
		await failing(0, hooks).graph.run("");
		const result = await failing(1, hooks).graph.run("");
		await failing(0, hooks).graph.run("", { signal: AbortSignal.abort() });
		await failing(0, [hooks, { onStart: () => Promise.reject(boom) }]).graph.run("");
		expect(reports.map(({ outcome }) => outcome)).toEqual(["ok", "error", "cancelled", "error"]);
		expect(reports[1]).toBe(result.report);
		expect(reports[1]?.stages).toMatchObject([{ name: "a", outcome: "error", error: boom }]);
	});

	it("that throws, rejects or never settles changes nothing, and the others run all the same", async () => {
		const before = brokenHooks();
		const log: string[] = [];
		const result = await failing(0, [
			{ onFinish: () => void log.push("first") },
			{ onFinish: () => new Promise(() => {}) },
			{ onFinish: () => Promise.reject(boom) },
			{
				onFinish: () => {
					throw boom;
				},
			},
		]).graph.run("");
		await nextTurn();
		expect([result.outcome, log, brokenHooks() - before]).toEqual(["ok", ["first"], 2]);
	});
});

describe("fromGraphMiddleware", () => {
	it("takes hooks that are methods of a class", async () => {
		class Counter implements GraphMiddleware<string> {
			count = 0;
			onNode(
				request: Parameters<NonNullable<GraphMiddleware<string>["onNode"]>>[0],
				next: (given: typeof request) => Promise<string>,
			) {
				this.count++;
				return next(request);
			}
			onFinish() {
				this.count += 10;
			}
		}
		const counter = new Counter();
		await failing(0, counter).graph.run("");
		expect(counter.count).toBe(12);
	});

	it("gives each run a bag of its own", async () => {
		const bags = new Set<unknown>();
		const hooks: GraphMiddleware<string> = {
			onStart({ metadata }, next) {
				bags.add(metadata);
				return next();
			},
		};
		const { graph } = failing(0, hooks);
		await Promise.all([graph.run(""), graph.run("")]);
		expect(bags.size).toBe(2);
	});

	it("hears nodes where it stands around a stage alone", async () => {
		const finish = vi.fn();
		const stage = light.stage("alone", async () => Promise.reject(boom), {
			use: [fromGraphMiddleware({ onError: () => ({ fallback: "y" }), onFinish: finish })],
		});
		expect(await stage()).toBe("y");
		expect(finish).not.toHaveBeenCalled();
	});

	it.each([
		[[1], {}, "TypeError: fromGraphMiddleware: hooks[0] must be an object of hooks, got 1"],
		[
			{ onEnd() {} },
			{},
			'TypeError: fromGraphMiddleware: hooks[0]: unknown option "onEnd"; known options are onStart, onNode, onError, onFinish',
		],
		[{ onNode: 1 }, {}, "TypeError: fromGraphMiddleware: hooks[0].onNode must be a function, got 1"],
		[{}, { maxRetries: -1 }, "RangeError: fromGraphMiddleware: maxRetries must be an integer of at least 0, got -1"],
		[{}, { retries: 1 }, 'TypeError: fromGraphMiddleware: unknown option "retries"; known options are maxRetries'],
	])("refuses %o with %o", (hooks, options, message) => {
		let refusal: unknown;
		try {
			fromGraphMiddleware(hooks as GraphMiddleware, options as object);
		} catch (error) {
			refusal = error;
		}
		expect(String(refusal)).toBe(message);
	});
});
