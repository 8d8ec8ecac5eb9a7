import { describe, expect, it } from "vitest";
import { ModelUsage } from "./model-usage.ts";

function read(...values: readonly unknown[]): ModelUsage {
	const usage = new ModelUsage();
	for (const value of values) usage.see(value);
	return usage;
}

describe("ModelUsage", () => {
	it("asks no getter of a class for anything: it might begin to read a stream", () => {
		let asked = 0;
		class Result {
			get usage() {
				asked++;
				return { input_tokens: 1 };
			}
			get steps() {
				asked++;
				return [];
			}
		}
		expect(read(new Result()).usages()).toEqual([]);
		expect(asked).toBe(0);
	});

	it("counts a result once, however often it is handed out", () => {
		const result = { steps: [{ usage: { inputTokens: 1 } }, { usage: { inputTokens: 2 } }] };
		expect(read(result, result).usages()).toEqual([{ inputTokens: 1 }, { inputTokens: 2 }]);
	});

	it("of figures that grow along with a stream takes the last", () => {
		const chunk = (prompt_tokens: number) => ({
			choices: [],
			usage: { prompt_tokens, completion_tokens: prompt_tokens },
		});
		expect(read(chunk(1), chunk(2), { choices: [] }).usages()).toEqual([{ inputTokens: 2, outputTokens: 2 }]);
	});

	it("does not take the id of a part of a stream for that of the answer", () => {
		const parts = [
			{ type: "text-start", id: "0" },
			{ type: "response-metadata", id: "r-1", modelId: "m" },
		];
		expect(read(...parts).attributes()).toEqual({ "gen_ai.response.id": "r-1", "gen_ai.response.model": "m" });
	});

	it.each<[string, object, object]>([
		[
			"Bedrock, whose input does not include the cache",
			{ inputTokens: 5, outputTokens: 2, cacheReadInputTokens: 3, cacheWriteInputTokens: 1 },
			{ inputTokens: 9, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 1 },
		],
		["the AI SDK of version 4", { promptTokens: 5, completionTokens: 2 }, { inputTokens: 5, outputTokens: 2 }],
		[
			"Perplexity, which says what it charges",
			{ prompt_tokens: 5, cost: { total_cost: 0.25 } },
			{ inputTokens: 5, costUsd: 0.25 },
		],
		[
			"Gemini Live",
			{ promptTokenCount: 5, responseTokenCount: 2, totalTokenCount: 7 },
			{ inputTokens: 5, outputTokens: 2 },
		],
		[
			"Anthropic, with only the classes of its cache",
			{ input_tokens: 5, cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 2 } },
			{ inputTokens: 8, cacheWriteTokens: 3, cacheWrite1hTokens: 2 },
		],
		[
			"xAI, whose completion does not include the reasoning",
			{
				prompt_tokens: 2640,
				completion_tokens: 1082,
				total_tokens: 4394,
				prompt_tokens_details: { cached_tokens: 473 },
				completion_tokens_details: { reasoning_tokens: 672 },
			},
			{ inputTokens: 2640, outputTokens: 1754, cacheReadTokens: 473, reasoningTokens: 672 },
		],
		[
			"OpenAI, whose completion includes the reasoning",
			{
				prompt_tokens: 10,
				completion_tokens: 50,
				total_tokens: 60,
				completion_tokens_details: { reasoning_tokens: 40 },
			},
			{ inputTokens: 10, outputTokens: 50, reasoningTokens: 40 },
		],
		["OpenAI embeddings", { prompt_tokens: 10, total_tokens: 10 }, { inputTokens: 10 }],
		[
			"a gateway that counts the cache and the reasoning beside the rest",
			{
				prompt_tokens: 10,
				completion_tokens: 1,
				prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 5 },
				completion_tokens_details: { reasoning_tokens: 8 },
			},
			{ inputTokens: 45, outputTokens: 9, cacheReadTokens: 30, cacheWriteTokens: 5, reasoningTokens: 8 },
		],
		["figures that are none", { input_tokens: "many", output_tokens: Number.NaN }, {}],
	])("reads the usage of %s", (_, usage, expected) => {
		expect(read({ usage }).usages()).toEqual(Object.keys(expected).length === 0 ? [] : [expected]);
	});

	it("knows the tier in one word, whoever says it, and leaves unsaid what is only asked for", () => {
		const tierOf = (answer: object) => read({ usage: { input_tokens: 1 }, ...answer }).usages()[0]?.tier;
		expect(tierOf({ service_tier: "default" })).toBe("standard");
		expect(tierOf({ service_tier: "on_demand" })).toBe("standard");
		expect(tierOf({ service_tier: "auto" })).toBeUndefined();
		expect(tierOf({})).toBeUndefined();
		expect(tierOf({ service_tier: "Flex" })).toBe("flex");
		expect(tierOf({ usage: { promptTokenCount: 1, trafficType: "ON_DEMAND_FLEX" } })).toBe("flex");
		expect(tierOf({ usage: { promptTokenCount: 1, trafficType: "ON_DEMAND" } })).toBe("standard");
		expect(tierOf({ usage: { promptTokenCount: 1, trafficType: "TRAFFIC_TYPE_UNSPECIFIED" } })).toBeUndefined();
		expect(tierOf({ usage: { input_tokens: 1, service_tier: "standard", speed: "fast" } })).toBe("fast");
	});
});
