import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { decodeProtobuf } from "./otlp-schema.ts";

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

export interface ReceivedRequest {
	readonly method: string;
	readonly path: string;
	readonly contentType: string;
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface OtlpReceiver {
	/** Base address, what OTEL_EXPORTER_OTLP_ENDPOINT takes. */
	readonly url: string;
	readonly port: number;
	/** Every span received so far, in order of arrival. */
	spans(): ReceivedSpan[];
	/** Every log record received so far. */
	logs(): ReceivedLog[];
	/** Every request received so far, those for other paths (metrics among them) included. */
	requests(): ReceivedRequest[];
	/** Resolves once the predicate holds; rejects after `timeoutMs` (default 10 s) with what had come by then. */
	waitFor(predicate: (receiver: OtlpReceiver) => boolean, timeoutMs?: number): Promise<void>;
	/** Forgets what was received. */
	clear(): void;
	/** Closes the server and its open connections. */
	close(): Promise<void>;
}

export interface OtlpReceiverOptions {
	/** @default 0, a free one */
	readonly port?: number;
	/** Status answered to exports; the request is still read and kept. @default 200 */
	readonly status?: number;
	/** How long an answer is held back. @default 0 */
	readonly delayMs?: number;
}

/** Starts an OTLP/HTTP receiver on loopback that takes protobuf and JSON, gzipped or not, and keeps what it gets. */
export async function startOtlpReceiver(options: OtlpReceiverOptions = {}): Promise<OtlpReceiver> {
	const { status = 200, delayMs = 0 } = options;
	const spans: ReceivedSpan[] = [];
	const logs: ReceivedLog[] = [];
	const requests: ReceivedRequest[] = [];
	const waiting = new Set<() => void>();

	const server = createServer(async (request, response) => {
		const body = await read(request);
		const contentType = request.headers["content-type"] ?? "";
		const path = request.url ?? "";
		requests.push({ method: request.method ?? "", path, contentType, headers: request.headers });
		let answer = status;
		try {
			const json = contentType.includes("json");
			if (path === "/v1/traces") {
				const message = json ? JSON.parse(body.toString()) : decodeProtobuf("ExportTraceServiceRequest", body);
				spans.push(...flattenSpans(message));
			} else if (path === "/v1/logs") {
				const message = json ? JSON.parse(body.toString()) : decodeProtobuf("ExportLogsServiceRequest", body);
				logs.push(...flattenLogs(message));
			} else if (path !== "/v1/metrics") answer = 404;
		} catch (error) {
			console.error("otlp receiver: cannot decode", path, error);
			answer = 400;
		}
		for (const check of [...waiting]) check();
		if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
		response.writeHead(answer, { "content-type": contentType || "text/plain" });
		response.end(contentType.includes("json") ? "{}" : "");
	});
	await listen(server, options.port ?? 0);
	const port = (server.address() as AddressInfo).port;

	const receiver: OtlpReceiver = {
		url: `http://127.0.0.1:${port}`,
		port,
		spans: () => [...spans],
		logs: () => [...logs],
		requests: () => [...requests],
		clear() {
			spans.length = logs.length = requests.length = 0;
		},
		waitFor: (predicate, timeoutMs = 10_000) =>
			new Promise<void>((resolve, reject) => {
				const settle = (outcome: () => void) => {
					waiting.delete(check);
					clearTimeout(timer);
					outcome();
				};
				const check = () => {
					if (predicate(receiver)) settle(resolve);
				};
				const timer = setTimeout(() => {
					const got = `${spans.length} spans (${spans.map((span) => span.name).join(", ")}), ${logs.length} logs`;
					settle(() => reject(new Error(`otlp receiver: not within ${timeoutMs} ms; received ${got}`)));
				}, timeoutMs);
				waiting.add(check);
				check();
			}),
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
	return receiver;
}

function listen(server: Server, port: number): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, "127.0.0.1", resolve);
	});
}

async function read(request: IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	const body = Buffer.concat(chunks);
	return request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
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

function flattenSpans(message: unknown): ReceivedSpan[] {
	return ((message as Message).resourceSpans ?? []).flatMap(({ resource, scopeSpans = [] }) =>
		scopeSpans.flatMap(({ scope, spans = [] }) =>
			spans.map((span) => toSpan(span as unknown as RawSpan, toAttributes(resource?.attributes), toScope(scope))),
		),
	);
}

function flattenLogs(message: unknown): ReceivedLog[] {
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
