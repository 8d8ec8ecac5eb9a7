import { type Charge, costLedger, footlight, tierFactors } from "@footlight/core";
import { manualClock, recordingTracerProvider } from "@footlight/core/testing";
import { MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import { describe, expect, test } from "vitest";
import { genaiPrices } from "./genai-prices.ts";
import { type ProviderAnswer, providerAnswers } from "./provider-answers.fixture.ts";

class PulledReader extends MetricReader {
	protected override async onForceFlush(): Promise<void> {}
	protected override async onShutdown(): Promise<void> {}
}

const prices = genaiPrices();

/** Runs one call of a model whose provider answers so, and gives what every signal says of it. */
async function told({ provider, method, request, answer, chunks, on = "2026-11-21" }: ProviderAnswer) {
	const tracerProvider = recordingTracerProvider();
	const reader = new PulledReader();
	const ledger = costLedger({ by: "model" });
	const charges: Charge[] = [];
	const light = footlight("docs-qa", {
		prices,
		tracerProvider,
		meterProvider: new MeterProvider({ readers: [reader] }),
		onCharge(charge) {
			charges.push(charge);
			ledger.record(charge);
		},
		clock: manualClock(Date.parse(on)),
	});
	const options = { kind: "model", ...(provider !== undefined && { provider }) } as const;
	await light.run(async () => {
		if (chunks === undefined) {
			await light.stage(method, async (_: unknown) => answer, options)(request);
			return;
		}
		const streamed = light.stage(
			method,
			async function* (_: unknown) {
				yield* chunks;
			},
			options,
		);
		for await (const _ of streamed(request));
	});
	const [stage, run] = tracerProvider.spans;
	const collected = await reader.collect();
	const metrics = new Map(
		collected.resourceMetrics.scopeMetrics
			.flatMap(({ metrics }) => metrics)
			.map(({ descriptor, dataPoints }) => [
				descriptor.name,
				new Map(
					dataPoints.map(
						({ attributes, value }) => [attributes["gen_ai.token.type"] ?? "all", value as number] as const,
					),
				),
			]),
	);
	return { stage: stage?.attributes ?? {}, run: run?.attributes ?? {}, metrics, total: ledger.total(), charges };
}

const rounded = (usd: number) => Math.round(usd * 1e10) / 1e10;

describe("what a call costs, by the span, the run, the metrics and the ledger:", () => {
	test.each(providerAnswers)("$title", async (row) => {
		const { stage, run, metrics, total } = await told(row);
		if (typeof row.costs === "number") {
			const expected = rounded(row.costs);
			expect(expected).toBeGreaterThan(0);
			expect(stage["gen_ai.usage.cost.amount"]).toBe(expected);
			expect(stage["gen_ai.usage.cost.currency"]).toBe("USD");
			expect(stage["pipeline.cost.usd"]).toBe(expected);
			expect(run["pipeline.cost.usd"]).toBe(expected);
			expect(metrics.get("pipeline.cost.usd")?.get("all")).toBe(expected);
			expect(total).toMatchObject({ costUsd: expected, unpricedCalls: 0, unmeteredCalls: 0 });
		} else {
			expect(stage).not.toHaveProperty(["gen_ai.usage.cost.amount"]);
			expect(run).not.toHaveProperty(["pipeline.cost.usd"]);
			expect(metrics.get("pipeline.cost.usd")).toBeUndefined();
			expect(metrics.get(`pipeline.cost.${row.costs}`)?.get("all")).toBe(1);
			expect(total).toMatchObject({
				costUsd: 0,
				unpricedCalls: row.costs === "unpriced" ? 1 : 0,
				unmeteredCalls: row.costs === "unmetered" ? 1 : 0,
			});
		}
		if (row.tokens === undefined) return;
		const { input, output, cacheRead = 0, cacheWrite = 0, reasoning = 0 } = row.tokens;
		expect(total).toMatchObject({
			inputTokens: input,
			outputTokens: output,
			cacheReadTokens: cacheRead,
			cacheWriteTokens: cacheWrite,
			reasoningTokens: reasoning,
		});
		const counted = Object.entries({ input, output, cache_read: cacheRead, cache_write: cacheWrite, reasoning });
		expect(Object.fromEntries(metrics.get("pipeline.tokens") ?? [])).toEqual(
			Object.fromEntries(counted.filter(([, tokens]) => tokens > 0)),
		);
		expect(stage["gen_ai.usage.input_tokens"]).toBe(input);
		expect(stage["gen_ai.usage.output_tokens"] ?? 0).toBe(output);
	});

	test("each factor of a tier or a region in the table has a row that uses it", async () => {
		const used = (await Promise.all(providerAnswers.map(told))).flatMap(({ charges }) =>
			charges.flatMap(({ usages = [], prices = [] }) =>
				usages.map((usage, index) => ({ usage, price: prices[index] })),
			),
		);
		for (const row of tierFactors) {
			const charged = used.find(
				({ usage, price }) =>
					price?.factor === row.factor &&
					row.models.test(usage.model ?? "") &&
					(row.tier === undefined ? usage.region === row.region : usage.tier === row.tier),
			);
			expect(charged, JSON.stringify({ ...row, models: String(row.models) })).toBeDefined();
		}
	});
});
