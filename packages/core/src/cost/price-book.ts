import type { TokenUsage } from "./token-usage.ts";

/** What is asked of a price book. */
export interface PriceQuery {
	/** Model that answered, or the one asked for. */
	readonly model: string;
	/** Provider, as in `gen_ai.provider.name`; absent where nobody said. */
	readonly provider?: string;
	readonly usage: TokenUsage;
	/** When the call began, in milliseconds since 1970: prices change. */
	readonly atMs: number;
}

/** US dollars by what they are for. */
export interface PriceParts {
	/** Input that is neither cached nor audio. */
	readonly inputUsd: number;
	readonly cacheReadUsd: number;
	/** Input written to a cache for the provider's usual time. */
	readonly cacheWriteUsd: number;
	readonly cacheWrite1hUsd: number;
	readonly cacheWrite12hUsd: number;
	readonly inputAudioUsd: number;
	/** Output that is no audio; reasoning is part of it. */
	readonly outputUsd: number;
	readonly outputAudioUsd: number;
	/** What is billed by the piece and in no tier cheaper: searches. */
	readonly toolsUsd: number;
}

/** What a price book says of one usage. */
export interface Price {
	/** What is left out is 0. */
	readonly parts: Partial<PriceParts>;
	/** Where the price stands. */
	readonly source: string;
	/** Of the source, so that a figure can be checked later. */
	readonly version: string;
	/** Day from which the price holds, as in "2026-11-21"; absent where the source does not say. */
	readonly priceDate?: string;
	/** True when the price is that of the tier and region that served the call; else it is the standard one. */
	readonly includesTier?: boolean;
}

/**
 * Knows what models cost; `undefined` for one it does not know, which then counts as unpriced, never as free. So does what it
 * throws or promises, and a price that cannot be, which are counted as failures.
 */
export interface PriceBook {
	price(query: PriceQuery): Price | undefined;
}
