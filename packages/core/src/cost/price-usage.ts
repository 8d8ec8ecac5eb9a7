import { deliver } from "../deliver.ts";
import { listWithMethods, refuse, show, withMethods } from "../option.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { isFigure } from "./figure.ts";
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
	const price: unknown = deliver("price book", book, () => book.price(query));
	if (price === undefined || price === null) return undefined;
	try {
		return inTier(price as Price, query);
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

function inTier(price: Price, { provider, model, usage }: PriceQuery): PricedUsage | undefined {
	const { source, version, priceDate, includesTier = false, parts: standard } = price;
	if (typeof standard !== "object" || standard === null) {
		refuse(TypeError, `price of ${show(model)}`, "an object with parts", price);
	}
	const factor = includesTier ? 1 : tierFactor(provider, model, usage);
	if (factor === undefined) return undefined;
	const amount = (part: keyof PriceParts, given: unknown = 0, times = factor): number => {
		if (!isFigure(given)) refuse(RangeError, `price of ${show(model)}: ${part}`, "a number from 0 on", given);
		return given * times;
	};
	const parts: PriceParts = {
		inputUsd: amount("inputUsd", standard.inputUsd),
		cacheReadUsd: amount("cacheReadUsd", standard.cacheReadUsd),
		cacheWriteUsd: amount("cacheWriteUsd", standard.cacheWriteUsd),
		cacheWrite1hUsd: amount("cacheWrite1hUsd", standard.cacheWrite1hUsd),
		cacheWrite12hUsd: amount("cacheWrite12hUsd", standard.cacheWrite12hUsd),
		inputAudioUsd: amount("inputAudioUsd", standard.inputAudioUsd),
		outputUsd: amount("outputUsd", standard.outputUsd),
		outputAudioUsd: amount("outputAudioUsd", standard.outputAudioUsd),
		toolsUsd: amount("toolsUsd", standard.toolsUsd, 1),
	};
	const cached = parts.cacheReadUsd + parts.cacheWriteUsd + parts.cacheWrite1hUsd + parts.cacheWrite12hUsd;
	const usd = parts.inputUsd + cached + parts.inputAudioUsd + parts.outputUsd + parts.outputAudioUsd + parts.toolsUsd;
	const priced: Writable<PricedUsage> = { usd: roundUsd(usd), source, version, parts, factor };
	if (priceDate !== undefined) priced.priceDate = priceDate;
	return priced;
}
