// Over 250 lines: whole pipelines, one for each way in which a call can be metered, wasted or missed.
import { describe, expect, it } from "vitest";
import { type RecordedMetrics, recordMetrics } from "../../../../test/recorded-metrics.ts";
import {
	attempts,
	type Charge,
	costLedger,
	type FootlightOptions,
	footlight,
	describe as footlightDescribe,
	type Middleware,
	markOutcome,
	observe,
	ownPrices,
	type PriceBook,
	telemetryFailures,
} from "../index.ts";
import { recordingTracerProvider } from "../testing/index.ts";
import { nothingSpent } from "./spend.ts";

// One cent for each token of input, ten for each of output.
const prices = ownPrices({ m: { inputUsdPerMillionTokens: 10_000, outputUsdPerMillionTokens: 100_000 } });
const answerOf = (input: number, output: number) => ({
	id: "1",
	model: "m",
	choices: [{ index: 0, finish_reason: "stop" }],
	usage: { prompt_tokens: input, completion_tokens: output },
});
const centsOf = (input: number, output: number) => (input * 1 + output * 10) / 100;

function setUp(options: FootlightOptions = {}) {
	const tracerProvider = recordingTracerProvider();
	const metrics = recordMetrics();
	const ledger = costLedger({ by: ["stage", "model"] });
	const charges: Charge[] = [];
	const light = footlight("docs-qa", {
		prices,
		tracerProvider,
		meterProvider: metrics.meterProvider,
		onCharge(charge) {
			charges.push(charge);
			ledger.record(charge);
		},
		...options,
	});
	const attributes = (name: string) => tracerProvider.spans.find((span) => span.name === name)?.attributes ?? {};
	return { light, tracerProvider, metrics, ledger, charges, attributes };
}

const retry =
	(most: number): Middleware =>
	(next) => {
		const attempt = attempts(next);
		return async (call) => {
			for (let number = 1; ; number++) {
				try {
					return await attempt(number === 1 ? call : { ...call, attempt: number });
				} catch (error) {
					if (number === most) throw error;
				}
			}
		};
	};

const total = async (metrics: RecordedMetrics, name: string) => Math.round((await metrics.total(name)) * 1e10) / 1e10;

describe("a model stage", () => {
	it("is charged once, on its span, its run, the metrics and the ledger alike", async () => {
		const { light, attributes, metrics, ledger, charges } = setUp();
		const ask = light.stage("ask", async (_: unknown) => answerOf(5, 2), { kind: "model", provider: "acme" });
		await light.run({ userId: "user-7" }, () => ask({ model: "m" }));
		const costs = centsOf(5, 2);
		expect(attributes("chat m")).toMatchObject({
			"gen_ai.usage.input_tokens": 5,
			"gen_ai.usage.output_tokens": 2,
			"gen_ai.usage.cost.amount": costs,
			"gen_ai.usage.cost.currency": "USD",
			"gen_ai.usage.cost.source": "local",
			"pipeline.cost.usd": costs,
		});
		expect(attributes("docs-qa")["pipeline.cost.usd"]).toBe(costs);
		expect(Object.keys(attributes("docs-qa")).filter((name) => name.startsWith("gen_ai."))).toEqual([]);
		expect(await metrics.points("pipeline.cost.usd")).toEqual([
			{
				attributes: {
					"pipeline.name": "docs-qa",
					"stage.name": "ask",
					"gen_ai.request.model": "m",
					"cost.source": "local",
				},
				value: costs,
			},
		]);
		expect(ledger.total()).toEqual({ ...nothingSpent, costUsd: costs, inputTokens: 5, outputTokens: 2 });
		expect(charges).toMatchObject([
			{ pipeline: "docs-qa", stage: "ask", kind: "model", model: "m", provider: "acme", source: "local" },
		]);
		expect(charges[0]?.ids.userId).toBe("user-7");
		expect(charges[0]?.prices).toMatchObject([{ usd: costs, source: "own", version: "1", factor: 1 }]);
	});

	it("is charged in a pipeline's report as on its spans, though nobody listens", async () => {
		const { light, attributes } = setUp();
		const answered = (of: ReturnType<typeof footlight>) =>
			of
				.pipeline()
				.stage("ask", async (model: string) => ({ ...answerOf(5, 2), model }), { kind: "model" })
				.stage("shorten", ["ask"], ({ ask }) => ask.id)
				.run("m");
		for (const of of [light, footlight("unheard", { prices })]) {
			const { report } = await answered(of);
			expect(report.spend).toEqual({ ...nothingSpent, costUsd: centsOf(5, 2), inputTokens: 5, outputTokens: 2 });
			expect(report.stages.map(({ name, spend }) => [name, spend.costUsd])).toEqual([
				["ask", centsOf(5, 2)],
				["shorten", 0],
			]);
		}
		expect(attributes("docs-qa")["pipeline.cost.usd"]).toBe(centsOf(5, 2));
	});

	it("has the meter innermost, and other stages have none", () => {
		const { light } = setUp();
		const layersOf = (stage: object) =>
			String(footlightDescribe(stage))
				.split(": ")[1]
				?.split(" > ")
				.map((layer) => layer.replace(/\(.*/, ""));
		const passOn: Middleware = (next) => (call) => next(call);
		expect(layersOf(light.stage("ask", () => 1, { kind: "model", use: [passOn] }))).toEqual([
			"observe",
			"passOn",
			"cost",
			"ask",
		]);
		expect(layersOf(light.stage("load", () => 1, { use: [passOn] }))).toEqual(["observe", "passOn", "load"]);
		expect(layersOf(light.stage("count", () => 1, { usage: () => undefined }))).toEqual(["observe", "cost", "count"]);
	});

	it("counts tokens by type, for us and for the conventions", async () => {
		const { light, metrics } = setUp();
		const usage = {
			prompt_tokens: 50,
			completion_tokens: 20,
			prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 5 },
			completion_tokens_details: { reasoning_tokens: 8 },
		};
		await light.stage("chat.completions.create", async (_: unknown) => ({ model: "m", usage }), { kind: "model" })({
			model: "m",
		});
		const expected = { input: 50, output: 20, cache_read: 30, cache_write: 5, reasoning: 8 };
		for (const [type, tokens] of Object.entries(expected)) {
			expect(await metrics.total("pipeline.tokens", { "gen_ai.token.type": type })).toBe(tokens);
		}
		const prefix = "gen_ai.client.inference.usage.";
		expect(
			await Promise.all(
				[
					"input_tokens",
					"output_tokens",
					"cache_read.input_tokens",
					"cache_write.input_tokens",
					"reasoning.output_tokens",
				].map((name) => metrics.total(prefix + name)),
			),
		).toEqual(Object.values(expected));
		expect((await metrics.points(`${prefix}input_tokens`))[0]?.attributes).toEqual({
			"gen_ai.operation.name": "chat",
			"gen_ai.request.model": "m",
		});
	});

	it("without prices counts tokens, and nothing is without a price", async () => {
		const { light, ledger, attributes, metrics } = setUp({ prices: [] });
		await light.stage("ask", async (_: unknown) => answerOf(5, 2), { kind: "model" })({ model: "m" });
		expect(ledger.total()).toEqual({ ...nothingSpent, inputTokens: 5, outputTokens: 2 });
		expect(attributes("chat m")).not.toHaveProperty(["gen_ai.usage.cost.amount"]);
		expect(await metrics.points("pipeline.cost.unpriced")).toEqual([]);
	});

	it("takes the first book that knows the model, under the name that answered or the one asked for", async () => {
		const { light, ledger } = setUp({
			prices: [
				ownPrices({ alias: { inputUsdPerMillionTokens: 2_000_000 } }),
				ownPrices({ "m-2026": { inputUsdPerMillionTokens: 5_000_000 } }),
			],
		});
		const ask = light.stage("ask", async (_: unknown) => ({ model: "m-2026", usage: { input_tokens: 1 } }), {
			kind: "model",
		});
		await ask({ model: "alias" });
		expect(ledger.total().costUsd).toBe(2);
		await ask({ model: "other" });
		expect(ledger.total().costUsd).toBe(7);
	});

	const boom = (): never => {
		throw new Error("boom");
	};
	it.each([
		["throws", boom, 1],
		// What it promises is no price either.
		["rejects", async () => boom(), 2],
	])("goes on when a book, a listener or an extractor %s, and counts each", async (_, hook, failuresOfBook) => {
		const before = telemetryFailures();
		const { light, metrics } = setUp({ prices: [{ price: hook as () => never }, prices], onCharge: hook });
		const ask = light.stage("ask", async (_: unknown) => answerOf(1, 1), { kind: "model" });
		expect(await ask({ model: "m" })).toMatchObject({ id: "1" });
		const read = light.stage("read", async () => "text", { usage: hook as () => never });
		expect(await read()).toBe("text");
		await new Promise((resolve) => setImmediate(resolve));
		const failed = (part: string) => (telemetryFailures().get(part) ?? 0) - (before.get(part) ?? 0);
		expect([failed("price book"), failed("onCharge")]).toEqual([failuresOfBook, 2]);
		expect(failed("usage")).toBeGreaterThanOrEqual(1);
		expect(await total(metrics, "pipeline.cost.usd")).toBe(centsOf(1, 1));
		expect(await metrics.total("pipeline.cost.unmetered")).toBe(1);
	});

	it("tells a listener nothing of what it spends itself, and counts that", () => {
		const before = telemetryFailures().get("onCharge") ?? 0;
		const told: (number | undefined)[] = [];
		const { light, attributes } = setUp({
			onCharge({ spend }) {
				told.push(spend.costUsd);
				light.current().addCost(0.5);
			},
		});
		light.stage("search", () => light.current().addCost(1))();
		expect(told).toEqual([1]);
		expect(attributes("search")["pipeline.cost.usd"]).toBe(1.5);
		expect(telemetryFailures().get("onCharge")).toBe(before + 1);
	});

	it("counts what the model used, whatever a book does to what it is given", async () => {
		const meddling: PriceBook = {
			price({ usage }) {
				(usage as { inputTokens: number }).inputTokens = 999;
				return { parts: { inputUsd: 1 }, source: "s", version: "1" };
			},
		};
		const { light, ledger } = setUp({ prices: meddling });
		await light.stage("ask", async (_: unknown) => answerOf(5, 2), { kind: "model" })({ model: "m" });
		expect(ledger.total()).toMatchObject({ inputTokens: 5, unpricedCalls: 1 });
	});

	it.each<[string, unknown, number]>([
		["null", null, 0],
		["a promise", Promise.resolve({ parts: {} }), 1],
		["no parts", { source: "s", version: "1" }, 1],
		["text for a number", { parts: { inputUsd: "1" }, source: "s", version: "1" }, 1],
		["null for a number", { parts: { inputUsd: null }, source: "s", version: "1" }, 1],
		["less than nothing", { parts: { inputUsd: -1 }, source: "s", version: "1" }, 1],
		["more than can be added up", { parts: { inputUsd: 1e300 }, source: "s", version: "1" }, 1],
	])("is unpriced by a book that says %s", async (_, price, failures) => {
		const before = telemetryFailures().get("price book") ?? 0;
		const { light, ledger, attributes } = setUp({ prices: { price: () => price } as PriceBook });
		// Asked for by another name than that which answered, so that the book is asked for both.
		await light.stage("ask", async (_: unknown) => answerOf(5, 2), { kind: "model" })({ model: "alias" });
		expect(ledger.total()).toEqual({ ...nothingSpent, inputTokens: 5, outputTokens: 2, unpricedCalls: 1 });
		expect(attributes("chat alias")).not.toHaveProperty(["gen_ai.usage.cost.amount"]);
		expect((telemetryFailures().get("price book") ?? 0) - before).toBe(2 * failures);
	});

	it("has wasted nothing before its first call, which a metric says", async () => {
		const { light, metrics } = setUp();
		light.stage("ask", async (_: unknown) => answerOf(1, 1), { kind: "model" });
		const collected = await metrics.collect();
		for (const name of ["pipeline.cost.wasted_usd", "pipeline.tokens.wasted"]) {
			expect(collected.get(name)?.points.map(({ value, attributes }) => [value, attributes["stage.name"]])).toEqual([
				[0, "ask"],
			]);
		}
	});

	it("is metered though nobody listens", async () => {
		const ledger = costLedger({ by: "stage" });
		const light = footlight("docs-qa", { prices, onCharge: ledger.record, use: [observe()] });
		await light.stage("ask", async (_: unknown) => answerOf(1, 1), { kind: "model" })({ model: "m" });
		expect(ledger.total().costUsd).toBe(centsOf(1, 1));
	});

	it("keeps the sum to the last digit, whatever order it is made in", async () => {
		const { light, ledger, attributes, metrics } = setUp();
		const ask = light.stage("ask", async (tokens: number) => answerOf(tokens, 0), { kind: "model" });
		await light.run(() => Promise.all(Array.from({ length: 999 }, (_, index) => ask((index * 7919) % 1_000))));
		const tokens = Array.from({ length: 999 }, (_, index) => (index * 7919) % 1_000).reduce((sum, one) => sum + one);
		expect(ledger.total().costUsd).toBe(tokens / 100);
		expect(attributes("docs-qa")["pipeline.cost.usd"]).toBe(tokens / 100);
		expect(await total(metrics, "pipeline.cost.usd")).toBe(tokens / 100);
	});
});

describe("what is not the model's answer costs nothing:", () => {
	it("an answer that a layer has from a cache", async () => {
		const { light, ledger, attributes } = setUp();
		const cached: Middleware = () => (call) => {
			markOutcome(call, "skipped");
			return Promise.resolve(answerOf(5, 2));
		};
		await light.stage("ask", async (_: unknown) => answerOf(5, 2), { kind: "model", use: [cached] })({ model: "m" });
		expect(ledger.total()).toEqual(nothingSpent);
		expect(Object.keys(attributes("chat m")).filter((name) => /response|usage/.test(name))).toEqual([]);
	});

	it("a stream that a layer puts in place of the model's", async () => {
		const { light, ledger, attributes } = setUp();
		const replay: Middleware = () =>
			async function* () {
				yield answerOf(5, 2);
			};
		const ask = light.stage(
			"ask",
			async function* (_: unknown) {
				yield answerOf(1, 1);
			},
			{ kind: "model", use: [replay] },
		);
		for await (const _ of ask({ model: "m" }));
		expect(ledger.total()).toEqual(nothingSpent);
		expect(attributes("chat m")).not.toHaveProperty(["gen_ai.response.time_to_first_chunk"]);
	});

	it("the answer of a model stage that leads to another", async () => {
		const { light, ledger, tracerProvider } = setUp();
		const inner = light.stage("inner", async (_: unknown) => answerOf(5, 2), { kind: "model" });
		const outer = light.stage("outer", (request: unknown) => inner(request), { kind: "model" });
		await light.run(() => outer({ model: "m" }));
		expect(ledger.rows().map(({ key, costUsd, calls }) => [...key, costUsd, calls])).toEqual([
			["inner", "m", centsOf(5, 2), 1],
		]);
		const [, outside] = tracerProvider.spans;
		expect(outside?.attributes).toMatchObject({ "stage.name": "outer", "pipeline.cost.usd": centsOf(5, 2) });
		expect(outside?.attributes).not.toHaveProperty(["gen_ai.usage.input_tokens"]);
	});
});

describe("attempts", () => {
	/** Answers as told, one after the other; an error has been paid for if it comes after an answer. */
	function flaky(light: ReturnType<typeof setUp>["light"], failures: number, use: readonly Middleware[]) {
		let calls = 0;
		const ask = light.stage(
			"ask",
			async function* (_: unknown) {
				yield answerOf(5, 2);
				if (calls++ < failures) throw new Error("cut");
			},
			{ kind: "model" },
		);
		return light.stage(
			"answer",
			async () => {
				for await (const _ of ask({ model: "m" }));
				return "answer";
			},
			{ use },
		);
	}

	it.each([
		{ failures: 0, wasted: 0, ends: "ok" },
		{ failures: 1, wasted: 1, ends: "ok" },
		{ failures: 2, wasted: 2, ends: "ok" },
		{ failures: 3, wasted: 3, ends: "error" },
	])("that failed $failures times of three have wasted what they cost", async ({ failures, wasted, ends }) => {
		const { light, ledger, attributes, metrics } = setUp();
		const answer = flaky(light, failures, [retry(3)]);
		await light.run(() => answer()).catch(() => {});
		const made = Math.min(failures + 1, 3);
		const cost = centsOf(5, 2);
		const expected = {
			costUsd: Math.round(made * cost * 1e10) / 1e10,
			wastedUsd: Math.round(wasted * cost * 1e10) / 1e10,
			inputTokens: made * 5,
			outputTokens: made * 2,
			wastedTokens: wasted * 7,
		};
		expect(attributes("answer").outcome).toBe(ends);
		expect(ledger.total()).toMatchObject(expected);
		for (const name of ["answer", "docs-qa"]) {
			expect(attributes(name)["pipeline.cost.usd"]).toBe(expected.costUsd);
			expect(attributes(name)["pipeline.cost.wasted_usd"]).toBe(expected.wastedUsd || undefined);
		}
		expect(await total(metrics, "pipeline.cost.usd")).toBe(expected.costUsd);
		expect(await total(metrics, "pipeline.cost.wasted_usd")).toBe(expected.wastedUsd);
		expect(await total(metrics, "pipeline.tokens.wasted")).toBe(expected.wastedTokens);
	});

	it("of a model stage each have their own usage, and the stage that of the last", async () => {
		const { light, tracerProvider, ledger } = setUp();
		let calls = 0;
		const validate: Middleware = (next) => async (call) => {
			const answer = await next(call);
			if (++calls < 3) throw new Error("not what was asked for");
			return answer;
		};
		const ask = light.stage("ask", async (_: unknown) => answerOf(calls + 1, 0), {
			kind: "model",
			use: [retry(3), validate],
		});
		await ask({ model: "m" });
		const told = tracerProvider.spans.map(({ name, attributes }) => [
			name,
			attributes["gen_ai.usage.input_tokens"],
			attributes["gen_ai.usage.cost.amount"],
			attributes["pipeline.cost.usd"],
		]);
		expect(told).toEqual([
			["ask attempt", 1, 0.01, undefined],
			["ask attempt", 2, 0.02, undefined],
			["ask attempt", 3, 0.03, undefined],
			["chat m", 3, 0.03, 0.06],
		]);
		expect(ledger.total()).toMatchObject({ costUsd: 0.06, wastedUsd: 0.03 });
	});

	it("that a fallback answered for have wasted what they cost", async () => {
		const { light, ledger, attributes } = setUp();
		const fallback: Middleware = (next) => async (call) => {
			try {
				return await Array.fromAsync(next(call) as AsyncIterable<unknown>);
			} catch (error) {
				markOutcome(call, "fallback", error);
				return [];
			}
		};
		const ask = light.stage(
			"ask",
			(_: unknown): AsyncIterable<unknown> =>
				(async function* () {
					yield answerOf(5, 2);
					throw new Error("cut");
				})(),
			{ kind: "model", use: [fallback] },
		);
		await ask({ model: "m" });
		expect(attributes("chat m")).toMatchObject({ outcome: "fallback", "pipeline.cost.wasted_usd": centsOf(5, 2) });
		expect(ledger.total()).toMatchObject({ costUsd: centsOf(5, 2), wastedUsd: centsOf(5, 2), wastedTokens: 7 });
	});

	it("at the same time waste their own money alone", async () => {
		const { light, ledger } = setUp();
		const hedge: Middleware = (next) => async (call) => Promise.any([next(call), next({ ...call, input: ["second"] })]);
		const ask = light.stage(
			"ask",
			(which: unknown): AsyncIterable<unknown> =>
				(async function* () {
					yield answerOf(which === "second" ? 3 : 5, 0);
					if (which === "second") throw new Error("cut");
				})(),
			{ kind: "model", use: [(next) => async (call) => Array.fromAsync(next(call) as AsyncIterable<unknown>)] },
		);
		const both = light.stage("both", (which: unknown) => ask(which), { use: [hedge] });
		await both("first");
		expect(ledger.total()).toMatchObject({ costUsd: centsOf(8, 0), wastedUsd: centsOf(3, 0) });
	});

	it("cost what a layer throws away after the model has answered", async () => {
		const { light, ledger } = setUp();
		const refuse: Middleware = (next) => async (call) => {
			await next(call);
			throw new Error("not fit to be shown");
		};
		await light
			.stage("ask", async (_: unknown) => answerOf(5, 2), { kind: "model", use: [refuse] })({ model: "m" })
			.catch(() => {});
		expect(ledger.total()).toMatchObject({ costUsd: centsOf(5, 2), wastedUsd: centsOf(5, 2), wastedTokens: 7 });
	});
});

describe("a call whose usage is missing", () => {
	const streaming = (light: ReturnType<typeof setUp>["light"], chunks: readonly unknown[]) =>
		light.stage(
			"ask",
			async function* (_: unknown) {
				yield* chunks;
			},
			{ kind: "model" },
		);
	const chunk = { id: "1", model: "m", choices: [{ index: 0, delta: {} }] };

	it("because the answer does not say, is counted apart", async () => {
		const { light, ledger, metrics } = setUp();
		await light.stage("ask", async (_: unknown) => "forty-two", { kind: "model" })({ model: "m" });
		expect(ledger.total()).toEqual({ ...nothingSpent, unmeteredCalls: 1 });
		expect(await metrics.points("pipeline.cost.unmetered")).toEqual([
			{ attributes: { "pipeline.name": "docs-qa", "stage.name": "ask", "gen_ai.request.model": "m" }, value: 1 },
		]);
	});

	it("because its consumer stopped before it came, is counted apart", async () => {
		const { light, ledger } = setUp();
		for await (const _ of streaming(light, [chunk, chunk, { ...answerOf(5, 2) }])({ model: "m" })) break;
		expect(ledger.total()).toEqual({ ...nothingSpent, unmeteredCalls: 1 });
	});

	it("because a stream was left lying, is counted apart", async () => {
		const { light, ledger } = setUp();
		await light.run(async () => void (await streaming(light, [chunk, chunk])({ model: "m" }).next()));
		expect(ledger.total()).toEqual({ ...nothingSpent, unmeteredCalls: 1 });
	});

	it("because only its beginning came, is charged for that, and counted apart", async () => {
		const { light, ledger } = setUp();
		const start = {
			type: "message_start",
			message: { id: "1", model: "m", usage: { input_tokens: 5, output_tokens: 1 } },
		};
		const end = { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } };
		for await (const _ of streaming(light, [start, end])({ model: "m" })) break;
		expect(ledger.total()).toMatchObject({ costUsd: centsOf(5, 1), unmeteredCalls: 1 });
		for await (const _ of streaming(light, [start, end])({ model: "m" }));
		expect(ledger.total()).toMatchObject({ costUsd: centsOf(10, 3), unmeteredCalls: 1 });
	});

	it("because it failed before any answer, is nobody's loss", async () => {
		const { light, ledger, metrics } = setUp();
		await light
			.stage("ask", async (_: unknown) => Promise.reject(new Error("429")), { kind: "model" })({ model: "m" })
			.catch(() => {});
		expect(ledger.rows()).toEqual([]);
		expect(await metrics.points("pipeline.cost.unmetered")).toEqual([]);
	});

	it("because it was cut midway, is counted apart", async () => {
		const { light, ledger } = setUp();
		const ask = light.stage(
			"ask",
			async function* (_: unknown) {
				yield chunk;
				throw new Error("cut");
			},
			{ kind: "model" },
		);
		await expect(Array.fromAsync(ask({ model: "m" }))).rejects.toThrow("cut");
		expect(ledger.total()).toMatchObject({ costUsd: 0, unmeteredCalls: 1 });
	});

	it("but whose money was added by hand, is not", async () => {
		const { light, ledger } = setUp();
		const ask = light.stage("ask", async (_: unknown) => light.current().addCost(0.25), { kind: "model" });
		await ask({ model: "m" });
		expect(ledger.total()).toEqual({ ...nothingSpent, costUsd: 0.25 });
	});
});

describe("a stage with an extractor of its own", () => {
	it("is metered whatever its kind, by what the extractor says", async () => {
		const { light, ledger, attributes } = setUp();
		const read = light.stage("read", async (words: readonly string[]) => words, {
			usage: (words, call) => ({
				inputTokens: (words as string[]).length,
				outputTokens: call.name.length,
				model: "m",
				provider: "acme",
			}),
		});
		expect(await read(["a", "b"])).toEqual(["a", "b"]);
		expect(ledger.rows()).toMatchObject([{ key: ["read", "m"], costUsd: centsOf(2, 4), calls: 1 }]);
		expect(attributes("read")).toMatchObject({
			"gen_ai.response.model": "m",
			"gen_ai.usage.input_tokens": 2,
			"gen_ai.usage.cost.amount": centsOf(2, 4),
		});
	});

	it("of a stream takes the last it says", async () => {
		const { light, ledger } = setUp();
		const read = light.stage(
			"read",
			async function* () {
				yield* [1, 2, 3];
			},
			{ usage: (item) => (typeof item === "number" && item < 3 ? { inputTokens: item, model: "m" } : undefined) },
		);
		for await (const _ of read());
		expect(ledger.total()).toMatchObject({ inputTokens: 2, costUsd: centsOf(2, 0) });
	});

	it("takes the provider's own word for the money", async () => {
		const { light, ledger, attributes } = setUp();
		await light.stage("read", async () => 1, { usage: () => ({ inputTokens: 1, costUsd: 0.5, model: "m" }) })();
		expect(ledger.total().costUsd).toBe(0.5);
		expect(attributes("read")).toMatchObject({
			"gen_ai.usage.cost.amount": 0.5,
			"gen_ai.usage.cost.source": "provider",
		});
	});

	it.each<[string, () => unknown]>([
		["throws", () => Promise.reject.call(undefined)],
		["says nonsense", () => ({ inputTokens: Number.NaN })],
		["says less than nothing", () => ({ inputTokens: 1, outputTokens: -1 })],
		["says more than can be added up", () => ({ inputTokens: 1, costUsd: 1e300 })],
		["says more of a part than of the whole", () => ({ inputTokens: 1, outputTokens: 1, reasoningTokens: 9 })],
		["counts the cache beside the input", () => ({ inputTokens: 9, cacheReadTokens: 5, cacheWriteTokens: 5 })],
		["names no model", () => ({ inputTokens: 1, model: Symbol("m") })],
		["has to be waited for", async () => ({ inputTokens: 1 })],
	])("that %s changes nothing, is counted, and leaves the call without a meter", async (_, usage) => {
		const { light, ledger, attributes } = setUp();
		const before = telemetryFailures().get("usage") ?? 0;
		const read = light.stage("read", async () => "result", { usage: usage as () => { inputTokens: number } });
		expect(await read()).toBe("result");
		expect(telemetryFailures().get("usage")).toBe(before + 1);
		expect(ledger.total()).toEqual({ ...nothingSpent, unmeteredCalls: 1 });
		expect(Object.keys(attributes("read")).filter((name) => /usage|cost/.test(name))).toEqual([]);
	});

	it("may be any method of an instrumented object", async () => {
		const { light, ledger } = setUp();
		const asked: string[] = [];
		const client = light.instrument(
			{ ask: async (words: number) => words, embed: async (words: number) => words },
			{
				usage(words, call) {
					asked.push(call.name);
					return { inputTokens: words as number, model: "m" };
				},
			},
		);
		await client.ask(2);
		await client.embed(3);
		expect(asked).toEqual(["ask", "embed"]);
		expect(ledger.rows().map(({ key, costUsd }) => [...key, costUsd])).toEqual([
			["embed", "m", centsOf(3, 0)],
			["ask", "m", centsOf(2, 0)],
		]);
		expect(() => light.instrument({ ask: () => 1 }, { usage: 5 as never })).toThrow(
			new TypeError("instrument: usage must be a function, got 5"),
		);
	});

	it("is held to what the extractor said when it was asked", async () => {
		const changing = {
			asked: 0,
			model: "m",
			get inputTokens() {
				return this.asked++ === 0 ? 5 : Number.NaN;
			},
		};
		const { light, ledger } = setUp();
		await light.stage("read", async () => 1, { usage: () => changing })();
		expect(ledger.total()).toEqual({ ...nothingSpent, inputTokens: 5, costUsd: centsOf(5, 0) });
	});
});

describe("an answer whose figures cannot be", () => {
	it.each<[string, object]>([
		["tokens below zero", { prompt_tokens: 10, completion_tokens: -6 }],
		["a cost below zero", { prompt_tokens: 10, completion_tokens: 1, cost: -3 }],
		["more money than can be added up", { prompt_tokens: 10, completion_tokens: 1, cost: 1e308 }],
		["more tokens than can be added up", { prompt_tokens: 1e308, completion_tokens: 1e308 }],
		["more audio than input", { prompt_tokens: 1, prompt_tokens_details: { audio_tokens: 5 } }],
		[
			"tokens below zero in a part of it",
			{ input_tokens: 1, output_tokens: 1, iterations: [{ type: "compaction", input_tokens: -5 }] },
		],
	])("because of %s is added nowhere: report, span and metrics agree", async (_, usage) => {
		const before = telemetryFailures().get("usage") ?? 0;
		const { light, metrics, attributes } = setUp();
		const answer = { model: "m", usage };
		const { report } = await light
			.pipeline()
			.stage("ask", async (_: unknown) => answer, { kind: "model" })
			.run({ model: "m" });
		expect(report.spend).toEqual({ ...nothingSpent, unmeteredCalls: 1 });
		expect(Object.keys(attributes("chat m")).filter((name) => /usage|cost/.test(name))).toEqual([]);
		expect([await metrics.total("pipeline.tokens"), await metrics.total("pipeline.cost.usd")]).toEqual([0, 0]);
		expect(await metrics.total("pipeline.cost.unmetered")).toBe(1);
		expect(telemetryFailures().get("usage")).toBe(before + 1);
	});
});

describe("the labels of models", () => {
	it("are bounded, what is beyond is counted, and no money is lost", async () => {
		const { light, metrics } = setUp();
		const ask = light.stage("ask", async (_: unknown) => answerOf(1, 0), { kind: "model" });
		for (let number = 0; number < 120; number++) await ask({ model: `m-${number}` });
		const points = await metrics.points("pipeline.cost.usd");
		expect(points).toHaveLength(101);
		const other = points.find(({ attributes }) => attributes["gen_ai.request.model"] === "_OTHER");
		expect(other?.value).toBeCloseTo(20 * centsOf(1, 0), 10);
		expect(await total(metrics, "pipeline.cost.usd")).toBe(120 * centsOf(1, 0));
		expect(
			await metrics.total("pipeline.telemetry.dropped", { "pipeline.telemetry.reason": "cardinality" }),
		).toBeGreaterThanOrEqual(20);
	});
});

describe("addCost", () => {
	it("counts as reported, on the call and all above it", async () => {
		const { light, metrics, ledger, attributes } = setUp();
		const search = light.stage("search", () => light.current().addCost(0.25), { kind: "tool" });
		light.run(() => search());
		expect(ledger.total().costUsd).toBe(0.25);
		expect(attributes("search")["pipeline.cost.usd"]).toBe(0.25);
		expect(attributes("docs-qa")["pipeline.cost.usd"]).toBe(0.25);
		expect((await metrics.points("pipeline.cost.usd"))[0]?.attributes).toEqual({
			"pipeline.name": "docs-qa",
			"stage.name": "search",
			"cost.source": "reported",
		});
	});

	it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 1e300, "1", null])("refuses %s, and counts that", async (usd) => {
		const before = telemetryFailures().get("addCost") ?? 0;
		const { light, metrics, charges } = setUp();
		const { report } = await light
			.pipeline()
			.stage("search", (_, current) => current.addCost(usd as number))
			.run();
		expect(report.spend).toEqual(nothingSpent);
		expect(charges).toEqual([]);
		expect(await metrics.total("pipeline.cost.usd")).toBe(0);
		expect(telemetryFailures().get("addCost")).toBe(before + 1);
	});

	it("counts money that is spent after the end, which no report can show any more", async () => {
		const { light, metrics, ledger, attributes } = setUp();
		let late: (() => void) | undefined;
		const { report } = await light
			.pipeline()
			.stage("search", (_, current) => {
				current.addCost(1);
				late = () => current.addCost(0.5);
			})
			.run();
		late?.();
		expect([await metrics.total("pipeline.cost.usd"), ledger.total().costUsd]).toEqual([1.5, 1.5]);
		expect([report.spend.costUsd, attributes("search")["pipeline.cost.usd"]]).toEqual([1, 1]);
	});
});
