import { type Clock, readNow, systemClock } from "../clock.ts";
import { RateLimitedError } from "../error.ts";
import { knownOptions, optionalBoolean, optionalString, refuse, withMethods } from "../option.ts";
import { RateLimitResult, wholeMs } from "./rate-limit-result.ts";
import type { RateLimiter, RateLimitUsage } from "./rate-limiter.ts";

/** Options of {@link rateLimitHeaders}. */
export interface RateLimitHeadersOptions {
	/** Scope that the key is counted in. @default none */
	readonly scope?: string;
	/** Adds `X-RateLimit-Limit`, `-Remaining` and `-Reset` (in seconds since 1970) of the tightest quota. @default false */
	readonly legacy?: boolean;
	/** For `X-RateLimit-Reset`. @default the machine's */
	readonly clock?: Clock;
}

/** A quota as far as it is known. */
type Quota = Pick<RateLimitUsage, "name" | "limit" | "remaining"> & Partial<RateLimitUsage>;

/**
 * Says in HTTP headers what a client has left: `RateLimit-Policy` and `RateLimit` as draft-ietf-httpapi-ratelimit-11 has
 * them, and of a refusal `Retry-After`, in whole seconds.
 *
 * Of a key they are what the limiter holds at this moment; so they are of a result of `rateLimiter`, and of an error of
 * `rateLimit`. Of any other result, or error, they have only what that says itself. A refusal names the quotas that are used
 * up, so that none seems to be back after `Retry-After`. Where nothing is limited there are none.
 *
 * **Throws** TypeError for what is neither.
 *
 * @example
 * const limiter = rateLimiter({ windows: [{ name: "minute", limit: 1, windowMs: 60_000 }] });
 * rateLimitHeaders(limiter.consume("ada")); // => { "RateLimit-Policy": '"minute";q=1;w=60', RateLimit: '"minute";r=0;t=60' }
 * rateLimitHeaders(limiter.consume("ada"))["Retry-After"]; // => "60"
 */
export function rateLimitHeaders(
	said: RateLimitResult | RateLimitedError,
	options?: RateLimitHeadersOptions,
): Record<string, string>;
export function rateLimitHeaders(
	limiter: RateLimiter,
	key: string,
	options?: RateLimitHeadersOptions,
): Record<string, string>;
export function rateLimitHeaders(
	of: RateLimitResult | RateLimitedError | RateLimiter,
	...rest: readonly unknown[]
): Record<string, string> {
	const isSaid = of instanceof RateLimitResult || of instanceof RateLimitedError;
	const options = (isSaid ? rest[0] : rest[1]) as RateLimitHeadersOptions | undefined;
	knownOptions("rateLimitHeaders", options, ["scope", "legacy", "clock"]);
	const { scope, legacy = false, clock = systemClock } = options ?? {};
	optionalString("rateLimitHeaders: scope", scope);
	optionalBoolean("rateLimitHeaders: legacy", legacy);
	if (!isSaid) {
		withMethods("rateLimitHeaders: limiter", of, ["usage"]);
		if (typeof rest[0] !== "string") refuse(TypeError, "rateLimitHeaders: key", "a string", rest[0]);
		return headersOf(of.usage(rest[0], scope), undefined, legacy, clock);
	}
	const result = of instanceof RateLimitedError ? (RateLimitedError.said(of) as RateLimitResult | undefined) : of;
	const refusal = refusalOf(of);
	const usage = result && RateLimitResult.usage(result);
	return headersOf(usage ?? (refusal ? [refusal] : []), refusal, legacy, clock);
}

/** What a result or an error says of itself to have been used up. */
function refusalOf(said: RateLimitResult | RateLimitedError): Quota | undefined {
	const { limitType, limit } = said;
	if (limitType === undefined) return undefined;
	const moreInMs = said instanceof RateLimitedError ? said.retryAfterMs : wholeMs(said.retryAfterSeconds);
	return { name: limitType, limit, remaining: 0, ...(moreInMs !== undefined && { moreInMs }) };
}

function headersOf(
	quotas: readonly Quota[],
	refusal: Quota | undefined,
	legacy: boolean,
	clock: Clock,
): Record<string, string> {
	const usedUp = quotas.filter(({ remaining }) => remaining === 0);
	const told = refusal === undefined ? quotas : usedUp.length > 0 ? usedUp : [refusal];
	if (told.length === 0) return {};
	// What was used up may have been taken again since, by somebody who came in time.
	const waitMs = refusal && Math.max(...[refusal, ...usedUp].map(({ moreInMs }) => moreInMs ?? 0));
	const policies = quotas.map(({ name, limit, windowMs }) => item(name, { q: limit, w: seconds(windowMs) }));
	return {
		"RateLimit-Policy": policies.join(", "),
		RateLimit: told
			.map(({ name, remaining, moreInMs }) => item(name, { r: remaining, t: seconds(moreInMs) }))
			.join(", "),
		...(waitMs !== undefined && waitMs > 0 && { "Retry-After": String(seconds(waitMs)) }),
		...(legacy && legacyOf(told, clock)),
	};
}

/** Of the quota that leaves the fewest calls, and of several for the longest time. */
function legacyOf(quotas: readonly Quota[], clock: Clock): Record<string, string> {
	const { limit, remaining, moreInMs } = quotas.reduce((tightest, quota) => {
		const fewer = quota.remaining - tightest.remaining;
		return fewer < 0 || (fewer === 0 && (quota.moreInMs ?? 0) > (tightest.moreInMs ?? 0)) ? quota : tightest;
	});
	return {
		"X-RateLimit-Limit": String(limit),
		"X-RateLimit-Remaining": String(remaining),
		...(moreInMs !== undefined && { "X-RateLimit-Reset": String(seconds(readNow(clock) + moreInMs)) }),
	};
}

/** Rounded up: neither a window nor a wait may seem shorter than it is. */
function seconds(ms: number): number;
function seconds(ms: number | undefined): number | undefined;
function seconds(ms: number | undefined): number | undefined {
	return ms === undefined ? undefined : Math.ceil(ms / 1_000);
}

/** An item of a structured field (RFC 9651): a string and its parameters. */
function item(name: string, parameters: Readonly<Record<string, number | undefined>>): string {
	const known = Object.entries(parameters).filter(([, value]) => value !== undefined);
	const text = name.replaceAll(/[^ -~]/g, "_").replaceAll(/["\\]/g, "\\$&");
	return [`"${text}"`, ...known.map(([parameter, value]) => `${parameter}=${value}`)].join(";");
}
