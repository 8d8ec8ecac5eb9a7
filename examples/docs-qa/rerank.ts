import { contentWords } from "../words.ts";
import type { Passage } from "./search-index.ts";

/** Orders passages anew by how much of the question they cover and how close together, and keeps the best. */
export function rerank(question: string, passages: readonly Passage[], limit: number): Passage[] {
	const asked = new Set(contentWords(question));
	const best = Math.max(...passages.map(({ score }) => score));
	const ranked = passages.map((passage) => {
		const words = contentWords(`${passage.source} ${passage.heading} ${passage.text}`);
		const coverage = asked.size === 0 ? 0 : asked.intersection(new Set(words)).size / asked.size;
		return { ...passage, score: passage.score / best + coverage + 0.5 * proximity(words, asked) };
	});
	return ranked.sort((a, b) => b.score - a.score).slice(0, limit);
}

/** 1 where the words asked for stand side by side, towards 0 the further they are apart; 0 with fewer than two of them. */
function proximity(words: readonly string[], asked: ReadonlySet<string>): number {
	const wanted = asked.intersection(new Set(words)).size;
	if (wanted < 2) return 0;
	const counts = new Map<string, number>();
	let shortest = Number.POSITIVE_INFINITY;
	let start = 0;
	for (const [end, word] of words.entries()) {
		if (!asked.has(word)) continue;
		counts.set(word, (counts.get(word) ?? 0) + 1);
		while (counts.size === wanted) {
			shortest = Math.min(shortest, end - start + 1);
			const first = words[start++] as string;
			const left = (counts.get(first) ?? 0) - 1;
			if (left > 0) counts.set(first, left);
			else counts.delete(first);
		}
	}
	return wanted / shortest;
}
