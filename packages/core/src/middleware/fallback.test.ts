import { describe, expect, expectTypeOf, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import {
	BulkheadFullError,
	CancelledError,
	type FallbackOptions,
	type FootlightOptions,
	fallback,
	footlight,
	InterruptedError,
	TimeoutError,
	telemetryFailures,
	timeout,
} from "../index.ts";
import { manualClock, middlewareContract, recordingTracerProvider, spanTree } from "../testing/index.ts";

// Errors are to pass through as they are: only what fails with this is answered for.
const answerable = (error: unknown) => error instanceof RangeError;
middlewareContract("fallback", () => fallback({ value: 1 }, { fallbackIf: answerable }), { describe, it });
middlewareContract(
	"a fallback that fails",
	() =>
		fallback({
			use: () => {
				throw new Error("empty");
			},
		}),
	{ describe, it },
);

function setUp(more: FootlightOptions = {}) {
	const clock = manualClock();
	const tracerProvider = recordingTracerProvider();
	const metrics = recordMetrics();
	const light = footlight("docs-qa", { clock, tracerProvider, meterProvider: metrics.meterProvider, ...more });
	const results = async () =>
		Object.fromEntries(
			(await metrics.points("pipeline.fallback.calls"))
				.filter(({ value }) => value > 0)
				.map(({ attributes, value }) => [attributes["fallback.result"], value]),
		);
	const tree = () =>
		spanTree(tracerProvider.spans, { show: ["outcome", "fallback.name", "error.type", "exception.message"] });
	return { clock, light, metrics, results, tree, spans: tracerProvider.spans };
}

const boom = new Error("boom");
const fails = async (): Promise<string> => Promise.reject(boom);
const throws = (): string => {
	throw boom;
};

describe("a fallback", () => {
	it("has nothing to do where the call succeeds", async () => {
		const { light, results, tree, metrics } = setUp();
		const use = [fallback({ value: "sorry" })] as const;
		const ask = light.stage("ask", async () => "answer", { use });
		expect(await metrics.total("pipeline.fallback.calls")).toBe(0);
		expect(await metrics.points("pipeline.fallback.calls")).toHaveLength(4);
		expect(await ask()).toBe("answer");
		expect(light.stage("now", () => 5, { use })()).toBe(5);
		expect(await results()).toEqual({ not_needed: 1 });
		expect(tree()).toBe('ask (internal)\n  outcome: "ok"\nnow (internal)\n  outcome: "ok"');
	});

	it("answers with a value, and keeps the error on the span without making it a failure", async () => {
		const { light, results, tree } = setUp();
		expect(await light.stage("ask", fails, { use: [fallback({ value: "sorry" })] })()).toBe("sorry");
		expect(await results()).toEqual({ success: 1 });
		expect(tree()).toBe(
			[
				"ask (internal)",
				'  fallback.name: "1"',
				'  outcome: "fallback"',
				'  * exception { exception.message: "boom" }',
			].join("\n"),
		);
	});

	it("leaves a synchronous function synchronous, and its type says what it may give", async () => {
		const { light, spans } = setUp();
		const parse = light.stage("parse", throws, { use: [fallback({ value: undefined })] });
		expectTypeOf(parse()).toEqualTypeOf<string | undefined>();
		expect(parse()).toBeUndefined();
		expect(spans[0]?.attributes.outcome).toBe("fallback");
		const ask = light.stage("ask", fails, { use: [fallback({ use: async () => 5 })] });
		expectTypeOf(ask()).toEqualTypeOf<Promise<string | number>>();
		expect(await ask()).toBe(5);
		const chain = light.stage("chain", fails, { use: [fallback([{ value: 5 }, { use: () => true }])] });
		expectTypeOf(chain()).toEqualTypeOf<Promise<string | number | boolean>>();
		expect(await chain()).toBe(5);
	});

	it("calls a function with the error and the call", async () => {
		const { light } = setUp();
		const ask = light.stage("ask", async (_: string): Promise<string> => Promise.reject(boom), {
			use: [fallback({ use: (error, call) => `${String(error)} for ${call.input[0]}` })],
		});
		expect(await ask("ada")).toBe("Error: boom for ada");
	});

	it("takes the first of a chain that does not fail, and says which", async () => {
		const { light, results, tree } = setUp();
		const cached = light.stage("cached", async (): Promise<string> => Promise.reject(new Error("miss")));
		const ask = light.stage("ask", fails, {
			use: [
				fallback([
					{ name: "cached", use: () => cached() },
					{
						use: () => {
							throw new Error("empty");
						},
					},
					{ name: "apology", value: "sorry" },
				]),
			],
		});
		expect(await ask()).toBe("sorry");
		expect(await results()).toEqual({ success: 1 });
		expect(tree()).toBe(
			[
				"ask (internal)",
				'  fallback.name: "apology"',
				'  outcome: "fallback"',
				'  * exception { exception.message: "empty" }',
				'  * exception { exception.message: "boom" }',
				'  cached (internal) ERROR "miss"',
				'    error.type: "Error"',
				'    outcome: "error"',
				'    * exception { exception.message: "miss" }',
			].join("\n"),
		);
	});

	it("throws the call's own error where all fail, and says what they failed with", async () => {
		const { light, results, tree } = setUp();
		const empty = () => {
			throw new Error("empty");
		};
		const use = [fallback([{ use: empty }, { use: async () => empty() }])] as const;
		await expect(light.stage("ask", fails, { use })()).rejects.toBe(boom);
		expect(() => light.stage("now", throws, { use: [fallback({ use: empty })] })()).toThrow(boom);
		expect(await results()).toEqual({ failure: 1 });
		expect(tree().split("\nnow")[0]).toBe(
			[
				'ask (internal) ERROR "boom"',
				'  error.type: "Error"',
				'  outcome: "error"',
				'  * exception { exception.message: "empty" }',
				'  * exception { exception.message: "empty" }',
				'  * exception { exception.message: "boom" }',
			].join("\n"),
		);
	});

	it("answers for a timeout and a refusal, and not for who cancelled or paused", async () => {
		const { light, results, clock, spans } = setUp();
		const use = [fallback({ value: "sorry" })] as const;
		const failing = (error: unknown) => light.stage("ask", async () => Promise.reject(error), { use })();
		expect(await failing(new TimeoutError("ask", 5))).toBe("sorry");
		expect(await failing(new BulkheadFullError("b", "full"))).toBe("sorry");
		const cancelled = new CancelledError("ask");
		await expect(failing(cancelled)).rejects.toBe(cancelled);
		const paused = new InterruptedError("who are you?");
		await expect(failing(paused)).rejects.toBe(paused);
		await expect(failing(Object.assign(new Error("aborted"), { name: "AbortError" }))).rejects.toThrow("aborted");
		const slow = light.stage("ask", () => new Promise<string>(() => {}), {
			use: [...use, timeout({ timeoutMs: 10 })],
		})();
		await clock.advance(10);
		expect(await slow).toBe("sorry");
		expect(await results()).toEqual({ success: 3, not_applicable: 3 });
		expect(
			spans.map(({ attributes, events }) => [attributes.outcome, events[0]?.attributes?.["exception.type"]]),
		).toEqual([
			["fallback", "timeout"],
			["fallback", "bulkhead_full"],
			["cancelled", undefined],
			["interrupted", undefined],
			["cancelled", undefined],
			["fallback", "timeout"],
		]);
	});

	it("answers only for what fallbackIf takes, and for all where that throws", async () => {
		const { light, results } = setUp();
		const asked: unknown[] = [];
		const ask = light.stage("ask", async (error: unknown) => Promise.reject(error), {
			use: [
				fallback(
					{ value: "sorry" },
					{
						fallbackIf(error) {
							asked.push(error);
							if (error === "broken") throw new Error("no idea");
							return error === "taken";
						},
					},
				),
			],
		});
		expect(await ask("taken")).toBe("sorry");
		await expect(ask("left")).rejects.toBe("left");
		const before = telemetryFailures().get("fallbackIf") ?? 0;
		expect(await ask("broken")).toBe("sorry");
		expect(telemetryFailures().get("fallbackIf")).toBe(before + 1);
		await expect(ask(new CancelledError("ask"))).rejects.toThrow("cancelled");
		expect(asked).toEqual(["taken", "left", "broken"]);
		expect(await results()).toEqual({ success: 2, not_applicable: 2 });
	});

	it("answers for all where fallbackIf does not say true or false, and leaves no rejection of it unhandled", async () => {
		const { light, results } = setUp();
		const unhandled: unknown[] = [];
		const hear = (reason: unknown) => unhandled.push(reason);
		process.on("unhandledRejection", hear);
		const before = telemetryFailures().get("fallbackIf") ?? 0;
		const decisions = [async () => false, async () => Promise.reject(new Error("no idea")), () => undefined, () => 0];
		for (const fallbackIf of decisions) {
			const use = [fallback({ value: "sorry" }, { fallbackIf: fallbackIf as never })] as const;
			expect(await light.stage("ask", fails, { use })()).toBe("sorry");
		}
		await new Promise((resolve) => setImmediate(resolve));
		process.off("unhandledRejection", hear);
		expect(unhandled).toEqual([]);
		expect(telemetryFailures().get("fallbackIf")).toBe(before + decisions.length);
		expect(await results()).toEqual({ success: decisions.length });
	});

	it("keeps promises of other classes, their laziness and the members of plain ones", async () => {
		const { light, results } = setUp();
		const use = [fallback({ value: "sorry" })] as const;
		class Request {
			static sent = 0;
			readonly withId = () => "id";
			then(onFulfilled?: (value: never) => unknown, onRejected?: (error: unknown) => unknown) {
				Request.sent++;
				return Promise.reject(boom).then(onFulfilled, onRejected);
			}
		}
		const request = light.stage("request", () => new Request(), { use })() as Request;
		expect(request).toBeInstanceOf(Request);
		expect(request.withId()).toBe("id");
		expect(Request.sent).toBe(0);
		expect(await request).toBe("sorry");
		expect(await request).toBe("sorry");
		expect(Request.sent).toBe(1);
		class Sub extends Promise<string> {}
		const sub = light.stage("sub", () => Sub.reject(boom) as Sub, { use })();
		expect(sub).toBeInstanceOf(Sub);
		expect(await (sub as Promise<string>).catch(() => "caught")).toBe("sorry");
		const cancel = () => "cancelled";
		const member = light.stage("member", () => Object.assign(fails(), { cancel }), { use })();
		expect((member as { cancel?: unknown }).cancel).toBe(cancel);
		expect(await member).toBe("sorry");
		expect(await results()).toMatchObject({ success: 1 });
	});
});

async function collected(items: AsyncIterable<unknown>): Promise<unknown[]> {
	const all: unknown[] = [];
	for await (const item of items) all.push(item);
	return all;
}

describe("a fallback for a stream", () => {
	async function* other() {
		yield* ["other", "items"];
	}

	it("gives the items of another where it fails before its first", async () => {
		const { light, results, spans } = setUp();
		const items = light.stage(
			"items",
			async function* (): AsyncGenerator<string> {
				yield* [];
				throw boom;
			},
			{ use: [fallback({ use: other })] },
		);
		expect(await collected(items())).toEqual(["other", "items"]);
		expect(await results()).toEqual({ success: 1 });
		expect(spans[0]?.attributes).toMatchObject({ outcome: "fallback", "stream.item_count": 2 });
	});

	it("gives what a generator returns, where the answer cannot be iterated", async () => {
		const { light } = setUp();
		const use = [fallback({ value: "sorry" })] as const;
		const items = light.stage(
			"items",
			async function* (): AsyncGenerator<number> {
				yield* [];
				throw boom;
			},
			{ use },
		)();
		expect(await items.next()).toEqual({ done: true, value: "sorry" });
		expect(await items.next()).toEqual({ done: true, value: undefined });
		const sync = light.stage(
			"sync",
			function* (): Generator<number> {
				yield* [];
				throw boom;
			},
			{ use },
		)();
		expect(Symbol.iterator in sync).toBe(true);
		expect(sync.next()).toEqual({ done: true, value: "sorry" });
	});

	it("leaves alone what fails after its first item, and one that succeeds", async () => {
		const { light, results } = setUp();
		const items = light.stage(
			"items",
			async function* (isFailing: boolean) {
				yield 1;
				if (isFailing) throw boom;
			},
			{ use: [fallback({ use: other })] },
		);
		await expect(collected(items(true))).rejects.toBe(boom);
		expect(await collected(items(false))).toEqual([1]);
		for await (const _ of items(false)) break;
		expect(await results()).toEqual({ not_needed: 2, not_applicable: 1 });
	});

	it("stands in for a Web stream: with items, or with a value as its one item", async () => {
		const { light, results } = setUp();
		const broken = () => new ReadableStream<string>({ start: (controller) => controller.error(boom) });
		const items = light.stage("items", broken, { use: [fallback({ use: other })] })();
		expect(items).toBeInstanceOf(ReadableStream);
		expect(await collected(items as ReadableStream)).toEqual(["other", "items"]);
		const one = light.stage("items", async () => broken(), { use: [fallback({ value: "sorry" })] })();
		expect(await collected((await one) as ReadableStream)).toEqual(["sorry"]);
		expect(await results()).toEqual({ success: 2 });
	});

	it("stands in for a client's stream, and closes the answer when the consumer leaves", async () => {
		const { light, results } = setUp();
		let isClosed = false;
		const items = light.stage(
			"items",
			async () => ({
				controller: new AbortController(),
				async *[Symbol.asyncIterator](): AsyncGenerator<string> {
					yield* [];
					throw boom;
				},
			}),
			{
				use: [
					fallback({
						async *use() {
							try {
								for (;;) yield "other";
							} finally {
								isClosed = true;
							}
						},
					}),
				],
			},
		);
		const stream = (await items()) as AsyncIterable<string> & { controller: unknown };
		expect(stream.controller).toBeInstanceOf(AbortController);
		for await (const item of stream) {
			expect(item).toBe("other");
			break;
		}
		expect(isClosed).toBe(true);
		expect(await results()).toEqual({ success: 1 });
	});

	it("answers once for a stream that is asked for two items at a time", async () => {
		const { light, results } = setUp();
		const broken = (): AsyncIterator<string> & AsyncIterable<string> => ({
			next: async () => Promise.reject(boom),
			[Symbol.asyncIterator]() {
				return this;
			},
		});
		const stream = light.stage("items", broken, { use: [fallback({ use: other })] })() as AsyncIterator<string>;
		const both = await Promise.allSettled([stream.next(), stream.next()]);
		expect(both).toEqual([
			{ status: "fulfilled", value: { done: false, value: "other" } },
			{ status: "rejected", reason: boom },
		]);
		expect(await results()).toEqual({ success: 1 });
	});

	it("fails with its own error where the fallback fails", async () => {
		const { light, results } = setUp();
		const items = light.stage(
			"items",
			async function* (): AsyncGenerator<number> {
				yield* [];
				throw boom;
			},
			{ use: [fallback({ use: async () => Promise.reject(new Error("empty")) })] },
		);
		await expect(collected(items())).rejects.toBe(boom);
		expect(await results()).toEqual({ failure: 1 });
	});
});

describe("fallback refuses", () => {
	const shape = "{ value } or { use: (error, call) => ... }, or a list of such";
	it.each<[unknown, unknown, string]>([
		["sorry", {}, `TypeError: fallback must be ${shape}, got "sorry"`],
		[undefined, {}, `TypeError: fallback must be ${shape}, got undefined`],
		[{}, {}, `TypeError: fallback must be ${shape}, got an object`],
		[{ value: 1, use: () => 1 }, {}, `TypeError: fallback must be ${shape}, got an object`],
		[[], {}, "RangeError: fallback: chain must be a list that is not empty, got an array of 0"],
		[[{ value: 1 }, 5], {}, `TypeError: fallback: chain[1] must be ${shape}, got 5`],
		[{ use: "x" }, {}, 'TypeError: fallback: use must be a function, got "x"'],
		[{ value: 1, name: "" }, {}, 'RangeError: fallback: name must be a name that is not empty, got ""'],
		[{ value: 1, label: "x" }, {}, 'TypeError: fallback: unknown option "label"; known options are value, use, name'],
		[{ value: 1 }, { if: 1 }, 'TypeError: fallback: unknown option "if"; known options are fallbackIf'],
		[{ value: 1 }, { fallbackIf: 1 }, "TypeError: fallback: fallbackIf must be a function, got 1"],
	])("%j %j", (chain, options, message) => {
		let thrown: unknown;
		try {
			fallback(chain as never, options as FallbackOptions);
		} catch (error) {
			thrown = error;
		}
		expect(String(thrown)).toBe(message);
	});
});
