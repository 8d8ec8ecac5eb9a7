import {
	circuitBreaker,
	isTransient,
	rateLimit,
	retry,
	standardStack,
	streamingTelemetry,
	timeout,
} from "@footlight/core";

/** The model answered without a word: it has been paid for, and another attempt may do better. */
export class EmptyAnswerError extends Error {
	override readonly name = "EmptyAnswerError";
}

const modelStack = standardStack({
	rateLimit: rateLimit({ name: "questions", windows: [{ name: "quarter-minute", limit: 3, windowMs: 15_000 }] }),
	circuitBreaker: circuitBreaker({ failureThreshold: 2, successThreshold: 2, openMs: 1_500 }),
	retry: retry({
		maxAttempts: 3,
		initialDelayMs: 100,
		retryIf: (error) => error instanceof EmptyAnswerError || isTransient(error),
	}),
	timeout: timeout({ firstItemMs: 1_000, idleMs: 5_000 }),
});

/**
 * Layers around the stage that asks the model. One question is one call of it, so here users are limited; and the model may
 * be so many words ahead of whoever reads, in each attempt.
 */
export const modelPolicies = [...modelStack, streamingTelemetry({ queue: { name: "words", capacity: 8 } })];

/** Layers around the stage that fetches passages: all users together may ask for so many. */
export const fetchPolicies = standardStack({
	rateLimit: rateLimit({
		name: "passages",
		key: () => "everybody",
		windows: [{ name: "second", limit: 50, windowMs: 1_000 }],
	}),
	circuitBreaker: circuitBreaker(),
	retry: retry({ maxAttempts: 3, initialDelayMs: 50 }),
	timeout: timeout({ timeoutMs: 2_000 }),
});
