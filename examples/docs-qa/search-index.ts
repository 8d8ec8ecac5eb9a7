import { setImmediate as nextTurn } from "node:timers/promises";
import MiniSearch from "minisearch";
import { stem } from "../words.ts";
import type { Chunk } from "./chunk.ts";

/** Where an answer may stand, and how well it fits; higher is better. The text itself the index does not keep. */
export interface Hit extends Omit<Chunk, "text"> {
	readonly score: number;
}

/** A hit with its text. */
export interface Passage extends Hit {
	readonly text: string;
}

export interface SearchIndex {
	/** Returns the chunks that fit the question best, the best first. */
	search(question: string, limit: number): Hit[];
}

const batchSize = 250;

/** Builds a full-text index (BM25) of the chunks; tells now and then how many are done. */
export async function buildIndex(
	chunks: readonly Chunk[],
	onProgress: (done: number) => void = () => {},
): Promise<SearchIndex> {
	const index = new MiniSearch<Chunk>({
		fields: ["heading", "source", "text"],
		storeFields: ["heading", "source"],
		processTerm: (term) => stem(term) ?? null,
		searchOptions: { boost: { heading: 2, source: 2 } },
	});
	for (let done = 0; done < chunks.length; done += batchSize) {
		index.addAll(chunks.slice(done, done + batchSize));
		onProgress(Math.min(done + batchSize, chunks.length));
		await nextTurn(); // keeps timers and exporters alive while a large corpus is indexed
	}
	return {
		search(question, limit) {
			const hits = index.search(question).slice(0, limit);
			return hits.map(({ id, heading, source, score }) => ({ id, heading, source, score }));
		},
	};
}
