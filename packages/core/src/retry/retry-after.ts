import { FootlightError, type RejectedError } from "../error.ts";
import { errorChain } from "./error-chain.ts";
import { type HeaderReader, headersOf } from "./header-bag.ts";
import { httpStatus } from "./http-status.ts";
import { usedUpForMs } from "./rate-limit-field.ts";
import { dateMs, plainNumber, secondsInMs, untilResetMs } from "./wait-time.ts";

/** Names of headers that say how much is left of a window, with the one that says when it opens again. */
const windows: readonly (readonly [remaining: string, reset: string])[] = [
	["ratelimit-remaining", "ratelimit-reset"],
	["x-ratelimit-remaining", "x-ratelimit-reset"],
	["x-rate-limit-remaining", "x-rate-limit-reset"],
	...["requests", "tokens"].map((what) => [`x-ratelimit-remaining-${what}`, `x-ratelimit-reset-${what}`] as const),
	...["requests", "tokens", "input-tokens", "output-tokens"].map(
		(what) => [`anthropic-ratelimit-${what}-remaining`, `anthropic-ratelimit-${what}-reset`] as const,
	),
];

/**
 * How long the other side asks to be left alone, in milliseconds from now; undefined where it does not ask, or where it
 * says nothing that can be understood, or a time that is over.
 *
 * An error of Footlight's own says so itself. Of an answer's headers, `retry-after-ms` counts before `Retry-After`, that
 * before `RateLimit`, and that before the many `...-reset`; the latter only where the window is used up, since healthy
 * answers carry them as well.
 */
export function retryAfterMs(error: unknown, nowMs: number): number | undefined {
	try {
		for (const one of errorChain(error)) {
			if (FootlightError.is(one)) return positive((one as Partial<RejectedError>).retryAfterMs);
			for (const header of headersOf(one)) {
				const asked = positive(askedMs(header, httpStatus(one), nowMs));
				if (asked !== undefined) return asked;
			}
		}
	} catch {
		// Somebody's getter or iterator threw: nothing is known.
	}
	return undefined;
}

function askedMs(header: HeaderReader, status: number | undefined, localMs: number): number | undefined {
	// By the clock of the server, since its dates are.
	const nowMs = dateMs(header("date") ?? "") ?? localMs;
	const exact = plainNumber(header("retry-after-ms") ?? header("grpc-retry-pushback-ms") ?? "");
	if (exact !== undefined) return exact;
	const retryAfter = header("retry-after");
	if (retryAfter !== undefined) {
		const seconds = secondsInMs(retryAfter);
		if (seconds !== undefined) return seconds;
		const date = dateMs(retryAfter);
		if (date !== undefined) return date - nowMs;
	}
	return usedUpForMs(header("ratelimit") ?? "") ?? untilWindowsOpenMs(header, status, nowMs);
}

function untilWindowsOpenMs(header: HeaderReader, status: number | undefined, nowMs: number): number | undefined {
	let longest: number | undefined;
	for (const [remaining, reset] of windows) {
		const left = header(remaining);
		const isUsedUp = left === undefined ? status === 429 : /^0+$/.test(left);
		const wait = isUsedUp ? untilResetMs(header(reset) ?? "", nowMs) : undefined;
		if (wait !== undefined) longest = Math.max(longest ?? 0, wait);
	}
	return longest;
}

function positive(ms: number | undefined): number | undefined {
	return typeof ms === "number" && ms > 0 ? ms : undefined;
}
