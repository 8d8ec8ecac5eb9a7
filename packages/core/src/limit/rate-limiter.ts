import type { Clock } from "../clock.ts";
import { MemoryRateLimiter } from "./memory-rate-limiter.ts";
import type { RateLimitResult } from "./rate-limit-result.ts";
import type { SyncRateLimitStore } from "./rate-limit-store.ts";
import type { RateLimits } from "./rate-limits.ts";

/** What a key has used of one quota at this moment. */
export interface RateLimitUsage {
	/** Name of the window, or `"burst"`. */
	readonly name: string;
	readonly limit: number;
	/** Length of the window; of a burst, the time in which all of it is refilled. */
	readonly windowMs: number;
	readonly used: number;
	/** Calls this quota alone would still let through. */
	readonly remaining: number;
	/** When that becomes more, or where nothing remains, one; of an unused quota `windowMs`. */
	readonly moreInMs: number;
}

/** Options of {@link rateLimiter}, beside the limits. */
export interface RateLimiterSettings {
	/** On errors, spans and metrics. @default "default" */
	readonly name?: string;
	/** `checkRateLimit` counts a user apart for each endpoint. @default false */
	readonly perEndpoint?: boolean;
	/**
	 * Most keys kept in memory. Of more, one is forgotten that would soon have been free, and counts afresh when it comes
	 * back; that is warned of once.
	 * @default 1000000
	 */
	readonly maxKeys?: number;
	/** Its monotonic time is what counts. @default the machine's */
	readonly clock?: Clock;
}

/** Options of {@link rateLimiter}. */
export type RateLimiterOptions = RateLimiterSettings & RateLimits;

/** Counts calls by key, in the memory of this process. */
export interface RateLimiter extends SyncRateLimitStore {
	readonly name: string;
	/** Decides on a call, and counts it where it is allowed. With a scope the key is counted apart for each. */
	consume(key: string, scope?: string): RateLimitResult;
	/** What {@link consume} would answer; nothing is counted. */
	check(key: string, scope?: string): RateLimitResult;
	/** Decides on a request of a user, and counts it where it is allowed: {@link consume} in the words of an endpoint. */
	checkRateLimit(userId: string, endpoint: string): RateLimitResult;
	/** Gives a user limits of their own from now on, or with undefined takes them back; what was used stays used. */
	setUserLimits(userId: string, limits: RateLimits | undefined): void;
	/** The limits that were set for a user, complete; undefined where none were. */
	getUserLimits(userId: string): RateLimits | undefined;
	/** What a key has used of each quota. */
	usage(key: string, scope?: string): readonly RateLimitUsage[];
	/** Forgets what a key has used, in every scope. */
	reset(key: string): void;
	/** Frees the keys that have used nothing any more; some are freed with each call anyway. */
	freeIdle(): void;
	/** Keys in memory. */
	readonly trackedKeys: number;
	/** Keys that were forgotten for want of room while they still counted. */
	readonly forgottenKeys: number;
	/** The limits of who has none of their own, complete. */
	readonly limits: RateLimits;
}

/**
 * Makes a limiter that counts calls by key: all windows and the burst are decided together, and a call that is refused
 * counts for none of them.
 *
 * A window slides. Up to 60 calls it is exact; beyond that a call may count for up to 1/50 of the window longer than the
 * window, never for less than it. It holds in one process: several multiply it.
 *
 * **Throws** RangeError or TypeError for options that cannot be.
 *
 * @example
 * const limiter = rateLimiter({ requestsPerMinute: 30, burstSize: 2 });
 * limiter.consume("ada").remaining; // => 1
 * limiter.consume("ada").allowed; // => true
 * limiter.consume("ada").limitType; // => "burst"
 * limiter.consume("bob").allowed; // => true
 */
export function rateLimiter(options: RateLimiterOptions = {}): RateLimiter {
	return new MemoryRateLimiter("rateLimiter", options);
}
