import type { Hit, Passage } from "./search-index.ts";

export interface PassageCopies {
	/** Keeps copies of passages, for later. */
	keep(passages: readonly Passage[]): void;
	/** The copy that was kept; of a passage that nobody has read yet, its heading. */
	of(hit: Hit): Passage;
}

/** Keeps the texts of passages that were read, those used last. */
export function passageCopies(maxCopies = 1_000): PassageCopies {
	const texts = new Map<number, string>();
	return {
		keep(passages) {
			for (const { id, text } of passages) {
				texts.delete(id);
				texts.set(id, text); // after the delete, so that the map is ordered by last use
			}
			for (const oldest of texts.keys()) {
				if (texts.size <= maxCopies) break;
				texts.delete(oldest);
			}
		},
		of: (hit) => ({ ...hit, text: texts.get(hit.id) ?? `${hit.heading}.` }),
	};
}
