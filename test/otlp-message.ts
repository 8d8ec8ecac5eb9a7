/** Attributes as plain values; 64-bit integers are numbers, bytes are hex. */
export type ReceivedAttributes = Record<string, unknown>;

export interface ReceivedScope {
	readonly name: string;
	readonly version: string | undefined;
}

export interface ReceivedSpan {
	readonly traceId: string;
	readonly spanId: string;
	/** Absent on a root span. */
	readonly parentSpanId: string | undefined;
	readonly name: string;
	readonly kind: "internal" | "server" | "client" | "producer" | "consumer" | "unspecified";
	readonly startNs: bigint;
	readonly endNs: bigint;
	/** Start as milliseconds since the epoch, fractions kept. */
	readonly startMs: number;
	readonly durationMs: number;
	readonly attributes: ReceivedAttributes;
	readonly events: readonly {
		readonly name: string;
		readonly timeNs: bigint;
		readonly attributes: ReceivedAttributes;
	}[];
	readonly links: readonly {
		readonly traceId: string;
		readonly spanId: string;
		readonly attributes: ReceivedAttributes;
	}[];
	readonly status: { readonly code: "unset" | "ok" | "error"; readonly message: string };
	readonly resource: ReceivedAttributes;
	readonly scope: ReceivedScope;
}

export interface ReceivedLog {
	/** Absent where the line was written outside a span. */
	readonly traceId: string | undefined;
	readonly spanId: string | undefined;
	readonly timeNs: bigint;
	readonly severityNumber: number;
	readonly severityText: string;
	readonly eventName: string;
	readonly body: unknown;
	readonly attributes: ReceivedAttributes;
	readonly resource: ReceivedAttributes;
	readonly scope: ReceivedScope;
}

// The shapes of OTLP/JSON that are read here; every field may be missing.
interface Value {
	stringValue?: string;
	boolValue?: boolean;
	intValue?: string | number;
	doubleValue?: number;
	arrayValue?: { values?: Value[] };
	kvlistValue?: { values?: KeyValue[] };
	bytesValue?: string;
}
interface KeyValue {
	key: string;
	value?: Value;
}
interface Scoped {
	scope?: { name?: string; version?: string };
	spans?: Record<string, never>[];
	logRecords?: Record<string, never>[];
}
interface Message {
	resourceSpans?: { resource?: { attributes?: KeyValue[] }; scopeSpans?: Scoped[] }[];
	resourceLogs?: { resource?: { attributes?: KeyValue[] }; scopeLogs?: Scoped[] }[];
}

const kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const;
const statusCodes = ["unset", "ok", "error"] as const;

/** Every span of an export request. */
export function flattenSpans(message: unknown): ReceivedSpan[] {
	return ((message as Message).resourceSpans ?? []).flatMap(({ resource, scopeSpans = [] }) =>
		scopeSpans.flatMap(({ scope, spans = [] }) =>
			spans.map((span) => toSpan(span as unknown as RawSpan, toAttributes(resource?.attributes), toScope(scope))),
		),
	);
}

/** Every log record of an export request. */
export function flattenLogs(message: unknown): ReceivedLog[] {
	return ((message as Message).resourceLogs ?? []).flatMap(({ resource, scopeLogs = [] }) =>
		scopeLogs.flatMap(({ scope, logRecords = [] }) =>
			logRecords.map((record) =>
				toLog(record as unknown as RawLog, toAttributes(resource?.attributes), toScope(scope)),
			),
		),
	);
}

interface RawSpan {
	traceId: string;
	spanId: string;
	parentSpanId?: string;
	name?: string;
	kind?: number;
	startTimeUnixNano?: string;
	endTimeUnixNano?: string;
	attributes?: KeyValue[];
	events?: { name?: string; timeUnixNano?: string; attributes?: KeyValue[] }[];
	links?: { traceId: string; spanId: string; attributes?: KeyValue[] }[];
	status?: { code?: number; message?: string };
}

function toSpan(raw: RawSpan, resource: ReceivedAttributes, scope: ReceivedScope): ReceivedSpan {
	const startNs = BigInt(raw.startTimeUnixNano ?? 0);
	const endNs = BigInt(raw.endTimeUnixNano ?? 0);
	return {
		traceId: raw.traceId,
		spanId: raw.spanId,
		parentSpanId: raw.parentSpanId || undefined,
		name: raw.name ?? "",
		kind: kinds[raw.kind ?? 0] ?? "unspecified",
		startNs,
		endNs,
		startMs: Number(startNs / 1_000n) / 1_000,
		durationMs: Number(endNs - startNs) / 1e6,
		attributes: toAttributes(raw.attributes),
		events: (raw.events ?? []).map((event) => ({
			name: event.name ?? "",
			timeNs: BigInt(event.timeUnixNano ?? 0),
			attributes: toAttributes(event.attributes),
		})),
		links: (raw.links ?? []).map(({ traceId, spanId, attributes }) => ({
			traceId,
			spanId,
			attributes: toAttributes(attributes),
		})),
		status: { code: statusCodes[raw.status?.code ?? 0] ?? "unset", message: raw.status?.message ?? "" },
		resource,
		scope,
	};
}

interface RawLog {
	traceId?: string;
	spanId?: string;
	timeUnixNano?: string;
	severityNumber?: number;
	severityText?: string;
	eventName?: string;
	body?: Value;
	attributes?: KeyValue[];
}

function toLog(raw: RawLog, resource: ReceivedAttributes, scope: ReceivedScope): ReceivedLog {
	return {
		traceId: raw.traceId || undefined,
		spanId: raw.spanId || undefined,
		timeNs: BigInt(raw.timeUnixNano ?? 0),
		severityNumber: raw.severityNumber ?? 0,
		severityText: raw.severityText ?? "",
		eventName: raw.eventName ?? "",
		body: raw.body && toValue(raw.body),
		attributes: toAttributes(raw.attributes),
		resource,
		scope,
	};
}

function toScope(scope: Scoped["scope"]): ReceivedScope {
	return { name: scope?.name ?? "", version: scope?.version || undefined };
}

function toAttributes(list: readonly KeyValue[] = []): ReceivedAttributes {
	return Object.fromEntries(list.map(({ key, value }) => [key, value && toValue(value)]));
}

function toValue(value: Value): unknown {
	if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(toValue);
	if (value.kvlistValue !== undefined) return toAttributes(value.kvlistValue.values);
	if (value.intValue !== undefined) return Number(value.intValue);
	return value.stringValue ?? value.boolValue ?? value.doubleValue ?? value.bytesValue;
}
