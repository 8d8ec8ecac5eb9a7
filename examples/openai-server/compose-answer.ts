import { contentWords } from "../words.ts";
import type { ChatMessage } from "./chat-request.ts";

const maxSentences = 3;
const noAnswer = "The passages given do not answer this question.";

interface Passage {
	/** Number of the passage in the prompt; the retriever puts the best first. */
	readonly rank: number;
	readonly title: string;
	readonly text: string;
}

interface Sentence {
	readonly passage: Passage;
	readonly text: string;
	readonly words: ReadonlySet<string>;
	readonly position: number;
}

/**
 * Answers the question at the end of a prompt with sentences of the passages in it, each with its source cited.
 *
 * Passages begin with a line `[1] title`; the question is what follows the last `Question:`.
 */
export function composeAnswer(messages: readonly ChatMessage[]): string {
	const prompt = messages.findLast(({ role }) => role === "user")?.content ?? "";
	const [, context = "", question = ""] = /^([\s\S]*)Question:([\s\S]*)$/.exec(prompt) ?? [];
	const sentences = parsePassages(context).flatMap(sentencesOf);
	const chosen = choose(sentences, new Set(contentWords(question)));
	if (chosen.length === 0) return noAnswer;
	const answer = chosen.map(({ text, passage }) => `${text} [${passage.rank}]`).join(" ");
	const sources = new Set(chosen.map(({ passage }) => `[${passage.rank}] ${passage.title}`));
	return `${answer}\n\nSources:\n${[...sources].join("\n")}`;
}

function parsePassages(context: string): Passage[] {
	const passages = context.split(/^(?=\[\d+\] )/m);
	return passages.flatMap((passage) => {
		const [, rank, title, text] = /^\[(\d+)\] (.*)\n([\s\S]*)$/.exec(passage) ?? [];
		return title && text ? { rank: Number(rank), title, text } : [];
	});
}

const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });

function sentencesOf(passage: Passage): Sentence[] {
	const prose = passage.text.replace(/^```[\s\S]*?(?:^```$|(?![\s\S]))/gm, "");
	const blocks = prose.split(/\n{2,}|\n(?=- )/);
	const texts = blocks.flatMap((block) => [...segmenter.segment(block.replace(/\s+/g, " "))]);
	return texts.flatMap(({ segment }, position) => {
		const text = segment.trim().replace(/^- /, "").replace(/:$/, ".");
		const words = new Set(contentWords(text));
		return words.size >= 3 && text.length <= 400 ? { passage, text, words, position } : [];
	});
}

/** Takes the sentence that says most about the question, then those that add words the others do not cover. */
function choose(sentences: readonly Sentence[], questionWords: ReadonlySet<string>): Sentence[] {
	const open = new Map([...questionWords].map((word) => [word, rarity(word, sentences)]));
	const rest = new Set(sentences);
	const chosen: Sentence[] = [];
	while (chosen.length < maxSentences) {
		const scored = [...rest].map((sentence) => ({ sentence, score: scoreOf(sentence, open) }));
		const best = scored.sort((a, b) => b.score - a.score)[0];
		if (best === undefined || best.score === 0) break;
		chosen.push(best.sentence);
		rest.delete(best.sentence);
		for (const word of best.sentence.words) open.delete(word);
	}
	return chosen.sort((a, b) => a.passage.rank - b.passage.rank || a.position - b.position);
}

/** How much a word tells: a word that few of the sentences have tells more than one that all have. */
function rarity(word: string, sentences: readonly Sentence[]): number {
	const having = sentences.filter(({ words }) => words.has(word)).length;
	return Math.log2(1 + sentences.length / (1 + having));
}

/** Sums up the words asked for, less for long sentences and for passages that the retriever put further down. */
function scoreOf({ words, passage }: Sentence, asked: ReadonlyMap<string, number>): number {
	const told = [...words].reduce((sum, word) => sum + (asked.get(word) ?? 0), 0);
	return told / (Math.log2(8 + words.size) * (0.8 + 0.2 * passage.rank));
}
