import { type FootlightEvent, systemClock } from "@footlight/core";
import { type Attributes, isValidSpanId, isValidTraceId, type SpanContext } from "@opentelemetry/api";
import { version } from "../version.ts";

/** What the serializers of OTLP read of a log record. */
export interface OtlpRecord {
	readonly hrTime: [seconds: number, nanos: number];
	readonly hrTimeObserved: [seconds: number, nanos: number];
	readonly severityNumber: number;
	readonly eventName: string;
	readonly attributes: Attributes;
	readonly droppedAttributesCount: number;
	readonly spanContext?: SpanContext;
	readonly resource: object;
	readonly instrumentationScope: { readonly name: string; readonly version: string };
}

const informational = 9;
const deepest = 16;
/** Things that know each other stand in each other in more ways than a process has time for. */
const mostObjects = 10_000;
/** Whole numbers from here on are no 64-bit integers, which is what the serializer takes them for. */
const beyondInteger = 2 ** 63;
// One and the same object: records are grouped by its identity.
const instrumentationScope = { name: "@footlight/exporters", version };

/**
 * The log record of an event. Whatever cannot be said in OTLP is said as text: one bad value would have the other side
 * refuse the whole batch, again and again.
 */
export function otlpRecord(event: FootlightEvent, key: string, resource: object): OtlpRecord {
	const { name, timeMs, attributes, traceId, spanId } = (event ?? {}) as Partial<FootlightEvent>;
	const hasSpan =
		typeof traceId === "string" && typeof spanId === "string" && isValidTraceId(traceId) && isValidSpanId(spanId);
	return {
		hrTime: hrTimeOf(Number.isFinite(timeMs) && (timeMs as number) >= 0 ? (timeMs as number) : systemClock.now()),
		hrTimeObserved: hrTimeOf(systemClock.now()),
		severityNumber: informational,
		eventName: String(name),
		// The conventions' name for what tells a record that comes again.
		attributes: { ...(plain(attributes, [], { left: mostObjects }) as Attributes), "log.record.uid": key },
		droppedAttributesCount: 0,
		...(hasSpan && { spanContext: { traceId, spanId, traceFlags: 0 } }),
		resource,
		instrumentationScope,
	};
}

function hrTimeOf(timeMs: number): [number, number] {
	const seconds = Math.floor(timeMs / 1_000);
	return [seconds, Math.round((timeMs - seconds * 1_000) * 1_000_000)];
}

/** How many more are looked at. */
interface Objects {
	left: number;
}

function plain(value: unknown, above: readonly unknown[], objects: Objects): unknown {
	switch (typeof value) {
		case "string":
			return value.isWellFormed() ? value : value.toWellFormed();
		case "boolean":
			return value;
		case "number":
			return Number.isFinite(value) && Math.abs(value) < beyondInteger ? value : String(value);
		case "object":
			return value === null ? undefined : plainObject(value, above, objects);
		case "undefined":
			return undefined;
		default:
			return String(value).slice(0, 200);
	}
}

function plainObject(value: object, above: readonly unknown[], objects: Objects): unknown {
	if (above.includes(value)) return "[circular]";
	if (above.length >= deepest) return "[too deep]";
	if (--objects.left < 0) return "[too large]";
	try {
		const path = [...above, value];
		if (Array.isArray(value)) return value.map((member) => plain(member, path, objects) ?? "");
		const copy: Record<string, unknown> = {};
		for (const name of Object.keys(value)) {
			const member = memberOf(value, name, path, objects);
			if (member !== undefined && name !== "__proto__") copy[name] = member;
		}
		return copy;
	} catch {
		return "[not readable]";
	}
}

function memberOf(owner: object, name: string, path: readonly unknown[], objects: Objects): unknown {
	try {
		return plain((owner as Record<string, unknown>)[name], path, objects);
	} catch {
		return "[not readable]";
	}
}
