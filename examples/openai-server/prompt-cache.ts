import { createHash } from "node:crypto";

const firstPrefixTokens = 1_024;
const stepTokens = 128;

export interface PromptCache {
	/** Returns how many tokens at the start of the prompt were seen before, and remembers the prompt. */
	read(model: string, tokens: readonly number[]): number;
}

/** Remembers the beginnings of prompts as the real service does: from 1,024 tokens on, in steps of 128. */
export function promptCache(maxPrefixes = 10_000): PromptCache {
	const seen = new Set<string>();

	return {
		read(model, tokens) {
			let cachedTokens = 0;
			const hash = createHash("sha256").update(model);
			let hashedTokens = 0;
			for (let length = firstPrefixTokens; length <= tokens.length; length += stepTokens) {
				hash.update(`,${tokens.slice(hashedTokens, length).join()}`);
				hashedTokens = length;
				const prefix = hash.copy().digest("base64");
				if (seen.delete(prefix)) cachedTokens = length;
				seen.add(prefix); // after the delete, so that the set is ordered by last use
			}
			for (const oldest of seen) {
				if (seen.size <= maxPrefixes) break;
				seen.delete(oldest);
			}
			return cachedTokens;
		},
	};
}
