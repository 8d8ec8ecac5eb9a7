import type { Middleware } from "../middleware.ts";
import { spans, type TracingOptions, tracingOptions } from "../observer/span.ts";
import { observing } from "../observing.ts";
import { knownOptions } from "../option.ts";

/**
 * Records a span for each call, as long as its result: a stream's span ends with the stream.
 *
 * **Placement** outermost; `observe()` holds it already.
 * **Emits** spans as in the catalogue; an exception once, on the span where it surfaced. Status stays unset on success
 * and on cancellation (semantic conventions, "Recording errors").
 *
 * @example
 * footlight("etl", { use: [tracing({ attemptSpans: "always" })] });
 */
export function tracing(options: TracingOptions = {}): Middleware {
	knownOptions("tracing", options, tracingOptions);
	const traced = spans("tracing", options);
	return observing("tracing", (definition) => [traced(definition)]);
}
