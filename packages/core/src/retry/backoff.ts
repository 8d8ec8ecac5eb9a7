/** How the time before an attempt grows. */
export type BackoffKind = "exponential" | "linear" | "constant";

/** How chance spreads the attempts of many callers. */
export type Jitter = "none" | "full" | "equal" | "decorrelated";

export interface BackoffOptions {
	readonly backoff: BackoffKind;
	readonly jitter: Jitter;
	readonly initialDelayMs: number;
	readonly maxDelayMs: number;
	readonly multiplier: number;
	/** From 0 to below 1. */
	readonly random: () => number;
}

/** Each delay of decorrelated jitter is at most so many times the one before. */
const decorrelatedGrowth = 3;

/**
 * How long to wait before a further attempt, in milliseconds.
 *
 * @param retry - which further attempt: 1 before the second attempt
 * @param previousMs - what this gave for the one before; 0 where there was none
 */
export function backoffMs(options: BackoffOptions, retry: number, previousMs: number): number {
	const { jitter, initialDelayMs, maxDelayMs, random } = options;
	if (jitter === "decorrelated") {
		const mostMs = Math.max(initialDelayMs, previousMs) * decorrelatedGrowth;
		return Math.min(maxDelayMs, initialDelayMs + random() * (mostMs - initialDelayMs));
	}
	const nominalMs = Math.min(maxDelayMs, nominal(options, retry));
	if (jitter === "none") return nominalMs;
	return jitter === "full" ? nominalMs * random() : nominalMs * (0.5 + random() / 2);
}

function nominal({ backoff, initialDelayMs, maxDelayMs, multiplier }: BackoffOptions, retry: number): number {
	switch (backoff) {
		case "constant":
			return initialDelayMs;
		case "linear":
			return initialDelayMs * retry;
		case "exponential": {
			const factor = multiplier ** (retry - 1);
			// Nothing, however often doubled, is nothing.
			return factor === Number.POSITIVE_INFINITY && initialDelayMs > 0 ? maxDelayMs : initialDelayMs * factor || 0;
		}
	}
}
