/** One attempt that failed. */
export interface FailedAttempt {
	/** Number of the attempt; the first is 1. */
	readonly attempt: number;
	readonly error: unknown;
	/**
	 * When it began, in milliseconds since 1970; undefined for a first attempt that nobody timed: without telemetry, and
	 * without `maxElapsedMs`.
	 */
	readonly startedAtMs: number | undefined;
	/** How long it took, in milliseconds; undefined where its begin is. */
	readonly durationMs: number | undefined;
	/** How long the next attempt was put off, in milliseconds; undefined for the last. */
	readonly delayMs: number | undefined;
}

const histories = new WeakMap<object, readonly FailedAttempt[]>();
const none: readonly FailedAttempt[] = Object.freeze([]);

/**
 * The attempts that led to an error which a retry layer gave up with, oldest first; empty for any other error.
 *
 * The error itself is what the last attempt threw, unchanged. A string or another primitive has no history; an error object
 * that is thrown again and again has that of the call which failed with it last.
 *
 * @example
 * const always = light.stage("load", async () => Promise.reject(new TimeoutError("load", 5)), {
 *   use: [retry({ maxAttempts: 2, initialDelayMs: 1 })],
 * });
 * const error = await always().catch((thrown) => thrown);
 * retryHistory(error).map(({ attempt }) => attempt); // => [1, 2]
 */
export function retryHistory(error: unknown): readonly FailedAttempt[] {
	return (isObject(error) ? histories.get(error) : undefined) ?? none;
}

/** Keeps the attempts for whoever is given the last one's error. */
export function keepHistory(error: unknown, attempts: readonly FailedAttempt[]): void {
	if (isObject(error)) histories.set(error, attempts);
}

function isObject(value: unknown): value is object {
	return (typeof value === "object" && value !== null) || typeof value === "function";
}
