import { type Light, streamQueue } from "@footlight/core";
import type OpenAI from "openai";
import { fetchPassages } from "./fetch-passages.ts";
import { EmptyAnswerError, fetchPolicies, modelPolicies } from "./policies.ts";
import { promptFor } from "./prompt.ts";
import { rerank } from "./rerank.ts";
import type { SearchIndex } from "./search-index.ts";

const candidateCount = 24;
const passageCount = 4;

export interface AnsweringOptions {
	readonly openai: OpenAI;
	readonly model: string;
	readonly index: SearchIndex;
	/** Where the texts of passages are. */
	readonly passagesUrl: string;
	/** Called after the last piece of an answer, however it ended. */
	readonly onEnd: () => void;
}

/** Makes the pipeline that answers a question from the documentation: retrieve, fetch, rerank, answer, piece by piece. */
export function answering(light: Light, { openai, model, index, passagesUrl, onEnd }: AnsweringOptions) {
	return light
		.pipeline()
		.stage(
			"retrieve",
			(question: string, ctx) => {
				const candidates = index.search(question, candidateCount);
				ctx.setAttribute("retrieval.candidates", candidates.length);
				return candidates;
			},
			{ kind: "retrieval" },
		)
		.stage("fetch", ["retrieve"], ({ retrieve }, ctx) => fetchPassages(passagesUrl, retrieve, ctx.signal), {
			use: fetchPolicies,
		})
		.stage("rerank", ["fetch"], ({ fetch }, ctx) => {
			const passages = rerank(ctx.input, fetch, passageCount);
			ctx.event("passages.selected", { sources: passages.map(({ source }) => source) });
			return passages;
		})
		.stage(
			"answer",
			["rerank"],
			async function* ({ rerank }, ctx) {
				let hasBegun = false;
				try {
					const stream = await openai.chat.completions.create(
						// Without its usage a streamed answer has no price.
						{ model, messages: promptFor(ctx.input, rerank), stream: true, stream_options: { include_usage: true } },
						{ signal: ctx.signal },
					);
					const words = ctx.value(streamQueue<string>());
					// What goes wrong with it is told to the loop, behind the words that came before.
					words.fill(wordsOf(stream)).catch(() => {});
					for await (const word of words) {
						hasBegun = true;
						yield word;
					}
				} finally {
					if (hasBegun) onEnd();
				}
				if (!hasBegun) throw new EmptyAnswerError("the model answered without a word");
			},
			{ use: modelPolicies },
		);
}

/** An item that says nothing would be the first, and what comes first is not tried again. */
async function* wordsOf(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): AsyncGenerator<string> {
	for await (const { choices } of stream) {
		const words = choices[0]?.delta.content;
		if (words) yield words;
	}
}
