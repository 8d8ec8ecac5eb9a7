import type { Attributes } from "@opentelemetry/api";
import type { Scope } from "../scope.ts";
import { operationOf } from "../telemetry/gen-ai.ts";
import type { Instruments } from "../telemetry/instruments.ts";
import { boundedLabel } from "./bounded-label.ts";
import { labels } from "./charge.ts";
import type { TokenUsage } from "./token-usage.ts";

/** Counts tokens by type, in our own metric and in those of the GenAI conventions, which know no pipelines. */
export function countTokens(
	instruments: Instruments,
	scope: Scope,
	{ inputTokens, outputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0, reasoningTokens = 0 }: TokenUsage,
	model: string | undefined,
	provider: string | undefined,
): void {
	const ofModel: Attributes = {
		...(provider !== undefined && { "gen_ai.provider.name": provider }),
		...(model !== undefined && { "gen_ai.request.model": boundedLabel(instruments, "model", model) }),
	};
	const own = { ...labels(instruments, scope), ...ofModel };
	const conventional = { "gen_ai.operation.name": operationOf(scope.call.name), ...ofModel };
	const counted = [
		["input", inputTokens, "gen_ai.client.inference.usage.input_tokens"],
		["output", outputTokens, "gen_ai.client.inference.usage.output_tokens"],
		["cache_read", cacheReadTokens, "gen_ai.client.inference.usage.cache_read.input_tokens"],
		["cache_write", cacheWriteTokens, "gen_ai.client.inference.usage.cache_write.input_tokens"],
		["reasoning", reasoningTokens, "gen_ai.client.inference.usage.reasoning.output_tokens"],
	] as const;
	for (const [type, tokens, metric] of counted) {
		if (tokens <= 0) continue;
		instruments.add("pipeline.tokens", tokens, { ...own, "gen_ai.token.type": type });
		instruments.add(metric, tokens, conventional);
	}
}
