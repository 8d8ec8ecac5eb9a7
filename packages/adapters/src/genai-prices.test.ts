import { readFileSync } from "node:fs";
import type { TokenUsage } from "@footlight/core";
import { calcPrice } from "@pydantic/genai-prices";
import { describe, expect, test } from "vitest";
import { type GenaiPricesOptions, genaiPrices } from "./genai-prices.ts";

const book = genaiPrices();
const atMs = Date.parse("2026-11-21");
const usage: TokenUsage = { inputTokens: 1_000, outputTokens: 100 };
const sumOf = (parts: object = {}) => Object.values(parts).reduce((sum: number, part: number) => sum + part, 0);

describe("genaiPrices", () => {
	test("names itself, the version of the package, and the day from which a price holds", () => {
		const manifest = new URL("../../../node_modules/@pydantic/genai-prices/package.json", import.meta.url);
		const { version } = JSON.parse(readFileSync(manifest, "utf8"));
		expect(book.price({ provider: "openai", model: "gpt-5.6-sol", usage, atMs })).toMatchObject({
			source: "genai-prices",
			version,
			priceDate: "2026-08-21",
		});
		expect(book.price({ provider: "openai", model: "gpt-5-mini", usage, atMs })).not.toHaveProperty("priceDate");
	});

	test.each([
		["openai", "gpt-5-mini"],
		["azure.ai.openai", "gpt-5-mini"],
		["anthropic", "claude-sonnet-4-6"],
		["aws.bedrock", "anthropic.claude-3-5-haiku-20241022-v1:0"],
		["gcp.gemini", "gemini-2.5-flash"],
		["gcp.vertex_ai", "gemini-2.5-flash"],
		["mistral_ai", "mistral-large-latest"],
		["x_ai", "grok-4"],
		["moonshot_ai", "kimi-k2.5"],
		["groq", "llama-3.3-70b-versatile"],
		["deepseek", "deepseek-chat"],
	])("knows the provider %s by the name of the conventions", (provider, model) => {
		expect(sumOf(book.price({ provider, model, usage, atMs })?.parts)).toBeGreaterThan(0);
	});

	test("takes the parts so that they come to what the library says", () => {
		const parts: TokenUsage = {
			inputTokens: 250_000,
			outputTokens: 900,
			cacheReadTokens: 100_000,
			cacheWriteTokens: 50_000,
			reasoningTokens: 300,
		};
		for (const [provider, id, model] of [
			["openai", "openai", "gpt-5.6-sol"],
			["anthropic", "anthropic", "claude-sonnet-4-6"],
			["gcp.gemini", "google", "gemini-2.5-pro"],
		] as const) {
			const units = {
				input_tokens: 250_000,
				output_tokens: 900,
				cache_read_tokens: 100_000,
				cache_write_tokens: 50_000,
				output_reasoning_tokens: 300,
			};
			const expected = calcPrice(units, model, { providerId: id, timestamp: new Date(atMs) })?.total_price ?? 0;
			expect(expected).toBeGreaterThan(0);
			expect(sumOf(book.price({ provider, model, usage: parts, atMs })?.parts)).toBeCloseTo(expected, 12);
		}
	});

	test("does not know a provider that is not in the table, though its model has the name of one", () => {
		expect(book.price({ provider: "acme", model: "gpt-5-mini", usage, atMs })).toBeUndefined();
		const named = genaiPrices({ providers: { acme: "openai" } });
		expect(sumOf(named.price({ provider: "acme", model: "gpt-5-mini", usage, atMs })?.parts)).toBeGreaterThan(0);
	});

	test("tells the provider from the model where nobody names one", () => {
		expect(sumOf(book.price({ model: "claude-sonnet-4-6", usage, atMs })?.parts)).toBeGreaterThan(0);
	});

	test.each<[string, string, Partial<TokenUsage>]>([
		["audio", "gpt-5-mini", { inputAudioTokens: 5 }],
		["spoken answers", "gpt-5-mini", { outputAudioTokens: 5 }],
		["an hour in the cache", "gpt-5.6-sol", { cacheWriteTokens: 5, cacheWrite1hTokens: 5 }],
		["twelve hours in the cache", "gpt-5.6-sol", { cacheWriteTokens: 5, cacheWrite12hTokens: 5 }],
		["searches", "text-embedding-3-small", { webSearches: 1 }],
	])("gives no price to %s where the model has none for it", (_, model, more) => {
		expect(book.price({ provider: "openai", model, usage, atMs })).toBeDefined();
		expect(book.price({ provider: "openai", model, usage: { ...usage, ...more }, atMs })).toBeUndefined();
	});

	test("does not know a model that is not in the table", () => {
		expect(book.price({ provider: "openai", model: "house-model", usage, atMs })).toBeUndefined();
	});

	test("refuses options it does not know, and names that are none", () => {
		expect(() => genaiPrices({ update: true } as GenaiPricesOptions)).toThrow(
			'genaiPrices: unknown option "update"; known options are providers',
		);
		expect(() => genaiPrices({ providers: { acme: 5 } } as unknown as GenaiPricesOptions)).toThrow(
			"genaiPrices: providers.acme must be a string, got 5",
		);
	});
});
