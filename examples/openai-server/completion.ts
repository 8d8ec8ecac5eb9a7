import { randomUUID } from "node:crypto";
import type { ChatCompletion, ChatCompletionChunk } from "openai/resources/chat/completions";
import type { CompletionUsage } from "openai/resources/completions";
import type { ChatRequest } from "./chat-request.ts";
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

export function complete(request: ChatRequest, cache: PromptCache): Completion {
	const answer = composeAnswer(request.messages);
	const text = request.maxTokens === undefined ? answer : truncate(answer, request.maxTokens);
	const promptTokens = promptTokensOf(request.messages);
	const completionTokens = tokensOf(text).length;
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
			prompt_tokens_details: { cached_tokens: cache.read(request.model, promptTokens), audio_tokens: 0 },
			completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
		},
	};
}

/** The same answer without a word: what was asked is billed all the same. */
export function withoutWords(completion: Completion): Completion {
	const { prompt_tokens } = completion.usage;
	return {
		...completion,
		text: "",
		usage: { ...completion.usage, completion_tokens: 0, total_tokens: prompt_tokens },
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
