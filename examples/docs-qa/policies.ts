import {
	bulkhead,
	cache,
	circuitBreaker,
	fallback,
	featureFlag,
	hedge,
	isTransient,
	rateLimit,
	retry,
	retryBudget,
	standardStack,
	streamingTelemetry,
	timeout,
} from "@footlight/core";
import type { FlagClient } from "./flags.ts";
import type { Hit, Passage } from "./search-index.ts";

/** The model answered without a word: it has been paid for, and another attempt may do better. */
export class EmptyAnswerError extends Error {
	override readonly name = "EmptyAnswerError";
}

/** Around the search: what many ask is looked up once, and looked up anew behind the back of whoever asks later. */
export const searchPolicies = [
	cache({
		name: "searches",
		key: ({ input: [question] }) => String(question).toLowerCase(),
		...{ ttlMs: 20_000, staleWhileRevalidateMs: 120_000, maxEntries: 12 },
	}),
];

/**
 * Around each request for passages. All readers together may make so many, two at a time; one that is slow is made a second
 * time; while the server is out, the copies of last time have to do.
 */
export function fetchPolicies(copyOf: (hit: Hit) => Passage) {
	const stack = standardStack({
		rateLimit: rateLimit({
			name: "passages",
			key: () => "everybody",
			windows: [{ name: "second", limit: 200, windowMs: 1_000 }],
		}),
		fallback: fallback({ name: "copies", use: (_error, call) => (call.input[0] as readonly Hit[]).map(copyOf) }),
		circuitBreaker: circuitBreaker({
			...{ window: { calls: 12 }, minimumCalls: 6, openMs: 2_500 },
			...{ failureRateRatio: 0.5, slowCallMs: 200, slowCallRateRatio: 0.75 },
		}),
		retry: retry({
			...{ maxAttempts: 3, initialDelayMs: 50 },
			budget: retryBudget({ name: "passages", ratio: 0.1, minRetriesPerSecond: 1, ttlMs: 5_000 }),
		}),
	});
	return [
		...stack,
		hedge({ delayMs: 100 }),
		timeout({ timeoutMs: 2_000 }),
		bulkhead({ name: "passages", concurrency: 2, queueSize: 200 }),
	];
}

/** Around the ranking: it is new, and not for everybody yet. */
export function rankingPolicies(client: FlagClient) {
	return [featureFlag({ flag: "careful-ranking", client })];
}

/**
 * Around the stage that asks the model. One question is one call of it, so here users are limited; and the model may be so
 * many words ahead of whoever reads, in each attempt.
 */
export function modelPolicies({ openMs }: { readonly openMs: number }) {
	const stack = standardStack({
		rateLimit: rateLimit({ name: "questions", windows: [{ name: "quarter-minute", limit: 3, windowMs: 15_000 }] }),
		circuitBreaker: circuitBreaker({ failureThreshold: 2, successThreshold: 2, openMs }),
		retry: retry({
			...{ maxAttempts: 3, initialDelayMs: 100 },
			budget: retryBudget({ name: "model", minRetriesPerSecond: 1 }),
			retryIf: (error) => error instanceof EmptyAnswerError || isTransient(error),
		}),
		timeout: timeout({ firstItemMs: 1_000, idleMs: 5_000 }),
	});
	return [...stack, streamingTelemetry({ queue: { name: "words", capacity: 8 } })];
}
