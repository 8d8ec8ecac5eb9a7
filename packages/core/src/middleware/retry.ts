import { attempts } from "../attempt.ts";
import { wallTimeAt } from "../clock.ts";
import { type AsyncMiddleware, asyncLayer } from "../middleware.ts";
import { perStage, prepares } from "../prepare.ts";
import { CountedCall } from "../retry/counted-call.ts";
import { FurtherAttempts } from "../retry/further-attempts.ts";
import { retryMeter } from "../retry/meter.ts";
import { type RetryOptions, retrySettings } from "../retry/settings.ts";
import { isStream } from "../runner/stream-reader.ts";
import { primed } from "../stream/prime.ts";
import { readMonotonic } from "../timing/alarm-queue.ts";

/**
 * Tries a call again when it fails with an error that another attempt may not meet, after a delay that grows.
 *
 * What the other side asks for (`Retry-After`, `RateLimit` and the like) counts in place of the backoff. A wait that would
 * outlive the call's deadline is not begun, and an abort ends a wait at once. A stream is tried again until its first item;
 * from then on its errors pass through. An open circuit breaker, a spent budget, a refused permission, a cancellation and an
 * interrupt are never retried, whatever `retryIf` says.
 *
 * **Placement** inside `circuitBreaker()`, which then counts a call once, and outside `timeout()`, which then holds for each
 * attempt.
 * **Emits** the events `retry.scheduled` and `retry.exhausted`; the attribute `retry.attempt_count` where there was more
 * than one attempt; a span for each attempt then; the metrics `pipeline.retry.*`.
 * **Throws** the last attempt's own error, unchanged: `retryHistory(error)` lists all attempts. Where the call was aborted
 * while it waited, the signal's reason. RangeError or TypeError for options that cannot be, when it is called.
 *
 * @example
 * const pages = ["busy", "page 1"];
 * const load = async () => {
 *   const page = pages.shift();
 *   if (page === "busy") throw Object.assign(new Error(page), { status: 503 });
 *   return page;
 * };
 * const patient = light.stage("load", load, { use: [retry({ maxAttempts: 3, initialDelayMs: 5 })] });
 * await patient(); // => "page 1"
 */
export function retry(options: RetryOptions = {}): AsyncMiddleware {
	const settings = retrySettings(options);
	const { budget, maxAttempts, backoff, jitter, initialDelayMs, maxDelayMs, maxElapsedMs } = settings;
	const meterOf = perStage((definition) => retryMeter(definition, budget));
	const described = { maxAttempts, backoff, jitter, initialDelayMs, maxDelayMs };
	const middleware = asyncLayer({ name: "retry", options: described }, (next) => {
		const attempt = attempts(next);
		return async function retry(call) {
			const meter = meterOf(call.definition)();
			const isSeen = meter !== undefined || call.scope.span !== undefined;
			// A reading costs as much as the rest of a call that succeeds.
			const isTimed = isSeen || maxElapsedMs !== Number.POSITIVE_INFINITY;
			const firstMs = isTimed ? readMonotonic(call.clock) : undefined;
			const firstAtMs = firstMs === undefined ? undefined : wallTimeAt(call.clock, firstMs);
			const counted = isSeen ? new CountedCall(call.scope, meter) : undefined;
			budget?.called(call.clock);
			try {
				// Within another retry's second attempt this one's attempts count from 1 all the same.
				let result = await attempt(call.attempt === 1 ? call : { ...call, attempt: 1 });
				if (isStream(result)) result = await primed(result);
				counted?.ended("success");
				return result;
			} catch (error) {
				return new FurtherAttempts(settings, call, attempt, meter, counted, firstMs, firstAtMs).after(error);
			}
		};
	});
	return prepares(middleware, meterOf);
}
