import type { Footlight } from "@footlight/core";
import type OpenAI from "openai";
import type { CompletionUsage } from "openai/resources/completions";
import { promptFor } from "./prompt.ts";
import { rerank } from "./rerank.ts";
import type { Passage, SearchIndex } from "./search-index.ts";

const candidateCount = 24;
const passageCount = 4;

/** A piece of an answer; the last one carries the tokens used. */
export interface AnswerPart {
	readonly text: string;
	readonly usage: CompletionUsage | undefined;
}

/** Makes the function that answers a question from the documentation: retrieve, rerank, answer. */
export function answering(
	light: Footlight,
	openai: OpenAI,
	model: string,
	index: SearchIndex,
): (question: string) => AsyncGenerator<AnswerPart> {
	const retrieve = light.stage("retrieve", retrieveCandidates, { kind: "retrieval" });
	const select = light.stage("rerank", selectPassages);
	const answer = light.stage("answer", streamAnswer);

	return async function* answerQuestion(question) {
		const passages = select(question, retrieve(question));
		yield* answer(question, passages);
	};

	function retrieveCandidates(question: string): Passage[] {
		const candidates = index.search(question, candidateCount);
		light.current().setAttribute("retrieval.candidates", candidates.length);
		return candidates;
	}

	function selectPassages(question: string, candidates: readonly Passage[]): Passage[] {
		const passages = rerank(question, candidates, passageCount);
		light.current().event("passages.selected", { sources: passages.map(({ source }) => source) });
		return passages;
	}

	async function* streamAnswer(question: string, passages: readonly Passage[]): AsyncGenerator<AnswerPart> {
		const messages = promptFor(question, passages);
		const stream = await openai.chat.completions.create(
			{ model, messages, stream: true, stream_options: { include_usage: true } },
			{ signal: light.current().signal },
		);
		for await (const { choices, usage } of stream) {
			yield { text: choices[0]?.delta.content ?? "", usage: usage ?? undefined };
		}
	}
}
