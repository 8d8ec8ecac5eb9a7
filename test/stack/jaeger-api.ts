/** A span as Jaeger's API gives it, its lists of pairs made objects. */
export interface JaegerSpan {
	readonly traceId: string;
	readonly spanId: string;
	readonly name: string;
	/** Span that this one is a child of, in the same trace. */
	readonly parentId: string | undefined;
	/** Spans of any trace that it follows from: its links. */
	readonly linkedIds: readonly string[];
	readonly startMs: number;
	readonly durationMs: number;
	readonly tags: Readonly<Record<string, string | number | boolean>>;
	/** Events by name and the rest of their fields, in order. */
	readonly events: readonly Readonly<Record<string, string | number | boolean>>[];
	readonly service: string;
	/** Attributes of the resource. */
	readonly resource: Readonly<Record<string, string | number | boolean>>;
}

interface Pair {
	readonly key: string;
	readonly value: string | number | boolean;
}

interface RawTrace {
	readonly traceID: string;
	readonly processes: Readonly<Record<string, { readonly serviceName: string; readonly tags?: readonly Pair[] }>>;
	readonly spans: readonly {
		readonly traceID: string;
		readonly spanID: string;
		readonly operationName: string;
		readonly processID: string;
		readonly references?: readonly { readonly refType: string; readonly traceID: string; readonly spanID: string }[];
		readonly startTime: number;
		readonly duration: number;
		readonly tags: readonly Pair[];
		readonly logs?: readonly { readonly fields: readonly Pair[] }[];
	}[];
}

/** Names of services that Jaeger has seen. */
export async function services(url: string): Promise<string[]> {
	return (await ask<string[] | null>(`${url}/api/services`)) ?? [];
}

/** Names of operations of a service that Jaeger has seen. */
export async function operations(url: string, service: string): Promise<string[]> {
	return (await ask<string[] | null>(`${url}/api/services/${encodeURIComponent(service)}/operations`)) ?? [];
}

/** The spans of the traces of a service since a moment, those of one trace together. */
export async function findTraces(
	url: string,
	search: { readonly service: string; readonly operation: string; readonly fromMs: number },
): Promise<JaegerSpan[][]> {
	const range = { start: String(search.fromMs * 1_000), end: String((Date.now() + 1_000) * 1_000) };
	const { service, operation } = search;
	const parameters = new URLSearchParams({ service, operation, ...range, limit: "1500" });
	return (await ask<RawTrace[]>(`${url}/api/traces?${parameters}`)).map(spansOf);
}

/** The spans of one trace; none where Jaeger does not know it. */
export async function findTrace(url: string, traceId: string): Promise<JaegerSpan[]> {
	const response = await fetch(`${url}/api/traces/${traceId}`);
	if (response.status === 404) return [];
	const { data } = (await response.json()) as { data: RawTrace[] | null };
	return (data ?? []).flatMap(spansOf);
}

/** What the Monitor tab asks for: calls per second of a service, point by point. */
export async function callRates(url: string, service: string): Promise<number[]> {
	const parameters = new URLSearchParams({
		...{ service, endTs: String(Date.now()), lookback: String(10 * 60_000) },
		...{ step: "5000", ratePer: "60000", quantile: "0.95" },
	});
	parameters.append("spanKind", "internal");
	const response = await fetch(`${url}/api/metrics/calls?${parameters}`);
	if (!response.ok) throw new Error(`Jaeger: /api/metrics/calls: ${response.status} ${await response.text()}`);
	type Point = { gaugeValue?: { doubleValue?: number | string } };
	const { metrics = [] } = (await response.json()) as { metrics?: { metricPoints?: Point[] }[] };
	const points = metrics.flatMap(({ metricPoints = [] }) => metricPoints);
	return points.map(({ gaugeValue }) => Number(gaugeValue?.doubleValue)).filter((value) => !Number.isNaN(value));
}

async function ask<T>(address: string): Promise<T> {
	const response = await fetch(address);
	const text = await response.text();
	if (!response.ok) throw new Error(`Jaeger: ${address}: ${response.status} ${text}`);
	return (JSON.parse(text) as { data: T }).data;
}

function spansOf({ spans, processes }: RawTrace): JaegerSpan[] {
	return spans.map(({ references = [], ...span }) => ({
		traceId: span.traceID,
		spanId: span.spanID,
		name: span.operationName,
		parentId: references.find(({ refType, traceID }) => refType === "CHILD_OF" && traceID === span.traceID)?.spanID,
		linkedIds: references.filter(({ refType }) => refType === "FOLLOWS_FROM").map(({ spanID }) => spanID),
		startMs: span.startTime / 1_000,
		durationMs: span.duration / 1_000,
		tags: asObject(span.tags),
		events: (span.logs ?? []).map(({ fields }) => asObject(fields)),
		service: processes[span.processID]?.serviceName ?? "",
		resource: asObject(processes[span.processID]?.tags ?? []),
	}));
}

function asObject(pairs: readonly Pair[]): Record<string, string | number | boolean> {
	return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
}
