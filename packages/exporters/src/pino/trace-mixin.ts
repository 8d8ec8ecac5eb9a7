import { context, isSpanContextValid, trace } from "@opentelemetry/api";
import { type LoggerOptions, pino } from "pino";

type Mixin = NonNullable<LoggerOptions["mixin"]>;
type Fields = Record<string, unknown>;

/** Names the line's trace, as every OpenTelemetry log bridge writes them. */
export const traceFields = ["trace_id", "span_id", "trace_flags"] as const;

/**
 * Adds the ids of the active span to a line, unless the line or its logger already names a trace.
 *
 * All three or none: the span of one trace beside the id of another would be worse than nothing.
 */
export function traceMixin(given: Mixin | undefined): Mixin {
	return function mixin(line, level, logger): Fields {
		const own = given === undefined ? {} : (given(line, level, logger) as Fields);
		const spanContext = trace.getSpanContext(context.active());
		if (spanContext === undefined || !isSpanContextValid(spanContext)) return own;
		if (traceFields.some((name) => name in line || name in own) || namesTrace(logger)) return own;
		const { traceId, spanId, traceFlags } = spanContext;
		return { trace_id: traceId, span_id: spanId, trace_flags: traceFlags.toString(16).padStart(2, "0"), ...own };
	};
}

/** A child's bindings are kept as text already; to parse them for every line would cost more than the rest of it. */
function namesTrace(logger: object): boolean {
	const bindings: unknown = (logger as Fields & { [pino.symbols.chindingsSym]?: unknown })[pino.symbols.chindingsSym];
	return typeof bindings === "string" && traceFields.some((name) => bindings.includes(`,"${name}":`));
}
