import type { Light } from "@footlight/core";
import type OpenAI from "openai";
import { promptFor } from "./prompt.ts";
import { rerank } from "./rerank.ts";
import type { SearchIndex } from "./search-index.ts";

const candidateCount = 24;
const passageCount = 4;

export interface AnsweringOptions {
	readonly openai: OpenAI;
	readonly model: string;
	readonly index: SearchIndex;
	/** Called after the last piece of an answer, however it ended. */
	readonly onEnd: () => void;
}

/** Makes the pipeline that answers a question from the documentation: retrieve, rerank, answer, piece by piece. */
export function answering(light: Light, { openai, model, index, onEnd }: AnsweringOptions) {
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
		.stage("rerank", ["retrieve"], ({ retrieve }, ctx) => {
			const passages = rerank(ctx.input, retrieve, passageCount);
			ctx.event("passages.selected", { sources: passages.map(({ source }) => source) });
			return passages;
		})
		.stage("answer", ["rerank"], async function* ({ rerank }, ctx) {
			try {
				const stream = await openai.chat.completions.create(
					// Without its usage a streamed answer has no price.
					{ model, messages: promptFor(ctx.input, rerank), stream: true, stream_options: { include_usage: true } },
					{ signal: ctx.signal },
				);
				for await (const { choices } of stream) yield choices[0]?.delta.content ?? "";
			} finally {
				onEnd();
			}
		});
}
