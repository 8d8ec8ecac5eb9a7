import { createTraceState } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";

interface PlainItem {
	readonly context?: PlainContext;
	readonly parentSpanContext?: PlainContext;
	readonly spanContext?: PlainContext;
	readonly resource: Record<string, never>;
	readonly links?: readonly { readonly context: PlainContext }[];
}
interface PlainContext {
	readonly traceState?: string;
}

/** A span as plain data, which a worker thread can be given. */
export function plainSpan(span: ReadableSpan): object {
	const { name, kind, startTime, endTime, status, duration, ended, droppedAttributesCount } = span;
	return {
		...{ name, kind, startTime, endTime, status, duration, ended, droppedAttributesCount },
		...{ droppedEventsCount: span.droppedEventsCount, droppedLinksCount: span.droppedLinksCount },
		...{ context: plainContext(span.spanContext()), parentSpanContext: plainContext(span.parentSpanContext) },
		attributes: cloneable(span.attributes),
		events: span.events.map((event) => ({ ...event, attributes: cloneable(event.attributes ?? {}) })),
		links: span.links.map((link) => ({
			...{ context: plainContext(link.context), droppedAttributesCount: link.droppedAttributesCount },
			attributes: cloneable(link.attributes ?? {}),
		})),
		...plainOrigin(span),
	};
}

/** A log record as plain data. */
export function plainLogRecord(record: ReadableLogRecord): object {
	const { hrTime, hrTimeObserved, severityNumber, severityText, eventName, droppedAttributesCount } = record;
	return {
		...{ hrTime, hrTimeObserved, severityNumber, severityText, eventName, droppedAttributesCount },
		...{ body: cloneable(record.body), attributes: cloneable(record.attributes) },
		spanContext: plainContext(record.spanContext),
		...plainOrigin(record),
	};
}

function plainOrigin({
	resource,
	instrumentationScope,
}: Pick<ReadableSpan, "resource" | "instrumentationScope">): object {
	const { name, version, schemaUrl } = instrumentationScope;
	return { resource: cloneable(resource.attributes), instrumentationScope: { name, version, schemaUrl } };
}

function plainContext(context: ReturnType<ReadableSpan["spanContext"]> | undefined): object | undefined {
	if (context === undefined) return undefined;
	const { traceId, spanId, traceFlags, isRemote, traceState } = context;
	return { traceId, spanId, traceFlags, isRemote, traceState: traceState?.serialize() };
}

/** Values that a thread can be given; what cannot be copied is sent as its JSON or left out. */
function cloneable(value: unknown): unknown {
	try {
		return structuredClone(value);
	} catch {
		try {
			return JSON.parse(JSON.stringify(value));
		} catch {
			return {};
		}
	}
}

/** Gives the data back the methods that the exporters call. */
export function revive(item: object): object {
	const plain = item as PlainItem;
	const common = { ...plain, resource: resourceFromAttributes(plain.resource) };
	if (plain.context === undefined) return { ...common, spanContext: reviveContext(plain.spanContext) };
	const context = reviveContext(plain.context);
	return {
		...common,
		spanContext: () => context,
		parentSpanContext: reviveContext(plain.parentSpanContext),
		links: plain.links?.map((link) => ({ ...link, context: reviveContext(link.context) })),
	};
}

function reviveContext(context: PlainContext | undefined): object | undefined {
	return context && { ...context, traceState: context.traceState ? createTraceState(context.traceState) : undefined };
}
