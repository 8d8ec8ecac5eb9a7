import { createTraceState, type SpanContext } from "@opentelemetry/api";
import type { EmittedRecordLike, EndedSpanLike } from "../span-shape.ts";

/** Makes of a value one that can be sent on: to a thread, to a file. */
export type CopyValue = (value: unknown) => unknown;

interface PlainContext extends Omit<SpanContext, "traceState"> {
	readonly traceState?: string | undefined;
}

interface PlainLink {
	readonly context: PlainContext;
	readonly attributes: unknown;
	readonly droppedAttributesCount: unknown;
}

interface PlainEvent {
	readonly attributes: unknown;
}

/** A span as plain data, without where it is from. */
export interface PlainSpan {
	readonly context: PlainContext;
	readonly parentSpanContext: PlainContext | undefined;
	readonly attributes: unknown;
	readonly events: readonly PlainEvent[];
	readonly links: readonly PlainLink[];
}

/** A log record as plain data, without where it is from. */
export interface PlainRecord {
	readonly spanContext: PlainContext | undefined;
	readonly attributes: unknown;
	readonly body: unknown;
}

export function plainSpan(span: EndedSpanLike, copy: CopyValue): PlainSpan {
	const { name, kind, startTime, endTime, status, duration, ended, droppedAttributesCount } = span;
	const { droppedEventsCount, droppedLinksCount, parentSpanContext } = span;
	return {
		...{ name, kind, startTime, endTime, status, duration, ended, droppedAttributesCount },
		...{ droppedEventsCount, droppedLinksCount },
		context: plainContext(span.spanContext()),
		parentSpanContext: parentSpanContext && plainContext(parentSpanContext),
		attributes: copy(span.attributes),
		events: span.events.map((event) => ({ ...event, attributes: copy(event.attributes ?? {}) })),
		links: span.links.map(({ context, attributes = {}, droppedAttributesCount }) => ({
			...{ context: plainContext(context), droppedAttributesCount },
			attributes: copy(attributes),
		})),
	};
}

export function plainRecord(record: EmittedRecordLike, copy: CopyValue): PlainRecord {
	const { hrTime, hrTimeObserved, severityNumber, severityText, eventName, droppedAttributesCount } = record;
	return {
		...{ hrTime, hrTimeObserved, severityNumber, severityText, eventName, droppedAttributesCount },
		...{ body: copy(record.body), attributes: copy(record.attributes) },
		spanContext: record.spanContext && plainContext(record.spanContext),
	};
}

/** What an exporter takes for a span. */
export function revivedSpan(plain: PlainSpan, restore: CopyValue): object {
	const context = revivedContext(plain.context);
	return {
		...plain,
		...(plain.parentSpanContext && { parentSpanContext: revivedContext(plain.parentSpanContext) }),
		attributes: restore(plain.attributes),
		events: plain.events.map((event) => ({ ...event, attributes: restore(event.attributes) })),
		links: plain.links.map((link) => ({
			...link,
			...{ context: revivedContext(link.context), attributes: restore(link.attributes) },
		})),
		spanContext: () => context,
	};
}

/** What an exporter takes for a log record. */
export function revivedRecord(plain: PlainRecord, restore: CopyValue): object {
	return {
		...plain,
		...{ attributes: restore(plain.attributes), body: restore(plain.body) },
		...(plain.spanContext && { spanContext: revivedContext(plain.spanContext) }),
	};
}

function plainContext({ traceId, spanId, traceFlags, isRemote, traceState }: SpanContext): PlainContext {
	return {
		...{ traceId, spanId, traceFlags, traceState: traceState?.serialize() },
		...(isRemote !== undefined && { isRemote }),
	};
}

function revivedContext({ traceState, ...context }: PlainContext): SpanContext {
	return traceState ? { ...context, traceState: createTraceState(traceState) } : context;
}
