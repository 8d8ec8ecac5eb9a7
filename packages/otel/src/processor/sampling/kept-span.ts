import type { SpanContext } from "@opentelemetry/api";
import type { EndedSpanLike } from "../span-shape.ts";
import type { KeepReason } from "./keep-reason.ts";
import type { SampledState } from "./probability.ts";

/**
 * A span as it is handed on: with its adjusted count, as an attribute and as the threshold beside its trace id.
 *
 * It is a copy, since the span's own context goes on in live requests, and its attributes may be read by processors that
 * get everything.
 */
export function keptSpan(span: EndedSpanLike, state: SampledState, reason: KeepReason | undefined): EndedSpanLike {
	const { name, kind, parentSpanContext, startTime, endTime, duration, ended, status, events, links } = span;
	const { resource, instrumentationScope, droppedAttributesCount, droppedEventsCount, droppedLinksCount } = span;
	const { traceState: _, ...own } = span.spanContext();
	const context: SpanContext = state.traceState === undefined ? own : { ...own, traceState: state.traceState };
	return {
		...{ name, kind, startTime, endTime, duration, ended, status, events, links, resource, instrumentationScope },
		...{ droppedAttributesCount, droppedEventsCount, droppedLinksCount, parentSpanContext },
		spanContext: () => context,
		attributes: {
			...span.attributes,
			...(state.adjustedCount !== undefined && { "pipeline.sampling.adjusted_count": state.adjustedCount }),
			...(reason !== undefined && { "pipeline.sampling.reason": reason }),
		},
	};
}
