import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Price, PriceBook, PriceParts, PriceQuery, TokenUsage } from "@footlight/core";
import { knownOptions, refuse } from "@footlight/core/option";
import {
	calcPrice,
	type ModelPrice,
	type PriceCalculation,
	type TieredPrices,
	type Usage,
} from "@pydantic/genai-prices";

/** Options of {@link genaiPrices}. */
export interface GenaiPricesOptions {
	/** Names of further providers, ours to those of genai-prices: `{ "our-gateway": "openrouter" }`. @default none */
	readonly providers?: Readonly<Record<string, string>>;
}

/** Providers as the GenAI conventions name them, where genai-prices has another name. */
const providers: Readonly<Record<string, string>> = {
	"azure.ai.openai": "azure",
	"azure.ai.inference": "azure",
	"aws.bedrock": "aws",
	"gcp.gemini": "google",
	"gcp.gen_ai": "google",
	"gcp.vertex_ai": "google",
	mistral_ai: "mistral",
	moonshot_ai: "moonshotai",
	x_ai: "x-ai",
};

/**
 * Makes a price book of `@pydantic/genai-prices`: the public prices of some thousand models, by the day of the call.
 *
 * It reads the table that the package brings and asks no network; whoever wants newer prices calls the package's own
 * `updatePrices`. Prices are those of the standard tier; Footlight multiplies them for the tier that served the call. A
 * model it does not know, and a usage that has a part without a price (audio, an hour in the cache, a search), stay
 * without a price.
 *
 * **Throws** TypeError for options that cannot be.
 *
 * @example
 * const light = footlight("docs-qa", { prices: genaiPrices() });
 */
export function genaiPrices(options: GenaiPricesOptions = {}): PriceBook {
	knownOptions("genaiPrices", options, ["providers"]);
	for (const [name, id] of Object.entries(options.providers ?? {})) {
		if (typeof id !== "string") refuse(TypeError, `genaiPrices: providers.${name}`, "a string", id);
	}
	const providerIds: Readonly<Record<string, string>> = { ...providers, ...options.providers };
	const version = packageVersion();
	return {
		price({ model, provider, usage, atMs }: PriceQuery): Price | undefined {
			const providerId = provider === undefined ? undefined : (providerIds[provider] ?? provider);
			const found = calcPrice(unitsOf(usage), model, {
				...(providerId !== undefined && { providerId }),
				timestamp: new Date(atMs),
			});
			const parts = found && partsOf(found, usage);
			if (parts === undefined || parts === null || found === null) return undefined;
			const priceDate = startOf(found);
			return { parts, source: "genai-prices", version, ...(priceDate !== undefined && { priceDate }) };
		},
	};
}

function unitsOf(usage: TokenUsage): Usage {
	const { cacheWrite1hTokens = 0, cacheWriteTokens = 0 } = usage;
	const units: Usage = {
		input_tokens: usage.inputTokens,
		output_tokens: usage.outputTokens ?? 0,
		cache_read_tokens: usage.cacheReadTokens ?? 0,
		cache_write_tokens: cacheWriteTokens,
		cache_write_1h_tokens: cacheWrite1hTokens,
		output_reasoning_tokens: usage.reasoningTokens ?? 0,
		input_audio_tokens: usage.inputAudioTokens ?? 0,
		cache_audio_read_tokens: usage.cacheReadAudioTokens ?? 0,
		output_audio_tokens: usage.outputAudioTokens ?? 0,
		web_searches: usage.webSearches ?? 0,
	};
	// What is audio and from the cache must be said where there is both, if it is none.
	const hasBoth = (usage.inputAudioTokens ?? 0) > 0 && (usage.cacheReadTokens ?? 0) > 0;
	const needed = (name: string) => name === "input_tokens" || (name === "cache_audio_read_tokens" && hasBoth);
	return Object.fromEntries(Object.entries(units).filter(([name, count]) => count !== 0 || needed(name)));
}

/** The sum as the library makes it, taken apart by the prices it made it from; undefined where a part has none. */
function partsOf(found: PriceCalculation, usage: TokenUsage): Partial<PriceParts> | undefined {
	const { cacheReadTokens = 0, cacheWriteTokens = 0, cacheWrite1hTokens = 0, inputAudioTokens = 0 } = usage;
	const { outputAudioTokens = 0, webSearches = 0, cacheReadAudioTokens = 0 } = usage;
	const rate = (name: string) => rateOf(found.model_price, name, usage.inputTokens);
	const input = rate("input_mtok");
	const hour = rate("cache_write_1h_mtok");
	const inputAudio = rate("input_audio_mtok");
	const outputAudio = rate("output_audio_mtok");
	const search = rate("web_searches_kcount");
	const lacksPrice =
		(usage.inputTokens > 0 && input === undefined) ||
		(cacheWrite1hTokens > 0 && hour === undefined) ||
		(inputAudioTokens > 0 && inputAudio === undefined) ||
		(outputAudioTokens > 0 && outputAudio === undefined) ||
		(webSearches > 0 && search === undefined) ||
		// No table has a price for it.
		(usage.cacheWrite12hTokens ?? 0) > 0;
	if (lacksPrice) return undefined;
	const cacheRead = rate("cache_read_mtok") ?? input;
	const cacheReadUsd =
		perMillion(cacheReadTokens - cacheReadAudioTokens, cacheRead) +
		perMillion(cacheReadAudioTokens, rate("cache_audio_read_mtok") ?? cacheRead);
	const cacheWriteUsd = perMillion(cacheWriteTokens - cacheWrite1hTokens, rate("cache_write_mtok") ?? input);
	const cacheWrite1hUsd = perMillion(cacheWrite1hTokens, hour);
	const inputAudioUsd = perMillion(inputAudioTokens - cacheReadAudioTokens, inputAudio);
	const outputAudioUsd = perMillion(outputAudioTokens, outputAudio);
	return {
		// What is left of each of the library's own sums.
		inputUsd: Math.max(0, found.input_price - cacheReadUsd - cacheWriteUsd - cacheWrite1hUsd - inputAudioUsd),
		cacheReadUsd,
		cacheWriteUsd,
		cacheWrite1hUsd,
		inputAudioUsd,
		outputUsd: Math.max(0, found.output_price - outputAudioUsd),
		outputAudioUsd,
		toolsUsd: Math.max(0, found.total_price - found.input_price - found.output_price),
	};
}

/** The rate of a unit for a prompt of that length. */
function rateOf(prices: ModelPrice, name: string, inputTokens: number): number | undefined {
	const price: number | TieredPrices | undefined = prices[name];
	if (price === undefined || typeof price === "number") return price;
	return price.tiers.reduce((rate, tier) => (inputTokens > tier.start ? tier.price : rate), price.base);
}

function perMillion(tokens: number, rate = 0): number {
	return (tokens * rate) / 1_000_000;
}

/** The day from which the price holds; absent where the model has had no other. */
function startOf({ model, model_price }: PriceCalculation): string | undefined {
	if (!Array.isArray(model.prices)) return undefined;
	const constraint = model.prices.find(({ prices }) => prices === model_price)?.constraint;
	return constraint?.type === "start_date" ? constraint.start_date : undefined;
}

/** The package tells its version nowhere but in its manifest, which a bundle does not have. */
function packageVersion(): string {
	try {
		const entry = createRequire(import.meta.url).resolve("@pydantic/genai-prices");
		const manifest = JSON.parse(readFileSync(entry.replace(/dist[\\/][^\\/]+$/, "package.json"), "utf8"));
		return typeof manifest.version === "string" ? manifest.version : "unknown";
	} catch {
		return "unknown";
	}
}
