import { hedgeMeter } from "../hedge/hedge-meter.ts";
import { HedgedCall } from "../hedge/hedged-call.ts";
import { type AsyncMiddleware, asyncLayer } from "../middleware.ts";
import { knownOptions, milliseconds, positiveInteger } from "../option.ts";
import { perStage, prepares } from "../prepare.ts";

/** Options of {@link hedge}. */
export interface HedgeOptions {
	/** How long to wait for an answer before a further call is made, in milliseconds: the 95th percentile is a good start. */
	readonly delayMs: number;
	/** Most calls beside the first, each after a further delay. @default 1 */
	readonly maxHedges?: number;
}

const known = ["delayMs", "maxHedges"];

/**
 * Makes a call a second time where the first has not answered in time, and takes whichever answers first.
 *
 * For calls that may be made twice, and are slow now and then. The signals of the others abort; what they cost is counted,
 * as wasted. A call that fails before there is a second fails: that is a retry's concern. Of a stream the first item
 * decides.
 *
 * **Placement** inside `retry()` and `circuitBreaker()`, around `timeout()`.
 * **Emits** the event `hedge.started`, a span for each attempt once there are two, `hedge.attempt_count` and `hedge.winner` on
 * the span of the stage, and the metric `pipeline.hedge.calls`.
 * **Throws** what the last of the attempts failed with, where all have.
 *
 * @example
 * let calls = 0;
 * const find = light.stage("find", () => (++calls === 1 ? new Promise<string>(() => {}) : Promise.resolve("found")), {
 *   use: [hedge({ delayMs: 5 })],
 * });
 * await find(); // => "found"
 */
export function hedge(options: HedgeOptions): AsyncMiddleware {
	knownOptions("hedge", options, known);
	const { delayMs, maxHedges = 1 } = options ?? {};
	milliseconds("hedge: delayMs", delayMs);
	positiveInteger("hedge: maxHedges", maxHedges);
	const meterOf = perStage(hedgeMeter);
	return prepares(
		asyncLayer(
			{ name: "hedge", options: { delayMs, maxHedges } },
			(next) => (call) => new HedgedCall(call, next, delayMs, maxHedges + 1, meterOf(call.definition)).run(),
		),
		meterOf,
	);
}
