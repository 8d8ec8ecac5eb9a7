import { describe, expect, it } from "vitest";
import { type OwnPrice, ownPrices, type TokenUsage } from "../index.ts";
import { priceUsage } from "./price-usage.ts";

const full: OwnPrice = {
	inputUsdPerMillionTokens: 10,
	outputUsdPerMillionTokens: 50,
	cacheReadUsdPerMillionTokens: 1,
	cacheWriteUsdPerMillionTokens: 12,
	cacheWrite1hUsdPerMillionTokens: 20,
	cacheWrite12hUsdPerMillionTokens: 30,
	inputAudioUsdPerMillionTokens: 40,
	outputAudioUsdPerMillionTokens: 80,
	webSearchUsdPerThousand: 5,
	tiers: { batch: 0.4 },
};
const atMs = Date.parse("2026-11-21");

function usd(
	price: OwnPrice | readonly OwnPrice[],
	usage: Partial<TokenUsage>,
	model = "m",
	provider?: string,
): number | undefined {
	const query = { model, usage: { inputTokens: 0, ...usage }, atMs, ...(provider !== undefined && { provider }) };
	return priceUsage([ownPrices({ [model]: price })], query, undefined)?.usd;
}

describe("ownPrices", () => {
	it.each<[string, Partial<TokenUsage>, number]>([
		["input", { inputTokens: 1_000 }, (1_000 * 10) / 1e6],
		["output", { outputTokens: 1_000, reasoningTokens: 900 }, (1_000 * 50) / 1e6],
		["out of the cache", { inputTokens: 1_000, cacheReadTokens: 400 }, (600 * 10 + 400 * 1) / 1e6],
		["into the cache", { inputTokens: 1_000, cacheWriteTokens: 400 }, (600 * 10 + 400 * 12) / 1e6],
		[
			"into the cache for longer",
			{ inputTokens: 1_000, cacheWriteTokens: 400, cacheWrite1hTokens: 100, cacheWrite12hTokens: 50 },
			(600 * 10 + 250 * 12 + 100 * 20 + 50 * 30) / 1e6,
		],
		[
			"audio",
			{ inputTokens: 1_000, inputAudioTokens: 400, outputTokens: 100, outputAudioTokens: 60 },
			(600 * 10 + 400 * 40 + 40 * 50 + 60 * 80) / 1e6,
		],
		[
			"audio out of the cache",
			{ inputTokens: 1_000, inputAudioTokens: 400, cacheReadTokens: 300, cacheReadAudioTokens: 100 },
			(400 * 10 + 300 * 40 + 300 * 1) / 1e6,
		],
		["searches", { webSearches: 3 }, (3 * 5) / 1_000],
		[
			"a tier of its own, but for searches",
			{ inputTokens: 1_000, tier: "batch", webSearches: 3 },
			((1_000 * 10) / 1e6) * 0.4 + 0.015,
		],
	])("prices %s", (_, usage, expected) => {
		expect(usd(full, usage)).toBe(Math.round(expected * 1e10) / 1e10);
	});

	it("takes the price of input for what is cached, and none for what else it has no price", () => {
		const plain: OwnPrice = { inputUsdPerMillionTokens: 10 };
		expect(usd(plain, { inputTokens: 1_000, cacheReadTokens: 400, cacheWriteTokens: 100 })).toBe(0.01);
		expect(usd(plain, { inputTokens: 1_000, outputTokens: 5 })).toBe(0.01);
		for (const more of [
			{ cacheWriteTokens: 5, cacheWrite1hTokens: 5 },
			{ cacheWriteTokens: 5, cacheWrite12hTokens: 5 },
			{ inputAudioTokens: 5 },
			{ outputTokens: 5, outputAudioTokens: 5 },
			{ webSearches: 1 },
		]) {
			expect(usd(plain, { inputTokens: 1_000, ...more })).toBeUndefined();
		}
	});

	it("takes the factor of the provider for a tier it has none for, and gives no price where there is none", () => {
		const plain: OwnPrice = { inputUsdPerMillionTokens: 10 };
		expect(usd(plain, { inputTokens: 1_000, tier: "flex" }, "gpt-5-mini", "openai")).toBe(0.005);
		expect(usd(plain, { inputTokens: 1_000, tier: "flex" }, "gpt-5-mini", "acme")).toBeUndefined();
		expect(usd(plain, { inputTokens: 1_000, tier: "flex" }, "our-llama")).toBeUndefined();
		expect(usd(plain, { inputTokens: 1_000, region: "us" }, "claude-opus-5", "anthropic")).toBe(0.011);
		expect(usd(plain, { inputTokens: 1_000, region: "moon" }, "claude-opus-5", "anthropic")).toBeUndefined();
	});

	it("takes the price that held when the call began", () => {
		const dated: OwnPrice[] = [
			{ inputUsdPerMillionTokens: 3, from: "2026-11-22" },
			{ inputUsdPerMillionTokens: 1, from: "2026-01-01" },
			{ inputUsdPerMillionTokens: 2, from: "2026-11-21" },
		];
		const book = ownPrices({ m: dated }, { name: "contract", version: "2026" });
		const query = { model: "m", usage: { inputTokens: 1_000_000 } };
		expect(book.price({ ...query, atMs: atMs - 1 })).toMatchObject({ parts: { inputUsd: 1 }, priceDate: "2026-01-01" });
		expect(book.price({ ...query, atMs })).toMatchObject({
			parts: { inputUsd: 2 },
			priceDate: "2026-11-21",
			source: "contract",
			version: "2026",
		});
		expect(book.price({ ...query, atMs: Date.parse("2025-12-31") })).toBeUndefined();
		expect(book.price({ ...query, model: "other", atMs })).toBeUndefined();
	});

	it.each<[object, string]>([
		[{ outputUsdPerMillionTokens: 1 }, "inputUsdPerMillionTokens must be a number from 0 on, got undefined"],
		[{ inputUsdPerMillionTokens: -1 }, "inputUsdPerMillionTokens must be a number from 0 on, got -1"],
		[{ inputUsdPerMillionTokens: "1" }, 'inputUsdPerMillionTokens must be a number from 0 on, got "1"'],
		[{ inputUsdPerMillionTokens: 1, tiers: { batch: Number.NaN } }, "tiers.batch must be a number from 0 on, got NaN"],
		[{ inputUsdPerMillionTokens: 1, from: "21.11.2026" }, 'from must be a day such as "2026-11-21", got "21.11.2026"'],
		[{ inputUsdPerMillionTokens: 1, from: "2026-13-01" }, 'from must be a day such as "2026-11-21", got "2026-13-01"'],
		[{ input: 1 }, 'unknown option "input"; known options are inputUsdPerMillionTokens'],
	])("refuses %j", (price, message) => {
		expect(() => ownPrices({ m: price as OwnPrice })).toThrow(`ownPrices: "m": ${message}`);
	});
});
