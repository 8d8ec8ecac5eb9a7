import { expect, test } from "vitest";
import { rerank } from "./rerank.ts";
import type { Passage } from "./search-index.ts";

const passage = (id: number, text: string, score = 1): Passage => ({ id, source: "a.md", heading: "", text, score });
const order = (question: string, passages: Passage[], limit = 10) =>
	rerank(question, passages, limit).map(({ id }) => id);

test("prefers the passage that covers more of the question", () => {
	expect(order("redact secret keys", [passage(1, "redact"), passage(2, "redact the secret keys")])).toEqual([2, 1]);
});

test("prefers words that stand close together", () => {
	const apart = `redact ${"something else entirely ".repeat(10)} keys`;
	expect(order("redact keys", [passage(1, apart), passage(2, "redact keys")])).toEqual([2, 1]);
});

test("keeps the order of the search where nothing else tells them apart", () => {
	expect(order("redact", [passage(1, "redact", 3), passage(2, "redact", 5)])).toEqual([2, 1]);
});

test("matches other forms of a word, and counts headings and sources as text", () => {
	const named = { ...passage(2, "text"), source: "redaction/README.md", heading: "Secrets" };
	expect(order("redact secret", [passage(1, "text"), named])).toEqual([2, 1]);
});

test("keeps as many as asked for", () => {
	expect(order("a question", [passage(1, "x"), passage(2, "y"), passage(3, "z")], 2)).toHaveLength(2);
	expect(order("a question", [])).toEqual([]);
});

test("finds the shortest window, wherever it is", () => {
	const late = `keys ${"padding words here ".repeat(20)} redact keys now`;
	const [best] = rerank("redact keys", [passage(1, late)], 1);
	// 1 for the search, 1 for full coverage, and half of a window of two words with both of them.
	expect(best?.score).toBeCloseTo(2.5);
});

test("gives finite scores to a question of stop words only", () => {
	expect(rerank("how is it", [passage(1, "how is it")], 1)[0]?.score).toBe(1);
});
