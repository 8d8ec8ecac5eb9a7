import { createHash } from "node:crypto";

const firstPrefixTokens = 1_024;
const stepTokens = 128;

/** What the cache did for a prompt, in tokens at its start; what follows was neither read nor written. */
export interface CachedPrompt {
	/** Seen before. */
	readonly readTokens: number;
	/** Remembered from now on. */
	readonly writtenTokens: number;
}

export interface PromptCache {
	/** Looks up the start of the prompt, and remembers it. */
	use(model: string, tokens: readonly number[]): CachedPrompt;
}

/** Remembers the beginnings of prompts as the real service does: from 1,024 tokens on, in steps of 128. */
export function promptCache(maxPrefixes = 10_000): PromptCache {
	const seen = new Set<string>();

	return {
		use(model, tokens) {
			let readTokens = 0;
			const hash = createHash("sha256").update(model);
			let hashedTokens = 0;
			for (let length = firstPrefixTokens; length <= tokens.length; length += stepTokens) {
				hash.update(`,${tokens.slice(hashedTokens, length).join()}`);
				hashedTokens = length;
				const prefix = hash.copy().digest("base64");
				if (seen.delete(prefix)) readTokens = length;
				seen.add(prefix); // after the delete, so that the set is ordered by last use
			}
			for (const oldest of seen) {
				if (seen.size <= maxPrefixes) break;
				seen.delete(oldest);
			}
			return { readTokens, writtenTokens: hashedTokens - readTokens };
		},
	};
}
