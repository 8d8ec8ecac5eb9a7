import type { TokenUsage, Writable } from "../cost/token-usage.ts";
import { asFields, type Fields, own, ownFields, ownNumber, ownText } from "./fields.ts";

/** What a provider's usage object says; undefined is what it does not say. */
export interface UsageFigures extends Partial<Writable<TokenUsage>> {
	/** Input beside that of the caches, where a provider counts it so. */
	freshInputTokens?: number;
}

/** Reads a usage object of any shape we know, and says so by giving figures of input or output; no content is in one. */
export function usageFigures(usage: Fields): UsageFigures {
	return openAiChat(usage) ?? anthropicOrResponses(usage) ?? google(usage) ?? aiSdk(usage) ?? {};
}

type Loose = { [Name in keyof UsageFigures]: UsageFigures[Name] | undefined };

/** A copy without what is not said; to delete it would leave an object that is slow ever after. */
function compact(figures: Loose): UsageFigures {
	const said: { [Name in keyof UsageFigures]: unknown } = {};
	let name: keyof UsageFigures;
	// A quarter of what a list of the keys takes.
	for (name in figures) {
		const figure = figures[name];
		if (figure !== undefined) said[name] = figure;
	}
	return said as UsageFigures;
}

/** Chat completions and embeddings, of OpenAI and the many that answer as it does. */
function openAiChat(usage: Fields): UsageFigures | undefined {
	const inputTokens = ownNumber(usage, "prompt_tokens");
	if (inputTokens === undefined) return undefined;
	const input = ownFields(usage, "prompt_tokens_details");
	const output = ownFields(usage, "completion_tokens_details");
	const completion = ownNumber(usage, "completion_tokens");
	const reasoningTokens = ownNumber(output, "reasoning_tokens");
	// xAI counts reasoning beside the completion: only the total tells.
	const withReasoning = sum(completion, reasoningTokens);
	const isBeside = ownNumber(usage, "total_tokens") === inputTokens + (withReasoning ?? 0);
	return compact({
		inputTokens,
		outputTokens: isBeside ? withReasoning : completion,
		cacheReadTokens: ownNumber(input, "cached_tokens"),
		cacheWriteTokens: ownNumber(input, "cache_write_tokens"),
		cacheWrite12hTokens: ownNumber(ownFields(input, "cache_write_tokens_details"), "ttl_12h_tokens"),
		inputAudioTokens: ownNumber(input, "audio_tokens"),
		outputAudioTokens: ownNumber(output, "audio_tokens"),
		reasoningTokens,
		// Gateways say what they charge: OpenRouter a number, Perplexity its parts and their sum.
		costUsd: ownNumber(usage, "cost") ?? ownNumber(ownFields(usage, "cost"), "total_cost"),
	});
}

/** OpenAI's responses count cached tokens as input; Anthropic reports them beside it. */
function anthropicOrResponses(usage: Fields): UsageFigures | undefined {
	const input = ownNumber(usage, "input_tokens");
	const outputTokens = ownNumber(usage, "output_tokens");
	if (input === undefined && outputTokens === undefined) return undefined;
	const output = ownFields(usage, "output_tokens_details");
	const details = ownFields(usage, "input_tokens_details");
	if (details !== undefined) {
		return compact({
			inputTokens: input,
			outputTokens,
			cacheReadTokens: ownNumber(details, "cached_tokens"),
			cacheWriteTokens: ownNumber(details, "cache_write_tokens"),
			cacheWrite12hTokens: ownNumber(ownFields(details, "cache_write_tokens_details"), "ttl_12h_tokens"),
			reasoningTokens: ownNumber(output, "reasoning_tokens"),
		});
	}
	const creation = ownFields(usage, "cache_creation");
	const fiveMinutes = ownNumber(creation, "ephemeral_5m_input_tokens");
	const hour = ownNumber(creation, "ephemeral_1h_input_tokens");
	return compact({
		freshInputTokens: input,
		outputTokens,
		cacheReadTokens: ownNumber(usage, "cache_read_input_tokens"),
		cacheWriteTokens: ownNumber(usage, "cache_creation_input_tokens") ?? sum(fiveMinutes, hour),
		cacheWrite1hTokens: hour,
		reasoningTokens: ownNumber(output, "thinking_tokens") ?? ownNumber(output, "reasoning_tokens"),
		webSearches: ownNumber(ownFields(usage, "server_tool_use"), "web_search_requests"),
		tier: ownText(usage, "speed") === "fast" ? "fast" : servedTier(ownText(usage, "service_tier")),
		region: regionOf(ownText(usage, "inference_geo")),
	});
}

function google(usage: Fields): UsageFigures | undefined {
	const prompt = ownNumber(usage, "promptTokenCount");
	if (prompt === undefined && ownNumber(usage, "totalTokenCount") === undefined) return undefined;
	const candidates = ownNumber(usage, "candidatesTokenCount") ?? ownNumber(usage, "responseTokenCount");
	const thoughts = ownNumber(usage, "thoughtsTokenCount");
	return compact({
		inputTokens: sum(prompt, ownNumber(usage, "toolUsePromptTokenCount")),
		outputTokens: sum(candidates, thoughts),
		cacheReadTokens: ownNumber(usage, "cachedContentTokenCount"),
		reasoningTokens: thoughts,
		inputAudioTokens: audioOf(own(usage, "promptTokensDetails")),
		cacheReadAudioTokens: audioOf(own(usage, "cacheTokensDetails")),
		outputAudioTokens: audioOf(own(usage, "candidatesTokensDetails")),
		tier: servedTier(ownText(usage, "trafficType") ?? ownText(usage, "serviceTier")),
	});
}

/** The AI SDK's results of versions 4 to 7 and of its models, its embeddings, and Bedrock's, which look alike. */
function aiSdk(usage: Fields): UsageFigures | undefined {
	// What the provider said itself, where the SDK hands it on, says more: how long a cache is kept, and the tier.
	const raw = ownFields(usage, "raw");
	const rawFigures = raw && usageFigures(raw);
	if (rawFigures !== undefined && isUsage(rawFigures)) return rawFigures;
	const input = own(usage, "inputTokens") ?? own(usage, "promptTokens") ?? own(usage, "tokens");
	const output = own(usage, "outputTokens") ?? own(usage, "completionTokens");
	if (input === undefined && output === undefined) return undefined;
	const inputParts = asFields(input);
	const outputParts = asFields(output);
	const details = ownFields(usage, "inputTokenDetails");
	const bedrockRead = ownNumber(usage, "cacheReadInputTokens");
	const bedrockWrite = ownNumber(usage, "cacheWriteInputTokens");
	const isBedrock = bedrockRead !== undefined || bedrockWrite !== undefined;
	const inputTokens = ownNumber(inputParts, "total") ?? numberOf(input);
	return compact({
		...(isBedrock ? { freshInputTokens: inputTokens } : { inputTokens }),
		outputTokens: ownNumber(outputParts, "total") ?? numberOf(output),
		cacheReadTokens:
			ownNumber(inputParts, "cacheRead") ??
			ownNumber(details, "cacheReadTokens") ??
			ownNumber(usage, "cachedInputTokens") ??
			bedrockRead,
		cacheWriteTokens: ownNumber(inputParts, "cacheWrite") ?? ownNumber(details, "cacheWriteTokens") ?? bedrockWrite,
		reasoningTokens:
			ownNumber(outputParts, "reasoning") ??
			ownNumber(ownFields(usage, "outputTokenDetails"), "reasoningTokens") ??
			ownNumber(usage, "reasoningTokens"),
	});
}

/** True when figures say anything of what was used. */
export function isUsage({ inputTokens, freshInputTokens, outputTokens }: UsageFigures): boolean {
	return inputTokens !== undefined || freshInputTokens !== undefined || outputTokens !== undefined;
}

const standardTiers = new Set(["default", "standard", "on_demand", "standard_only"]);
const unsaidTiers = new Set(["auto", "unspecified", "traffic_type_unspecified"]);

/** The tier that served a call in one word, whichever provider says it; undefined where the answer does not. */
export function servedTier(given: string | undefined): string | undefined {
	const tier = given?.toLowerCase().replace(/^on_demand_/, "");
	if (tier === undefined || unsaidTiers.has(tier)) return undefined;
	return standardTiers.has(tier) ? "standard" : tier;
}

function regionOf(given: string | undefined): string | undefined {
	return given === "global" || given === "not_available" ? undefined : given;
}

function audioOf(details: unknown): number | undefined {
	if (!Array.isArray(details)) return undefined;
	const audio = details.find((one) => ownText(asFields(one), "modality") === "AUDIO");
	return ownNumber(asFields(audio), "tokenCount");
}

function numberOf(value: unknown): number | undefined {
	return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function sum(first: number | undefined, second: number | undefined): number | undefined {
	return first === undefined && second === undefined ? undefined : (first ?? 0) + (second ?? 0);
}
