import type { RateLimitUsage } from "./rate-limiter.ts";

/** Answers how much of its quotas a key has used: what results of a limiter remember it by. */
export interface UsageSource {
	usage(key: string, scope?: string): readonly RateLimitUsage[];
}

/** What a limiter found used up. */
export interface Refusal {
	readonly reason: string;
	readonly limitType: string;
	readonly current: number;
	readonly limit: number;
	readonly waitMs: number;
}

/** In words. */
export function reasonOf(limitType: string, current: number, limit: number): string {
	return `Rate limit exceeded: ${current}/${limit} requests per ${limitType}`;
}

/** What a limiter says of a call. */
export class RateLimitResult {
	readonly allowed: boolean;
	readonly exceeded: boolean;
	/** In words, of a refusal. */
	readonly reason: string | undefined;
	/** Window that is used up, or `"burst"`; of several the one that stays so for longest. */
	readonly limitType: string | undefined;
	/** Calls counted in that window. */
	readonly currentCount: number;
	/** Calls that window allows. */
	readonly limit: number;
	/** When the next call is let through, in seconds from now, if nobody else calls. */
	readonly retryAfterSeconds: number;
	/** Calls that could follow at this moment; Infinity where nothing is limited. */
	readonly remaining: number;
	readonly #source: UsageSource | undefined;
	readonly #key: string | undefined;
	readonly #scope: string | undefined;

	private constructor(
		reason: string | undefined,
		limitType: string | undefined,
		currentCount: number,
		limit: number,
		retryAfterSeconds: number,
		remaining: number,
		source: UsageSource | undefined,
		key: string | undefined,
		scope: string | undefined,
	) {
		this.allowed = reason === undefined;
		this.exceeded = reason !== undefined;
		this.reason = reason;
		this.limitType = limitType;
		this.currentCount = currentCount;
		this.limit = limit;
		this.retryAfterSeconds = retryAfterSeconds;
		this.remaining = remaining;
		this.#source = source;
		this.#key = key;
		this.#scope = scope;
	}

	/** The call is let through. */
	static ok(remaining = 0): RateLimitResult {
		return new RateLimitResult(undefined, undefined, 0, 0, 0, remaining, undefined, undefined, undefined);
	}

	/** The call is refused. */
	static exceededLimit(limitType: string, current: number, limit: number, retryAfterSeconds: number): RateLimitResult {
		const reason = reasonOf(limitType, current, limit);
		return new RateLimitResult(
			reason,
			limitType,
			current,
			limit,
			retryAfterSeconds,
			0,
			undefined,
			undefined,
			undefined,
		);
	}

	/** A limiter's own, which remembers where it comes from. @internal */
	static allowed(remaining: number, source: UsageSource, key: string, scope: string | undefined): RateLimitResult {
		return new RateLimitResult(undefined, undefined, 0, 0, 0, remaining, source, key, scope);
	}

	/** A limiter's own, which remembers where it comes from. @internal */
	static refused(
		{ reason, limitType, current, limit, waitMs }: Refusal,
		source: UsageSource,
		key: string,
		scope: string | undefined,
	): RateLimitResult {
		return new RateLimitResult(reason, limitType, current, limit, waitMs / 1_000, 0, source, key, scope);
	}

	/** Usage of all quotas of the result's key at this moment; undefined of a result that no limiter gave. @internal */
	static usage(result: RateLimitResult): readonly RateLimitUsage[] | undefined {
		return result.#source?.usage(result.#key as string, result.#scope);
	}
}

/** Whole milliseconds, never fewer than the seconds say; 1.201 s are 1201 ms, whatever binary fractions make of them. */
export function wholeMs(seconds: number): number {
	const ms = seconds * 1_000;
	const nearest = Math.round(ms);
	return Math.abs(ms - nearest) < 1e-6 ? nearest : Math.ceil(ms);
}
