import { knownOptions, nonEmptyName, refuse, show } from "../option.ts";
import type { Price, PriceBook, PriceQuery } from "./price-book.ts";

/** Prices of one model, in US dollars for a million tokens. */
export interface OwnPrice {
	readonly inputUsdPerMillionTokens: number;
	/** @default 0, for models that give no tokens: embeddings */
	readonly outputUsdPerMillionTokens?: number;
	/** Input read from the provider's cache. @default the price of input */
	readonly cacheReadUsdPerMillionTokens?: number;
	/** Input written to the provider's cache. @default the price of input */
	readonly cacheWriteUsdPerMillionTokens?: number;
	/** Input kept in the cache for an hour. @default none: a call that has any is unpriced */
	readonly cacheWrite1hUsdPerMillionTokens?: number;
	/** Input kept in the cache for twelve hours. @default none: a call that has any is unpriced */
	readonly cacheWrite12hUsdPerMillionTokens?: number;
	/** @default none: a call that has any is unpriced */
	readonly inputAudioUsdPerMillionTokens?: number;
	/** @default none: a call that has any is unpriced */
	readonly outputAudioUsdPerMillionTokens?: number;
	/** @default none: a call that made any is unpriced */
	readonly webSearchUsdPerThousand?: number;
	/** By what tokens are multiplied in a tier, as in `{ batch: 0.4 }`. @default those of the provider, where we know them */
	readonly tiers?: Readonly<Record<string, number>>;
	/** Day from which the price holds (UTC), as in "2026-11-21". @default ever */
	readonly from?: string;
}

/** Options of {@link ownPrices}. */
export interface OwnPricesOptions {
	/** Name of the book, on each charge. @default "own" */
	readonly name?: string;
	/** Version of the book, on each charge. @default "1" */
	readonly version?: string;
}

const rates = [
	"inputUsdPerMillionTokens",
	"outputUsdPerMillionTokens",
	"cacheReadUsdPerMillionTokens",
	"cacheWriteUsdPerMillionTokens",
	"cacheWrite1hUsdPerMillionTokens",
	"cacheWrite12hUsdPerMillionTokens",
	"inputAudioUsdPerMillionTokens",
	"outputAudioUsdPerMillionTokens",
	"webSearchUsdPerThousand",
] as const;

interface Dated {
	readonly price: OwnPrice;
	readonly fromMs: number;
}

/**
 * Makes a price book of your own prices: for models no table knows, or at the price you have agreed on.
 *
 * Of several prices of one model, that counts which held when the call began.
 *
 * **Throws** TypeError or RangeError for a price that cannot be.
 *
 * @example
 * const prices = ownPrices({
 *   "our-llama": { inputUsdPerMillionTokens: 0.2, outputUsdPerMillionTokens: 0.6 },
 *   "gpt-5-mini": [
 *     { inputUsdPerMillionTokens: 0.25, outputUsdPerMillionTokens: 2 },
 *     { inputUsdPerMillionTokens: 0.2, outputUsdPerMillionTokens: 1.6, from: "2026-10-01" },
 *   ],
 * });
 * footlight("docs-qa", { prices });
 */
export function ownPrices(
	models: Readonly<Record<string, OwnPrice | readonly OwnPrice[]>>,
	options: OwnPricesOptions = {},
): PriceBook {
	knownOptions("ownPrices", options, ["name", "version"]);
	const { name = "own", version = "1" } = options;
	nonEmptyName("ownPrices: name", name);
	nonEmptyName("ownPrices: version", version);
	if (typeof models !== "object" || models === null) refuse(TypeError, "ownPrices: models", "an object", models);
	const byModel = new Map<string, readonly Dated[]>();
	for (const [model, given] of Object.entries(models)) {
		const prices: readonly OwnPrice[] = Array.isArray(given) ? given : [given];
		const dated = prices.map((price) => checked(`ownPrices: ${show(model)}`, price));
		byModel.set(
			model,
			dated.sort((first, second) => second.fromMs - first.fromMs),
		);
	}
	return {
		price(query) {
			const valid = byModel.get(query.model)?.find(({ fromMs }) => fromMs <= query.atMs);
			return valid && priced(valid.price, query, name, version);
		},
	};
}

function priced(own: OwnPrice, { usage }: PriceQuery, source: string, version: string): Price | undefined {
	const { inputTokens, outputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0, tier = "standard" } = usage;
	const { cacheWrite1hTokens = 0, cacheWrite12hTokens = 0, outputAudioTokens = 0 } = usage;
	// Audio out of a cache costs what all else out of it does.
	const inputAudioTokens = (usage.inputAudioTokens ?? 0) - (usage.cacheReadAudioTokens ?? 0);
	const { inputUsdPerMillionTokens: input, outputUsdPerMillionTokens: output = 0 } = own;
	const plainWrites = cacheWriteTokens - cacheWrite1hTokens - cacheWrite12hTokens;
	const factor = tier === "standard" ? 1 : own.tiers?.[tier];
	let isKnown = true;
	const cost = (units: number, rate: number | undefined, per = 1_000_000): number => {
		if (units === 0) return 0;
		if (rate === undefined || units < 0) isKnown = false;
		return (units * (rate ?? 0) * (per === 1_000_000 ? (factor ?? 1) : 1)) / per;
	};
	const parts = {
		inputUsd: cost(inputTokens - cacheReadTokens - cacheWriteTokens - inputAudioTokens, input),
		cacheReadUsd: cost(cacheReadTokens, own.cacheReadUsdPerMillionTokens ?? input),
		cacheWriteUsd: cost(plainWrites, own.cacheWriteUsdPerMillionTokens ?? input),
		cacheWrite1hUsd: cost(cacheWrite1hTokens, own.cacheWrite1hUsdPerMillionTokens),
		cacheWrite12hUsd: cost(cacheWrite12hTokens, own.cacheWrite12hUsdPerMillionTokens),
		inputAudioUsd: cost(inputAudioTokens, own.inputAudioUsdPerMillionTokens),
		outputUsd: cost(outputTokens - outputAudioTokens, output),
		outputAudioUsd: cost(outputAudioTokens, own.outputAudioUsdPerMillionTokens),
		toolsUsd: cost(usage.webSearches ?? 0, own.webSearchUsdPerThousand, 1_000),
	};
	if (!isKnown) return undefined;
	return {
		parts,
		source,
		version,
		...(own.from !== undefined && { priceDate: own.from }),
		includesTier: tier === "standard" ? usage.region === undefined : factor !== undefined,
	};
}

function checked(where: string, price: OwnPrice): Dated {
	knownOptions(where, price, [...rates, "tiers", "from"]);
	if (price === undefined) refuse(TypeError, where, "an object", price);
	for (const rate of rates) {
		const value: unknown = price[rate];
		if (value !== undefined || rate === "inputUsdPerMillionTokens") amountFrom(`${where}: ${rate}`, value);
	}
	knownOptions(`${where}: tiers`, price.tiers, Object.keys(price.tiers ?? {}));
	for (const [tier, factor] of Object.entries(price.tiers ?? {})) amountFrom(`${where}: tiers.${tier}`, factor);
	return { price, fromMs: price.from === undefined ? Number.NEGATIVE_INFINITY : dayMs(`${where}: from`, price.from) };
}

function amountFrom(where: string, value: unknown): void {
	if (typeof value !== "number") refuse(TypeError, where, "a number from 0 on", value);
	if (!Number.isFinite(value) || value < 0) refuse(RangeError, where, "a number from 0 on", value);
}

function dayMs(where: string, value: unknown): number {
	if (typeof value !== "string") refuse(TypeError, where, 'a day such as "2026-11-21"', value);
	// biome-ignore lint/style/noRestrictedGlobals: reads no time, only a date that was written
	const ms = /^\d{4}-\d\d-\d\d$/.test(value) ? Date.parse(value) : Number.NaN;
	if (Number.isNaN(ms)) refuse(RangeError, where, 'a day such as "2026-11-21"', value);
	return ms;
}
