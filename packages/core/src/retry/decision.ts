import type { Call } from "../call.ts";
import { type Clock, readNow } from "../clock.ts";
import { FootlightError } from "../error.ts";
import { show } from "../option.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { backoffMs } from "./backoff.ts";
import { retryAfterMs } from "./retry-after.ts";
import type { RetrySettings } from "./settings.ts";
import { isTransient } from "./transient.ts";
import type { DelaySource, StopReason } from "./words.ts";

/** A further attempt, put off for a time. */
export interface Delay {
	readonly delayMs: number;
	readonly source: DelaySource;
	/** What the backoff gave, for the next one to grow from. */
	readonly backoffMs: number;
}

/** Refusals that no repetition changes, and a pause that somebody must end: nobody is asked about these. */
const neverRetried: ReadonlySet<string> = new Set([
	...["circuit_open", "unauthorized", "budget_exceeded", "interrupted", "cancelled"],
]);

const longestTimerMs = 2 ** 31 - 1;
/** What is added, at most, to a wait that the other side asks of all who come. */
const spreadRatio = 0.1;

/** Whether an error may be met by another attempt; a promise where the user's `retryIf` gives one. */
export function isRetryable(
	{ retryIf }: RetrySettings,
	error: unknown,
	attempt: number,
	call: Call,
): boolean | Promise<boolean> {
	if (isRefusal(error)) return false;
	const decided = (answer: unknown): boolean => {
		if (typeof answer === "boolean") return answer;
		return undecided(new TypeError(`retryIf must answer with true or false, got ${show(answer)}`));
	};
	const undecided = (failure: unknown): boolean => {
		telemetryFailed("retryIf", failure);
		return isTransient(error);
	};
	try {
		const answer = retryIf(error, { attempt, call });
		if (typeof answer === "boolean") return answer;
		return Promise.resolve(answer).then(decided, undecided);
	} catch (failure) {
		return undecided(failure);
	}
}

function isRefusal(error: unknown): boolean {
	try {
		return FootlightError.is(error) && neverRetried.has(error.code);
	} catch {
		// What cannot be read is none of ours.
		return false;
	}
}

/** How long to wait before the attempt after this one, or why there is none. */
export function delayAfter(
	settings: RetrySettings,
	error: unknown,
	attempt: number,
	previousMs: number,
	clock: Clock,
): Delay | StopReason {
	const backoff = backoffMs(settings, attempt, previousMs);
	const asked = retryAfterMs(error, readNow(clock));
	if (asked === undefined) return { delayMs: backoff, source: "backoff", backoffMs: backoff };
	if (asked > settings.maxRetryAfterMs) return "retry_after";
	// Later than asked, never earlier.
	const spreadMs = settings.jitter === "none" ? 0 : asked * spreadRatio * settings.random();
	return { delayMs: Math.min(asked + spreadMs, longestTimerMs), source: "retry_after", backoffMs: backoff };
}
