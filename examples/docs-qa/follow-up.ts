import { fallback, type Light, retry } from "@footlight/core";
import type OpenAI from "openai";

/** An answer that was given, and to what. */
export interface Answered {
	readonly question: string;
	readonly answer: string;
}

/**
 * Makes the pipeline that works on a conversation once its answer is there: a title for it, and what might be asked next. The
 * small model takes one call at a time.
 */
export function followingUp(light: Light, { client, model }: { readonly client: OpenAI; readonly model: string }) {
	const ask = async (instruction: string, { question, answer }: Answered, maxTokens: number, signal: AbortSignal) => {
		const { choices } = await client.chat.completions.create(
			{
				model,
				max_completion_tokens: maxTokens,
				messages: [
					{ role: "system", content: instruction },
					{ role: "user", content: `[1] ${question}\n${answer}\n\nQuestion: ${question}` },
				],
			},
			{ signal },
		);
		return choices[0]?.message.content ?? "";
	};
	return light
		.pipeline({ concurrency: 1 })
		.stage("title", (answered: Answered, ctx) => ask("Name this in three words.", answered, 8, ctx.signal), {
			use: [fallback({ name: "untitled", value: "Untitled" }), retry()],
		})
		.stage("next", (answered: Answered, ctx) => ask("What may be asked next?", answered, 24, ctx.signal), {
			use: [fallback({ name: "nothing", value: "" }), retry()],
		});
}
