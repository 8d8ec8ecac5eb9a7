import { decode, encode } from "gpt-tokenizer/encoding/o200k_base";
import type { ChatMessage } from "./chat-request.ts";

// A document may well contain "<|endoftext|>"; here it is text like any other, as it is for the real service.
const asPlainText = { disallowedSpecial: new Set<string>() };

/** Returns the tokens of a text. */
export function tokensOf(text: string): number[] {
	return encode(text, asPlainText);
}

/** Returns the tokens of a prompt: each message costs three more than its role and text, and the answer's start three. */
export function promptTokensOf(messages: readonly ChatMessage[]): number[] {
	const messageStart = [-1, -1, -1];
	return [
		...messages.flatMap(({ role, content }) => [...messageStart, ...tokensOf(role), ...tokensOf(content)]),
		...messageStart,
	];
}

/** Cuts a text after so many tokens. */
export function truncate(text: string, maxTokens: number): string {
	const tokens = tokensOf(text);
	return tokens.length <= maxTokens ? text : decode(tokens.slice(0, maxTokens));
}
