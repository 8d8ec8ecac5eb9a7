import type { Middleware } from "../middleware.ts";
import { callMetrics } from "../observer/metric.ts";
import { observing } from "../observing.ts";

/**
 * Counts and times each call, as long as its result: runs and stages by outcome, how many go on, how long they take.
 *
 * **Placement** inside `tracing()`, or the durations have no exemplars; `observe()` holds both. Of two that see one call
 * the outer counts it.
 * **Emits** the metrics `pipeline.runs`, `pipeline.run.duration`, `pipeline.run.active`, and those of stages, in seconds;
 * each outcome's counter stands at zero before the first call.
 *
 * @example
 * footlight("etl", { use: [tracing(), metrics()] });
 */
export function metrics(): Middleware {
	return observing("metrics", (definition) => [callMetrics(definition)]);
}
