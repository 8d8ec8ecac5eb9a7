import type { Light } from "@footlight/core";
import type OpenAI from "openai";
import type { CompletionUsage } from "openai/resources/completions";
import { promptFor } from "./prompt.ts";
import { rerank } from "./rerank.ts";
import type { Passage, SearchIndex } from "./search-index.ts";

const candidateCount = 24;
const passageCount = 4;

/** A piece of an answer; the last one carries the tokens used. */
interface AnswerPart {
	readonly text: string;
	readonly usage: CompletionUsage | undefined;
}

/** Answers a question, writes the answer piece by piece, and returns the tokens used. */
export type AnswerQuestion = (question: string, write: (text: string) => void) => Promise<CompletionUsage | undefined>;

/** Makes the function that answers a question from the documentation: retrieve, rerank, answer. */
export function answering(light: Light, openai: OpenAI, model: string, index: SearchIndex): AnswerQuestion {
	// Two plain functions and a generator: each stage has the type of what it wraps.
	const retrieve = light.stage("retrieve", retrieveCandidates, { kind: "retrieval" });
	const select = light.stage("rerank", selectPassages);
	const answer = light.stage("answer", streamAnswer);

	return async function answerQuestion(question, write) {
		let usage: CompletionUsage | undefined;
		const passages = select(question, retrieve(question));
		try {
			for await (const part of answer(question, passages)) {
				write(part.text);
				usage = part.usage;
			}
		} finally {
			write("\n"); // ends the line, however the answer ended, before the tree of the run is drawn
		}
		return usage;
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
		const stream = await openai.chat.completions.create(
			{ model, messages: promptFor(question, passages), stream: true, stream_options: { include_usage: true } },
			{ signal: light.current().signal },
		);
		for await (const { choices, usage } of stream) {
			yield { text: choices[0]?.delta.content ?? "", usage: usage ?? undefined };
		}
	}
}
