import type { Call } from "../call.ts";
import { show } from "../option.ts";

/** What one call of a model was billed for, counted as the OpenTelemetry conventions do: parts are within their whole. */
export interface TokenUsage {
	/** Tokens of the prompt; those of caches and of audio are part of them. */
	readonly inputTokens: number;
	/** Tokens of the answer; those of reasoning and of audio are part of them. @default 0 */
	readonly outputTokens?: number;
	/** Part of the input that the provider read from its cache. */
	readonly cacheReadTokens?: number;
	/** Part of the input that the provider wrote to its cache, for however long. */
	readonly cacheWriteTokens?: number;
	/** Part of `cacheWriteTokens` that is kept for an hour. */
	readonly cacheWrite1hTokens?: number;
	/** Part of `cacheWriteTokens` that is kept for twelve hours. */
	readonly cacheWrite12hTokens?: number;
	/** Part of the output. */
	readonly reasoningTokens?: number;
	/** Part of the input. */
	readonly inputAudioTokens?: number;
	/** Part of `inputAudioTokens` and of `cacheReadTokens`: audio that the provider read from its cache. */
	readonly cacheReadAudioTokens?: number;
	/** Part of the output. */
	readonly outputAudioTokens?: number;
	/** Searches of the web that the provider made for the answer, and bills one by one. */
	readonly webSearches?: number;
	/** Model that answered. @default the one asked for */
	readonly model?: string;
	/** @default the stage's provider */
	readonly provider?: string;
	/** Tier that served the call, not the one asked for: `standard`, `batch`, `flex`, `priority`, `fast` ... @default "standard" */
	readonly tier?: string;
	/** Region that the provider bills at a price of its own. */
	readonly region?: string;
	/** What the provider itself says the call cost, in US dollars; then no price is looked up. */
	readonly costUsd?: number;
}

/**
 * Reads the usage from a result, or from each item of a stream; the last one it gives counts.
 *
 * Of a stream the call no longer holds its arguments.
 */
export type UsageExtractor = (result: unknown, call: Call) => TokenUsage | undefined;

const counts = [
	"inputTokens",
	"outputTokens",
	"cacheReadTokens",
	"cacheWriteTokens",
	"cacheWrite1hTokens",
	"cacheWrite12hTokens",
	"reasoningTokens",
	"inputAudioTokens",
	"cacheReadAudioTokens",
	"outputAudioTokens",
	"webSearches",
	"costUsd",
] as const;

/** Refuses figures that would make every sum they enter wrong. */
export function checkUsage(usage: TokenUsage): void {
	for (const name of counts) {
		const value: unknown = usage[name];
		if (value === undefined && name !== "inputTokens") continue;
		if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
			throw new RangeError(`usage: ${name} must be a number from 0 on, got ${show(value)}`);
		}
	}
}

/** The fields of a usage while they are collected. */
export type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Adds up the tokens of several calls; of one call it is what that used. */
export function totalUsage(usages: readonly TokenUsage[]): TokenUsage {
	const [only] = usages;
	if (only !== undefined && usages.length === 1) return only;
	const total: Writable<TokenUsage> = { inputTokens: 0 };
	for (const usage of usages) {
		for (const name of counts) {
			const value = usage[name];
			if (value !== undefined) total[name] = (total[name] ?? 0) + value;
		}
	}
	return total;
}
