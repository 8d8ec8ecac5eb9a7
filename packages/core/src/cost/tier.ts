import type { TokenUsage } from "./token-usage.ts";

/** What a provider charges in one of its tiers or regions, as a multiple of its standard price per token. */
export interface TierFactor {
	/** Providers, as in `gen_ai.provider.name` or as the AI SDK names them. */
	readonly providers: readonly string[];
	readonly models: RegExp;
	readonly tier?: string;
	readonly region?: string;
	readonly factor: number;
	/** False where the document does not say what cached tokens cost in the tier. @default true */
	readonly forCacheReads?: boolean;
	/** The provider's own document. */
	readonly document: string;
	/** Day on which the document said so. */
	readonly checkedOn: string;
}

const openAi = { providers: ["openai"], checkedOn: "2026-11-21" };
const anthropic = { providers: ["anthropic"], models: /^claude-/, checkedOn: "2026-11-21" };
const gemini = {
	providers: ["gcp.gemini", "google.generative-ai"],
	models: /^(models\/)?gemini-/,
	document: "https://ai.google.dev/gemini-api/docs/optimization",
	forCacheReads: false,
	checkedOn: "2026-11-21",
};
const openAiModels = /^(gpt-|o\d|chatgpt-|codex-|computer-use-|text-embedding-)/;
const fastMode = "https://platform.claude.com/docs/en/build-with-claude/fast-mode";

/**
 * The one table of tiers. What is not in it is unpriced, for want of a public price: OpenAI's `scale` and Anthropic's
 * `priority` are paid for in advance, Google gives a range for `priority`, and `ultrafast` stands in no document we read.
 */
export const tierFactors: readonly TierFactor[] = [
	{
		...openAi,
		models: openAiModels,
		tier: "batch",
		factor: 0.5,
		document: "https://developers.openai.com/api/docs/pricing",
	},
	{
		...openAi,
		models: openAiModels,
		tier: "flex",
		factor: 0.5,
		document: "https://developers.openai.com/api/docs/guides/flex-processing",
	},
	{
		...openAi,
		models: /^gpt-(5|5\.1|5\.2|5\.4|5\.4-mini|5\.6-(sol|terra|luna))(-20\d\d-\d\d-\d\d)?$/,
		tier: "priority",
		factor: 2,
		document: "https://openai.com/api-fast-mode/",
	},
	{
		...openAi,
		models: /^gpt-5\.5(-20\d\d-\d\d-\d\d)?$/,
		tier: "priority",
		factor: 2.5,
		document: "https://openai.com/api-fast-mode/",
	},
	{
		...anthropic,
		tier: "batch",
		factor: 0.5,
		document: "https://platform.claude.com/docs/en/about-claude/pricing",
	},
	{ ...anthropic, models: /^claude-opus-4-8/, tier: "fast", factor: 2, document: fastMode },
	{ ...anthropic, models: /^claude-opus-5(-\d{8})?$/, tier: "fast", factor: 2, document: fastMode },
	{ ...anthropic, models: /^claude-opus-4-[67]/, tier: "fast", factor: 6, document: fastMode },
	{ ...anthropic, region: "us", factor: 1.1, document: "https://platform.claude.com/docs/en/api/service-tiers" },
	{ ...gemini, tier: "batch", factor: 0.5 },
	{ ...gemini, tier: "flex", factor: 0.5 },
];

/** By what a standard price is multiplied for the tier and region that served a call; undefined where that is not known. */
export function tierFactor(provider: string | undefined, model: string, usage: TokenUsage): number | undefined {
	const { tier = "standard", region } = usage;
	const ofTier = tier === "standard" ? 1 : find(provider, model, usage, (row) => row.tier === tier);
	const ofRegion = region === undefined ? 1 : find(provider, model, usage, (row) => row.region === region);
	return ofTier === undefined || ofRegion === undefined ? undefined : ofTier * ofRegion;
}

function find(
	provider: string | undefined,
	model: string,
	{ cacheReadTokens = 0 }: TokenUsage,
	matches: (row: TierFactor) => boolean,
): number | undefined {
	return tierFactors.find(
		(row) =>
			matches(row) &&
			row.models.test(model) &&
			(provider === undefined || row.providers.some((name) => provider === name || provider.startsWith(`${name}.`))) &&
			(cacheReadTokens === 0 || row.forCacheReads !== false),
	)?.factor;
}
