import { describe, expect, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import { footlight, ownPrices } from "../index.ts";

/** Calls so many models, each named and provided as told, at a dollar for each. */
async function spend(times: number, name: (n: number) => { stage?: string; model?: string; provider?: string }) {
	const metrics = recordMetrics();
	const { meterProvider } = metrics;
	const light = footlight("docs-qa", { meterProvider, use: [], prices: ownPrices({}) });
	for (let number = 0; number < times; number++) {
		const { stage = "ask", model = "m", provider = "acme" } = name(number);
		const ask = light.stage(stage, async (_: unknown) => 1, {
			kind: "model",
			usage: () => ({ inputTokens: 1, model, provider, costUsd: 1 }),
		});
		await ask({ model });
	}
	return metrics;
}

const dropped = { "pipeline.telemetry.signal": "metrics", "pipeline.telemetry.reason": "cardinality" };

describe("the labels of what is spent", () => {
	it.each([
		// A stage is counted as it is defined, too: what it wastes stands at zero from then on.
		["stage.name", 240, "pipeline.cost.usd", 2, (n: number) => ({ stage: `stage-${n}` })],
		["gen_ai.request.model", 100, "pipeline.cost.usd", 1, (n: number) => ({ model: `m-${n}` })],
		["gen_ai.provider.name", 100, "pipeline.tokens", 1, (n: number) => ({ provider: `acme-${n}` })],
	] as const)("keep to so many values of %s: %d", async (label, most, metric, timesCounted, name) => {
		const within = await spend(most, name);
		expect(await within.points(metric)).toHaveLength(most);
		expect(await within.total("pipeline.telemetry.dropped", dropped)).toBe(0);

		const beyond = await spend(most + 3, name);
		expect(await beyond.points(metric)).toHaveLength(most + 1);
		expect(await beyond.total(metric, { [label]: "_OTHER" })).toBe(3);
		expect(await beyond.total(metric)).toBe(most + 3);
		expect(await beyond.total("pipeline.telemetry.dropped", dropped)).toBe(3 * timesCounted);
	});
});
