import type { ChatCompletionMessageParam } from "openai/resources/chat/completions";
import type { Passage } from "./search-index.ts";

/** The messages that ask a model to answer from the passages alone, and to say from which. */
export function promptFor(question: string, passages: readonly Passage[]): ChatCompletionMessageParam[] {
	const context = passages.map(({ source, heading, text }, index) => `[${index + 1}] ${source} > ${heading}\n${text}`);
	return [
		{
			role: "system",
			content: "Answer the question in at most three sentences, from the numbered passages only. Cite each as [1].",
		},
		{ role: "user", content: `${context.join("\n\n")}\n\nQuestion: ${question}` },
	];
}
