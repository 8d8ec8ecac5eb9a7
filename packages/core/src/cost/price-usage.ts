import { listWithMethods, withMethods } from "../option.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { roundUsd } from "./money.ts";
import type { Price, PriceBook, PriceParts, PriceQuery } from "./price-book.ts";
import { tierFactor } from "./tier.ts";

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
	const models = requestModel === undefined ? [query.model] : new Set([query.model, requestModel]);
	for (const book of books) {
		for (const model of models) {
			try {
				const price = book.price({ ...query, model });
				const priced = price && inTier(price, { ...query, model });
				if (priced !== undefined) return priced;
			} catch (error) {
				telemetryFailed("price book", error);
			}
		}
	}
	return undefined;
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

function inTier(price: Price, { provider, model, usage }: PriceQuery): PricedUsage | undefined {
	const { includesTier = false, parts: standard, ...rest } = price;
	const factor = includesTier ? 1 : tierFactor(provider, model, usage);
	if (factor === undefined) return undefined;
	const parts = { ...noParts } as { -readonly [Part in keyof PriceParts]: number };
	let usd = 0;
	for (const part of Object.keys(noParts) as (keyof PriceParts)[]) {
		const amount = (standard[part] ?? 0) * (part === "toolsUsd" ? 1 : factor);
		if (!Number.isFinite(amount) || amount < 0)
			throw new RangeError(`price: ${part} of ${model} must not be ${amount}`);
		parts[part] = amount;
		usd += amount;
	}
	return { ...rest, usd: roundUsd(usd), parts, factor };
}
