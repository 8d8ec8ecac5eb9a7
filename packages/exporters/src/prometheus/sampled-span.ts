import { telemetryFailed } from "@footlight/core";
import * as api from "@opentelemetry/api";

/** Finds the span of a recording, the active one where no context was given; undefined unless it is sampled. */
export function sampledSpan(context: api.Context | undefined): api.SpanContext | undefined {
	try {
		const span = api.trace.getSpan(context ?? api.context.active());
		if (span === undefined) return undefined;
		const found = span.spanContext();
		return (found.traceFlags & api.TraceFlags.SAMPLED) === 0 ? undefined : found;
	} catch (error) {
		telemetryFailed("prometheus exemplar", error);
		return undefined;
	}
}
