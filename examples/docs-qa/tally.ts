import { APIError } from "openai";
import type { CompletionUsage } from "openai/resources/completions";

/** What became of the questions so far. */
export interface TallyCounts {
	readonly answered: number;
	readonly failed: number;
	/** Failed questions by reason. */
	readonly reasons: Readonly<Record<string, number>>;
	readonly inputTokens: number;
	readonly outputTokens: number;
}

export interface Tally {
	answered(usage: CompletionUsage | undefined): void;
	failed(error: unknown): void;
	read(): TallyCounts;
	/** The counts in a sentence or two. */
	summary(): string;
}

export function startTally(): Tally {
	const counts = { answered: 0, failed: 0, inputTokens: 0, outputTokens: 0 };
	const reasons: Record<string, number> = {};
	return {
		answered(usage) {
			counts.answered += 1;
			counts.inputTokens += usage?.prompt_tokens ?? 0;
			counts.outputTokens += usage?.completion_tokens ?? 0;
		},
		failed(error) {
			counts.failed += 1;
			const reason = reasonOf(error);
			reasons[reason] = (reasons[reason] ?? 0) + 1;
		},
		read: () => ({ ...counts, reasons: { ...reasons } }),
		summary() {
			const why = Object.entries(reasons).map(([reason, count]) => `${count} x ${reason}`);
			const failed = counts.failed === 0 ? "none failed" : `${counts.failed} failed (${why.join(", ")})`;
			const { answered, inputTokens, outputTokens } = counts;
			return `${answered} questions answered, ${failed}. ${inputTokens} tokens in, ${outputTokens} out.`;
		},
	};
}

/** Names a failure in few words. */
export function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	if (error instanceof APIError && error.status) return `${error.status} ${error.code || error.type || error.name}`;
	return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
