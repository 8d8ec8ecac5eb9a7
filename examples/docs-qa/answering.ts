import { type Light, streamQueue } from "@footlight/core";
import type OpenAI from "openai";
import { fetchPassages } from "./fetch-passages.ts";
import type { FlagClient } from "./flags.ts";
import type { AnswerModel } from "./model-service.ts";
import { passageCopies } from "./passage-copies.ts";
import { EmptyAnswerError, fetchPolicies, modelPolicies, rankingPolicies, searchPolicies } from "./policies.ts";
import { promptFor } from "./prompt.ts";
import { rerank } from "./rerank.ts";
import type { SearchIndex } from "./search-index.ts";
import { speak, voicePolicies } from "./speak.ts";

const candidateCount = 24;
const candidatesPerRequest = 8;
const passageCount = 8;

export interface AnsweringOptions {
	readonly openai: OpenAI;
	readonly model: AnswerModel;
	readonly index: SearchIndex;
	/** Where the texts of passages are. */
	readonly passagesUrl: string;
	readonly flags: FlagClient;
	/** How long the model is left alone once it has failed again and again. */
	readonly openMs: number;
	/** Called with the words being spoken, now and then. */
	readonly onCaption: (words: string) => void;
	/** Called after the last piece of an answer, however it ended. */
	readonly onEnd: () => void;
}

/**
 * Makes the pipeline that answers a question from the documentation: retrieve, fetch, rerank, answer, and speak what is
 * answered, piece by piece.
 */
export function answering(light: Light, options: AnsweringOptions) {
	const { openai, model, index, passagesUrl, flags, openMs, onCaption, onEnd } = options;
	const copies = passageCopies();
	return light
		.pipeline()
		.stage(
			"retrieve",
			(question: string, ctx) => {
				const candidates = index.search(question, candidateCount);
				ctx.setAttribute("retrieval.candidates", candidates.length);
				return candidates;
			},
			{ kind: "retrieval", use: searchPolicies },
		)
		.map(
			"fetch",
			["retrieve"],
			({ retrieve }) => inParts(retrieve, candidatesPerRequest),
			async (hits, ctx) => {
				const passages = await fetchPassages(passagesUrl, hits, ctx.signal);
				copies.keep(passages);
				return passages;
			},
			{ use: fetchPolicies(copies.of) },
		)
		.stage(
			"rerank",
			["fetch"],
			({ fetch }, ctx) => {
				const passages = rerank(ctx.input, fetch.flat(), passageCount);
				ctx.event("passages.selected", { sources: passages.map(({ source }) => source) });
				return passages;
			},
			{ use: rankingPolicies(flags) },
		)
		.stage(
			"answer",
			["fetch", "rerank"],
			async function* ({ fetch, rerank = fetch.flat().slice(0, passageCount) }, ctx) {
				const stream = await openai.chat.completions.create(
					{
						...model.request,
						messages: promptFor(ctx.input, rerank),
						...{ stream: true, stream_options: { include_usage: true } }, // without its usage it has no price
					},
					// The same at every attempt, so that the other side can tell attempts from calls.
					{ signal: ctx.signal, headers: { "x-client-request-id": ctx.ids.runId ?? null } },
				);
				const words = ctx.value(streamQueue<string>());
				// What goes wrong with it is told to the loop, behind the words that came before.
				words.fill(wordsOf(stream)).catch(() => {});
				let isEmpty = true;
				for await (const word of words) {
					isEmpty = false;
					yield word;
				}
				if (isEmpty) throw new EmptyAnswerError("the model answered without a word");
			},
			{ use: modelPolicies({ openMs }) },
		)
		.stage(
			"speak",
			["answer"],
			async function* ({ answer }, ctx) {
				let hasBegun = false;
				try {
					for await (const word of speak(answer, ctx, onCaption)) {
						hasBegun = true;
						yield word;
					}
				} finally {
					if (hasBegun) onEnd();
				}
			},
			{ use: voicePolicies },
		);
}

function inParts<Item>(items: readonly Item[], size: number): Item[][] {
	const count = Math.ceil(items.length / size);
	return Array.from({ length: count }, (_, part) => items.slice(part * size, (part + 1) * size));
}

/** An item that says nothing would be the first, and what comes first is not tried again. */
async function* wordsOf(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): AsyncGenerator<string> {
	for await (const { choices } of stream) {
		const words = choices[0]?.delta.content;
		if (words) yield words;
	}
}
