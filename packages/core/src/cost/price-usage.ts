import { listWithMethods, withMethods } from "../option.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { roundUsd } from "./money.ts";
import type { Price, PriceBook, PriceParts, PriceQuery } from "./price-book.ts";
import { tierFactor } from "./tier.ts";
import type { Writable } from "./token-usage.ts";

/** What a usage cost, and why. */
export interface PricedUsage {
	/** US dollars, to ten decimal places. */
	readonly usd: number;
	/** Name of the price book, or `provider` where the answer itself says what it cost; then the rest is absent. */
	readonly source: string;
	readonly version?: string;
	readonly priceDate?: string;
	/** The same money by what it is for, the factor of the tier included. */
	readonly parts?: PriceParts;
	/** What the standard price was multiplied by for the tier that served the call. */
	readonly factor?: number;
}

/** The price in the first book that knows the model, under the name that answered or else the one asked for. */
export function priceUsage(
	books: readonly PriceBook[],
	query: PriceQuery,
	requestModel: string | undefined,
): PricedUsage | undefined {
	const { model } = query;
	const asked = requestModel === undefined || requestModel === model ? undefined : { ...query, model: requestModel };
	for (const book of books) {
		const priced = priceIn(book, query) ?? (asked && priceIn(book, asked));
		if (priced !== undefined) return priced;
	}
	return undefined;
}

function priceIn(book: PriceBook, query: PriceQuery): PricedUsage | undefined {
	try {
		const price = book.price(query);
		return price && inTier(price, query);
	} catch (error) {
		telemetryFailed("price book", error);
		return undefined;
	}
}

/** One price book or several as a list. */
export function priceBooks(where: string, given: PriceBook | readonly PriceBook[]): readonly PriceBook[] {
	if (Array.isArray(given)) {
		listWithMethods(where, given, ["price"]);
		return [...given];
	}
	withMethods(where, given, ["price"]);
	return [given as PriceBook];
}

const noParts: PriceParts = {
	inputUsd: 0,
	cacheReadUsd: 0,
	cacheWriteUsd: 0,
	cacheWrite1hUsd: 0,
	cacheWrite12hUsd: 0,
	inputAudioUsd: 0,
	outputUsd: 0,
	outputAudioUsd: 0,
	toolsUsd: 0,
};
const partNames = Object.keys(noParts) as (keyof PriceParts)[];

function inTier(price: Price, { provider, model, usage }: PriceQuery): PricedUsage | undefined {
	const { source, version, priceDate, includesTier = false, parts: standard } = price;
	const factor = includesTier ? 1 : tierFactor(provider, model, usage);
	if (factor === undefined) return undefined;
	const parts: Writable<PriceParts> = { ...noParts };
	let usd = 0;
	for (const part of partNames) {
		const amount = (standard[part] ?? 0) * (part === "toolsUsd" ? 1 : factor);
		if (!Number.isFinite(amount) || amount < 0)
			throw new RangeError(`price: ${part} of ${model} must not be ${amount}`);
		parts[part] = amount;
		usd += amount;
	}
	const priced: Writable<PricedUsage> = { usd: roundUsd(usd), source, version, parts, factor };
	if (priceDate !== undefined) priced.priceDate = priceDate;
	return priced;
}
