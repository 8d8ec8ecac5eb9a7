import type { Call } from "../call.ts";
import {
	integerFrom,
	knownOptions,
	milliseconds,
	oneOf,
	optionalFunction,
	positiveInteger,
	refuse,
} from "../option.ts";
import type { BackoffKind, BackoffOptions, Jitter } from "./backoff.ts";
import { type RetryBudget, SharedRetryBudget } from "./budget.ts";
import { isTransient } from "./transient.ts";
import type { DelaySource } from "./words.ts";

/** What {@link RetryOptions.retryIf} is told beside the error. */
export interface RetryContext {
	/** Number of the attempt that failed; the first is 1. */
	readonly attempt: number;
	readonly call: Call;
}

/** What {@link RetryOptions.onRetry} hears. */
export interface ScheduledRetry extends RetryContext {
	readonly error: unknown;
	/** How long the next attempt is put off, in milliseconds. */
	readonly delayMs: number;
	/** `retry_after` where the other side said how long. */
	readonly delaySource: DelaySource;
}

/** Options of {@link retry}. */
export interface RetryOptions {
	/** Most attempts, the first included. @default 3 */
	readonly maxAttempts?: number;
	/** How the delay grows. @default "exponential" */
	readonly backoff?: BackoffKind;
	/** Delay before the second attempt, in milliseconds, before jitter. @default 100 */
	readonly initialDelayMs?: number;
	/** Most that a delay grows to, in milliseconds. @default 10000, or `initialDelayMs` where that is more */
	readonly maxDelayMs?: number;
	/** By how much each exponential delay is longer than the one before. @default 2 */
	readonly multiplier?: number;
	/**
	 * How chance shortens a delay, so that callers that failed together do not come back together: `equal` takes x0.5 to
	 * 1.0 of it, `full` x0 to 1.0; with `decorrelated` each is between `initialDelayMs` and three times the one before.
	 * @default "equal"
	 */
	readonly jitter?: Jitter;
	/**
	 * Whether another attempt may help; may be async. One that throws, or answers with anything but true or false, is
	 * counted as a failure of telemetry, and the default decides. An abort of the call ends the wait for it.
	 * @default isTransient
	 */
	readonly retryIf?: (error: unknown, context: RetryContext) => boolean | PromiseLike<boolean>;
	/** No further attempt begins so long after the first did, in milliseconds, by the monotonic clock. @default no limit */
	readonly maxElapsedMs?: number;
	/**
	 * Longest wait that the other side may ask for (`Retry-After` and the like), in milliseconds; where it asks for more,
	 * the call fails at once, since it would only be refused again.
	 * @default 30000
	 */
	readonly maxRetryAfterMs?: number;
	/** Limits the further attempts of all stages that share it, in proportion to their calls. @default none */
	readonly budget?: RetryBudget;
	/** Hears of each further attempt before its delay; whatever it does, the attempt follows. */
	readonly onRetry?: (retry: ScheduledRetry) => void;
	/** A number from 0 to below 1, for tests. @default Math.random */
	readonly random?: () => number;
}

/** The options as they are used. */
export interface RetrySettings extends BackoffOptions {
	readonly maxAttempts: number;
	readonly retryIf: NonNullable<RetryOptions["retryIf"]>;
	readonly maxElapsedMs: number;
	readonly maxRetryAfterMs: number;
	readonly budget: SharedRetryBudget | undefined;
	readonly onRetry: RetryOptions["onRetry"];
}

const known = [
	...["maxAttempts", "backoff", "initialDelayMs", "maxDelayMs", "multiplier", "jitter", "retryIf", "maxElapsedMs"],
	...["maxRetryAfterMs", "budget", "onRetry", "random"],
];

const longestTimerMs = 2 ** 31 - 1;

export function retrySettings(options: RetryOptions): RetrySettings {
	knownOptions("retry", options, known);
	const { maxAttempts = 3, backoff = "exponential", jitter = "equal", multiplier, maxElapsedMs } = options;
	const { maxRetryAfterMs = 30_000, budget, onRetry, retryIf = isTransient, random = Math.random } = options;
	positiveInteger("retry: maxAttempts", maxAttempts);
	oneOf("retry: backoff", backoff, ["exponential", "linear", "constant"]);
	oneOf("retry: jitter", jitter, ["none", "full", "equal", "decorrelated"]);
	if (jitter === "decorrelated" && backoff !== "exponential") {
		refuse(RangeError, "retry: backoff", 'absent with jitter: "decorrelated"', backoff);
	}
	if (multiplier !== undefined) checkMultiplier(multiplier, backoff, jitter);
	if (maxElapsedMs !== undefined) milliseconds("retry: maxElapsedMs", maxElapsedMs);
	milliseconds("retry: maxRetryAfterMs", maxRetryAfterMs);
	if (budget !== undefined && !(budget instanceof SharedRetryBudget)) {
		refuse(TypeError, "retry: budget", "what retryBudget gives", budget);
	}
	optionalFunction("retry: retryIf", retryIf);
	optionalFunction("retry: onRetry", onRetry);
	optionalFunction("retry: random", random);
	return {
		...{ maxAttempts, backoff, jitter, retryIf, maxRetryAfterMs, budget, onRetry, random: () => fraction(random) },
		...delays(options),
		multiplier: multiplier ?? 2,
		maxElapsedMs: maxElapsedMs ?? Number.POSITIVE_INFINITY,
	};
}

function delays({ initialDelayMs, maxDelayMs }: RetryOptions): { initialDelayMs: number; maxDelayMs: number } {
	if (initialDelayMs !== undefined) {
		integerFrom("retry: initialDelayMs", initialDelayMs, 0);
		if (initialDelayMs > longestTimerMs) {
			refuse(RangeError, "retry: initialDelayMs", `at most ${longestTimerMs}`, initialDelayMs);
		}
	}
	if (maxDelayMs !== undefined) milliseconds("retry: maxDelayMs", maxDelayMs);
	if (initialDelayMs !== undefined && maxDelayMs !== undefined && maxDelayMs < initialDelayMs) {
		refuse(RangeError, "retry: maxDelayMs", `at least initialDelayMs (${initialDelayMs})`, maxDelayMs);
	}
	const most = maxDelayMs ?? Math.max(10_000, initialDelayMs ?? 0);
	return { initialDelayMs: initialDelayMs ?? Math.min(100, most), maxDelayMs: most };
}

function checkMultiplier(multiplier: number, backoff: BackoffKind, jitter: Jitter): void {
	if (typeof multiplier !== "number") refuse(TypeError, "retry: multiplier", "a number of at least 1", multiplier);
	if (!(multiplier >= 1 && multiplier < Number.POSITIVE_INFINITY)) {
		refuse(RangeError, "retry: multiplier", "a number of at least 1", multiplier);
	}
	if (jitter === "decorrelated") {
		refuse(RangeError, "retry: multiplier", 'absent with jitter: "decorrelated"', multiplier);
	}
	if (backoff !== "exponential") {
		refuse(RangeError, "retry: multiplier", `absent with backoff: "${backoff}"`, multiplier);
	}
}

/** What the user's source of chance gives, whatever that is. */
function fraction(random: () => number): number {
	try {
		const given = random();
		if (given >= 0 && given < 1) return given;
	} catch {
		// The delay is only less spread.
	}
	return Math.random();
}
