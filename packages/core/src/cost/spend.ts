import { roundUsd } from "./money.ts";

/** Where an amount comes from: the provider's answer, our own price table, or the application's `addCost`. */
export type CostSource = "provider" | "local" | "reported";

/** Money and tokens of a call and of all below it. */
export interface Spend {
	/** Money, in US dollars, wasted money included. */
	readonly costUsd: number;
	/** Money that failed attempts spent. */
	readonly wastedUsd: number;
	/** Tokens of prompts, cached ones included. */
	readonly inputTokens: number;
	readonly outputTokens: number;
	/** Part of the input that the provider read from its cache, and part that it wrote to it. */
	readonly cacheReadTokens: number;
	readonly cacheWriteTokens: number;
	/** Part of the output. */
	readonly reasoningTokens: number;
	/** Input and output tokens that failed attempts used. */
	readonly wastedTokens: number;
	/** Model calls whose tokens are known but whose price is not. */
	readonly unpricedCalls: number;
	/** Model calls whose answer said nothing of its usage. */
	readonly unmeteredCalls: number;
}

/** What has been spent where nothing has. */
export const nothingSpent: Spend = Object.freeze({
	costUsd: 0,
	wastedUsd: 0,
	inputTokens: 0,
	outputTokens: 0,
	cacheReadTokens: 0,
	cacheWriteTokens: 0,
	reasoningTokens: 0,
	wastedTokens: 0,
	unpricedCalls: 0,
	unmeteredCalls: 0,
});

/** What keeps account of its own spending, below another that does. */
export interface Account {
	readonly parent: Account | undefined;
	/** Absent as long as nothing was spent: most calls never do. */
	spend: Spend | undefined;
}

/** Adds to an account and to every one above it. */
export function spend(account: Account, added: Partial<Spend>): void {
	for (let current: Account | undefined = account; current !== undefined; current = current.parent) {
		current.spend = sum(current.spend ?? nothingSpent, added);
	}
}

/** Adds to what was spent. Written out, since each call pays for it: names looked up in a list take several times as long. */
export function sum(spent: Spend, added: Partial<Spend>): Spend {
	return {
		costUsd: roundUsd(spent.costUsd + (added.costUsd ?? 0)),
		wastedUsd: roundUsd(spent.wastedUsd + (added.wastedUsd ?? 0)),
		inputTokens: spent.inputTokens + (added.inputTokens ?? 0),
		outputTokens: spent.outputTokens + (added.outputTokens ?? 0),
		cacheReadTokens: spent.cacheReadTokens + (added.cacheReadTokens ?? 0),
		cacheWriteTokens: spent.cacheWriteTokens + (added.cacheWriteTokens ?? 0),
		reasoningTokens: spent.reasoningTokens + (added.reasoningTokens ?? 0),
		wastedTokens: spent.wastedTokens + (added.wastedTokens ?? 0),
		unpricedCalls: spent.unpricedCalls + (added.unpricedCalls ?? 0),
		unmeteredCalls: spent.unmeteredCalls + (added.unmeteredCalls ?? 0),
	};
}

/** What of an account's spending was in vain and not yet said to be, once the attempt that spent it has failed. */
export function unwasted({ spend = nothingSpent }: Account): Pick<Spend, "wastedUsd" | "wastedTokens"> {
	return {
		wastedUsd: Math.max(0, roundUsd(spend.costUsd - spend.wastedUsd)),
		wastedTokens: spend.inputTokens + spend.outputTokens - spend.wastedTokens,
	};
}
