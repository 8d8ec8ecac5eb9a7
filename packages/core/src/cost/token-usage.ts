import type { Call } from "../call.ts";
import { optionalString, refuse } from "../option.ts";
import { isFigure } from "./figure.ts";

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
 * Of a stream the call no longer holds its arguments. What it throws or promises, and a usage that cannot be (a figure below
 * 0, a part larger than its whole), is counted as a failure, and the call is unmetered.
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

const fields = [...counts, "model", "provider", "tier", "region"] as const;

/** A copy that stays what it is, whatever is done to the original. */
export function copyUsage(usage: TokenUsage): TokenUsage {
	if (typeof usage !== "object" || usage === null || !("inputTokens" in usage)) {
		refuse(TypeError, "usage", "an object with inputTokens", usage);
	}
	const copy: Partial<Record<keyof TokenUsage, unknown>> = {};
	for (const name of fields) {
		const value = usage[name];
		if (value !== undefined) copy[name] = value;
	}
	return copy as unknown as TokenUsage;
}

/**
 * Refuses figures that would make every sum they enter wrong, and parts that are larger than their whole. Written out,
 * since each call pays for it.
 */
export function checkUsage(usage: TokenUsage): void {
	const { inputTokens, outputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0, reasoningTokens = 0 } = usage;
	const { cacheWrite1hTokens = 0, cacheWrite12hTokens = 0, webSearches = 0, costUsd = 0 } = usage;
	const { inputAudioTokens = 0, cacheReadAudioTokens = 0, outputAudioTokens = 0 } = usage;
	figure("inputTokens", inputTokens);
	figure("outputTokens", outputTokens);
	figure("cacheReadTokens", cacheReadTokens);
	figure("cacheWriteTokens", cacheWriteTokens);
	figure("cacheWrite1hTokens", cacheWrite1hTokens);
	figure("cacheWrite12hTokens", cacheWrite12hTokens);
	figure("reasoningTokens", reasoningTokens);
	figure("inputAudioTokens", inputAudioTokens);
	figure("cacheReadAudioTokens", cacheReadAudioTokens);
	figure("outputAudioTokens", outputAudioTokens);
	figure("webSearches", webSearches);
	figure("costUsd", costUsd);
	optionalString("usage: model", usage.model);
	optionalString("usage: provider", usage.provider);
	optionalString("usage: tier", usage.tier);
	optionalString("usage: region", usage.region);
	const written = cacheWrite1hTokens + cacheWrite12hTokens;
	within("inputTokens", inputTokens, "cacheReadTokens + cacheWriteTokens", cacheReadTokens + cacheWriteTokens);
	within("cacheWriteTokens", cacheWriteTokens, "cacheWrite1hTokens + cacheWrite12hTokens", written);
	within("inputTokens", inputTokens, "inputAudioTokens", inputAudioTokens);
	within("inputAudioTokens", inputAudioTokens, "cacheReadAudioTokens", cacheReadAudioTokens);
	within("cacheReadTokens", cacheReadTokens, "cacheReadAudioTokens", cacheReadAudioTokens);
	within("outputTokens", outputTokens, "reasoningTokens", reasoningTokens);
	within("outputTokens", outputTokens, "outputAudioTokens", outputAudioTokens);
}

function figure(name: string, value: unknown): void {
	if (!isFigure(value)) refuse(RangeError, `usage: ${name}`, "a number from 0 on", value);
}

function within(whole: string, most: number, part: string, tokens: number): void {
	if (tokens > most) refuse(RangeError, `usage: ${part}`, `part of ${whole}, which are ${most}`, tokens);
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
