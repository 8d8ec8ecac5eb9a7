import type { Middleware } from "../middleware.ts";
import { type LoggingOptions, loggingOptions, logLines } from "../observer/log-line.ts";
import { callMetrics } from "../observer/metric.ts";
import { spans, type TracingOptions, tracingOptions } from "../observer/span.ts";
import { observing } from "../observing.ts";
import { knownOptions } from "../option.ts";

/** Options of {@link observe}: those of its parts. */
export interface ObserveOptions extends TracingOptions, LoggingOptions {}

/**
 * Watches a call without changing it: a span, metrics and log lines, in one pass over the result.
 *
 * The default of `footlight(name)`. It keeps the kind of every result: a value stays a value, a stream stays a stream,
 * and the span lasts as long as it.
 *
 * **Placement** outermost, so that refusals, skips and cached answers are recorded.
 * **Emits** one span for each run and stage, and for each retried attempt; counters and durations of both; a line when a
 * call starts (debug) and ends.
 * **Throws** RangeError or TypeError for options that cannot be, when it is called.
 *
 * @example
 * const light = footlight("docs-qa", { use: [observe({ successSampleRatio: 0.1 })] });
 */
export function observe(options: ObserveOptions = {}): Middleware {
	knownOptions("observe", options, [...tracingOptions, ...loggingOptions]);
	const traced = spans("observe", options);
	const logged = logLines("observe", options);
	return observing(
		"observe",
		(definition) => [traced(definition), callMetrics(definition), logged(definition)],
		options.logger !== undefined,
	);
}
