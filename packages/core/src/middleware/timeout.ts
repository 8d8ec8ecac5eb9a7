import { maySpread } from "../call-copy.ts";
import { type AsyncMiddleware, asyncLayer } from "../middleware.ts";
import { knownOptions, milliseconds, show } from "../option.ts";
import { perStage, prepares } from "../prepare.ts";
import { AlarmQueue } from "../timing/alarm-queue.ts";
import { type Limits, TimedCall } from "../timing/timed-call.ts";
import { timeoutMeter } from "../timing/timeout-meter.ts";

/** Options of {@link timeout}; at least one limit is required. */
export interface TimeoutOptions {
	/** Until the result is there; of a stream, until its end. In milliseconds. @default no limit */
	readonly timeoutMs?: number;
	/** Until the first item of a stream, or a result that is none. In milliseconds. @default no limit */
	readonly firstItemMs?: number;
	/** From an item of a stream to the next. In milliseconds. @default no limit */
	readonly idleMs?: number;
}

const known = ["timeoutMs", "firstItemMs", "idleMs"] as const;

/**
 * Gives a call up when it takes too long: whoever waits for it gets a `TimeoutError`, and the call's signal aborts with it.
 *
 * Work that does not heed the signal goes on; what it gives later is ignored, and a stream closed. Of a stream the time
 * for an item counts only while its consumer waits for one. Nothing can stop a function that never waits.
 *
 * **Placement** inside `retry()` for a limit on each attempt, outside of it for one on the whole; both where both are wanted.
 * **Emits** the metrics `pipeline.timeout.calls` (`ignored_cancel` for a call given up whose function had not asked for its signal)
 * and `pipeline.timeout.utilization`; on the span of a call given up `timeout.limit_ms`, `timeout.awaited` and
 * `timeout.heard`.
 * **Throws** `TimeoutError` (outcome `timeout`), by a promise that rejects, or where the next item is asked for.
 *
 * @example
 * const hang = light.stage("hang", () => new Promise(() => {}), { use: [timeout({ timeoutMs: 5 })] });
 * await hang(); // throws TimeoutError: [timeout] hang did not settle within 5 ms
 */
export function timeout(options: TimeoutOptions): AsyncMiddleware {
	if (typeof options === "number") {
		throw new TypeError(`timeout: options must be an object, got ${show(options)}; write { timeoutMs: ${options} }`);
	}
	knownOptions("timeout", options, known);
	const given: Record<string, number> = {};
	for (const name of known) {
		const ms: unknown = options?.[name];
		if (ms !== undefined) given[name] = milliseconds(`timeout: ${name}`, ms);
	}
	if (Object.keys(given).length === 0) {
		throw new TypeError(`timeout: one of ${known.join(", ")} is required, got none`);
	}

	const limitsOf = perStage((definition): Limits => {
		const { clock } = definition.pipeline;
		const limit = (ms: number | undefined) => (ms === undefined ? undefined : { ms, queue: new AlarmQueue(clock) });
		return {
			clock,
			whole: limit(given.timeoutMs),
			firstItem: limit(given.firstItemMs),
			idle: limit(given.idleMs),
			meter: timeoutMeter(definition),
		};
	});
	const middleware = asyncLayer({ name: "timeout", options: given }, (next) => {
		const isSpreadable = maySpread(next);
		return (call) => new TimedCall(limitsOf(call.definition), call).run(call, next, isSpreadable);
	});
	return prepares(middleware, limitsOf);
}
