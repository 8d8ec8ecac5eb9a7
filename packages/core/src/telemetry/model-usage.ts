import type { Attributes } from "@opentelemetry/api";

type Fields = Record<string, unknown>;

/**
 * Collects model, finish reasons and token counts from a model's result, or from the chunks of one.
 *
 * Understood by shape: OpenAI chat completions and responses, Anthropic messages, Google generateContent. Read are only
 * `id`, `model`, finish reasons and `usage`; never content.
 */
export class ModelUsage {
	#id: string | undefined;
	#model: string | undefined;
	readonly #finishReasons = new Map<number, string>();
	#inputTokens: number | undefined;
	#outputTokens: number | undefined;
	#cacheReadTokens: number | undefined;
	#cacheWriteTokens: number | undefined;
	#reasoningTokens: number | undefined;

	see(value: unknown): void {
		const fields = asFields(value);
		if (fields === undefined) return;
		// Events of a stream carry the object they speak of: OpenAI responses in `response`, Anthropic in `message`.
		const inner = typeof fields.type === "string" ? (asFields(fields.response) ?? asFields(fields.message)) : undefined;
		if (inner !== undefined) this.#seeAnswer(inner);
		this.#seeAnswer(fields);
	}

	#seeAnswer(fields: Fields): void {
		this.#id ??= text(fields.id) ?? text(fields.responseId);
		this.#model ??= text(fields.model) ?? text(fields.modelVersion);
		this.#seeFinish(fields);
		this.#seeUsage(asFields(fields.usage) ?? asFields(fields.usageMetadata));
	}

	attributes(): Attributes {
		const attributes: Attributes = {};
		if (this.#id !== undefined) attributes["gen_ai.response.id"] = this.#id;
		if (this.#model !== undefined) attributes["gen_ai.response.model"] = this.#model;
		if (this.#finishReasons.size > 0) attributes["gen_ai.response.finish_reasons"] = [...this.#finishReasons.values()];
		if (this.#inputTokens !== undefined) attributes["gen_ai.usage.input_tokens"] = this.#inputTokens;
		if (this.#outputTokens !== undefined) attributes["gen_ai.usage.output_tokens"] = this.#outputTokens;
		if (this.#cacheReadTokens) attributes["gen_ai.usage.cache_read.input_tokens"] = this.#cacheReadTokens;
		if (this.#cacheWriteTokens) attributes["gen_ai.usage.cache_write.input_tokens"] = this.#cacheWriteTokens;
		if (this.#reasoningTokens) attributes["gen_ai.usage.reasoning.output_tokens"] = this.#reasoningTokens;
		return attributes;
	}

	#seeFinish(fields: Fields): void {
		const choices = fields.choices ?? fields.candidates;
		if (Array.isArray(choices)) {
			choices.forEach((choice: Fields | null, index) => {
				const reason = text(choice?.finish_reason) ?? text(choice?.finishReason);
				if (reason !== undefined) this.#finishReasons.set(number(choice?.index) ?? index, reason);
			});
		}
		const reason = text(fields.stop_reason) ?? text(asFields(fields.delta)?.stop_reason);
		if (reason !== undefined) this.#finishReasons.set(0, reason);
	}

	#seeUsage(usage: Fields | undefined): void {
		if (usage === undefined) return;
		const inputDetails = asFields(usage.prompt_tokens_details) ?? asFields(usage.input_tokens_details);
		const outputDetails = asFields(usage.completion_tokens_details) ?? asFields(usage.output_tokens_details);
		const anthropicRead = number(usage.cache_read_input_tokens);
		const anthropicWrite = number(usage.cache_creation_input_tokens);
		const input = number(usage.prompt_tokens) ?? number(usage.input_tokens) ?? number(usage.promptTokenCount);
		// The conventions count cached tokens as input; Anthropic reports them beside it.
		if (input !== undefined) this.#inputTokens = input + (anthropicRead ?? 0) + (anthropicWrite ?? 0);
		this.#outputTokens =
			number(usage.completion_tokens) ??
			number(usage.output_tokens) ??
			sum(number(usage.candidatesTokenCount), number(usage.thoughtsTokenCount)) ??
			this.#outputTokens;
		this.#cacheReadTokens =
			number(inputDetails?.cached_tokens) ??
			anthropicRead ??
			number(usage.cachedContentTokenCount) ??
			this.#cacheReadTokens;
		this.#cacheWriteTokens = anthropicWrite ?? this.#cacheWriteTokens;
		this.#reasoningTokens =
			number(outputDetails?.reasoning_tokens) ?? number(usage.thoughtsTokenCount) ?? this.#reasoningTokens;
	}
}

function asFields(value: unknown): Fields | undefined {
	return typeof value === "object" && value !== null ? (value as Fields) : undefined;
}

function text(value: unknown): string | undefined {
	return typeof value === "string" && value !== "" ? value : undefined;
}

function number(value: unknown): number | undefined {
	return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function sum(first: number | undefined, second: number | undefined): number | undefined {
	return first === undefined ? undefined : first + (second ?? 0);
}
