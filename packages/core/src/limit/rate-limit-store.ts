/** What a limiter has to say of a call for {@link rateLimit}. */
export interface RateLimitDecision {
	readonly allowed: boolean;
	/** Of a refusal: name of the window that is used up. */
	readonly limitType?: string | undefined;
	/** Of a refusal: calls that window allows. */
	readonly limit?: number;
	/** Of a refusal: when to try again, in seconds from now. */
	readonly retryAfterSeconds?: number;
}

/** Any limiter: one that counts in a shared store answers with a promise, and rejects where the store fails. */
export interface RateLimitStore {
	/** On errors, spans and metrics. */
	readonly name?: string;
	/** Decides on a call and counts it where it is allowed; with a scope the key is counted apart for each. */
	consume(key: string, scope?: string): RateLimitDecision | PromiseLike<RateLimitDecision>;
}

/** A limiter that answers at once, so that a synchronous function behind it stays synchronous. */
export interface SyncRateLimitStore extends RateLimitStore {
	readonly synchronous: true;
	consume(key: string, scope?: string): RateLimitDecision;
}
