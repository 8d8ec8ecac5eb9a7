import { randomUUID } from "node:crypto";
import type { ChatCompletion, ChatCompletionChunk } from "openai/resources/chat/completions";
import type { CompletionUsage } from "openai/resources/completions";
import type { ChatRequest, ReasoningEffort } from "./chat-request.ts";
import { composeAnswer } from "./compose-answer.ts";
import type { PromptCache } from "./prompt-cache.ts";
import { promptTokensOf, tokensOf, truncate } from "./tokens.ts";

type FinishReason = "stop" | "length";

/** An answer, complete before the first word of it is sent. */
export interface Completion {
	readonly id: string;
	readonly createdSeconds: number;
	readonly model: string;
	readonly text: string;
	readonly finishReason: FinishReason;
	readonly usage: CompletionUsage;
}

/** Tokens thought for each token said. */
const thinking: Readonly<Record<ReasoningEffort, number>> = { minimal: 0.25, low: 0.5, medium: 1, high: 2 };

export function complete(request: ChatRequest, cache: PromptCache): Completion {
	const answer = composeAnswer(request.messages);
	const text = request.maxTokens === undefined ? answer : truncate(answer, request.maxTokens);
	const promptTokens = promptTokensOf(request.messages);
	const { readTokens, writtenTokens } = cache.use(request.model, promptTokens);
	const wordTokens = tokensOf(text).length;
	const { reasoningEffort: effort } = request;
	const reasoningTokens = effort === undefined ? 0 : Math.ceil(wordTokens * thinking[effort]);
	// As the real service bills it: what is thought is part of what is said.
	const completionTokens = wordTokens + reasoningTokens;
	return {
		id: `chatcmpl-${randomUUID()}`,
		createdSeconds: Math.floor(Date.now() / 1_000),
		model: request.model,
		text,
		finishReason: text === answer ? "stop" : "length",
		usage: {
			prompt_tokens: promptTokens.length,
			completion_tokens: completionTokens,
			total_tokens: promptTokens.length + completionTokens,
			prompt_tokens_details: { cached_tokens: readTokens, cache_write_tokens: writtenTokens, audio_tokens: 0 },
			completion_tokens_details: { reasoning_tokens: reasoningTokens, audio_tokens: 0 },
		},
	};
}

/** The same answer without a word: what was asked is billed all the same. */
export function withoutWords(completion: Completion): Completion {
	const { prompt_tokens } = completion.usage;
	const completion_tokens_details = { reasoning_tokens: 0, audio_tokens: 0 };
	return {
		...completion,
		text: "",
		usage: { ...completion.usage, completion_tokens: 0, total_tokens: prompt_tokens, completion_tokens_details },
	};
}

/** The body of an answer that is not streamed. */
export function toChatCompletion(completion: Completion): ChatCompletion {
	return {
		id: completion.id,
		object: "chat.completion",
		created: completion.createdSeconds,
		model: completion.model,
		choices: [
			{
				index: 0,
				message: { role: "assistant", content: completion.text, refusal: null },
				logprobs: null,
				finish_reason: completion.finishReason,
			},
		],
		usage: completion.usage,
	};
}

/** The chunks of a streamed answer: role, words, finish reason and, where asked for, usage. */
export function* toChunks(completion: Completion, includeUsage: boolean): Generator<ChatCompletionChunk> {
	const chunk = (
		choices: ChatCompletionChunk["choices"],
		usage: CompletionUsage | null = null,
	): ChatCompletionChunk => ({
		id: completion.id,
		object: "chat.completion.chunk",
		created: completion.createdSeconds,
		model: completion.model,
		choices,
		...(includeUsage && { usage }),
	});
	const choice = (delta: ChatCompletionChunk.Choice.Delta, finish_reason: FinishReason | null = null) =>
		chunk([{ index: 0, delta, logprobs: null, finish_reason }]);

	yield choice({ role: "assistant", content: "", refusal: null });
	for (const word of completion.text.match(/\S+\s*/g) ?? []) yield choice({ content: word });
	yield choice({}, completion.finishReason);
	if (includeUsage) yield chunk([], completion.usage);
}
