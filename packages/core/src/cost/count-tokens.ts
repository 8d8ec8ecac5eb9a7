import type { Instruments } from "../telemetry/instruments.ts";
import type { LabelSet } from "./label-set.ts";
import type { Spend } from "./spend.ts";

const counted = [
	{ type: "input", figure: "inputTokens", metric: "gen_ai.client.inference.usage.input_tokens" },
	{ type: "output", figure: "outputTokens", metric: "gen_ai.client.inference.usage.output_tokens" },
	{ type: "cache_read", figure: "cacheReadTokens", metric: "gen_ai.client.inference.usage.cache_read.input_tokens" },
	{ type: "cache_write", figure: "cacheWriteTokens", metric: "gen_ai.client.inference.usage.cache_write.input_tokens" },
	{ type: "reasoning", figure: "reasoningTokens", metric: "gen_ai.client.inference.usage.reasoning.output_tokens" },
] as const;

/** Counts tokens by type, in our own metric and in those of the GenAI conventions. */
export function countTokens(
	instruments: Instruments,
	amount: Partial<Spend>,
	own: LabelSet,
	conventional: LabelSet,
): void {
	for (const { type, figure, metric } of counted) {
		const tokens = amount[figure] ?? 0;
		if (tokens <= 0) continue;
		instruments.add("pipeline.tokens", tokens, own.with("gen_ai.token.type", type).attributes);
		instruments.add(metric, tokens, conventional.attributes);
	}
}
