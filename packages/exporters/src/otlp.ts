import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type FootlightEvent, warn } from "@footlight/core";
import { knownOptions, milliseconds, oneOf, refuse } from "@footlight/core/option";
import type { Attributes } from "@opentelemetry/api";
import { JsonLogsSerializer, ProtobufLogsSerializer } from "@opentelemetry/otlp-transformer";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import type { Batch, BatchReceipt, BatchSink } from "./buffered/batch.ts";
import { BatchRefusedError } from "./otlp/batch-refused-error.ts";
import { otlpEnvironment } from "./otlp/environment.ts";
import { otlpRecord } from "./otlp/log-record.ts";
import { checkedHeaders, checkedRecord, checkedTls, checkedUrl } from "./sinks/http/checked.ts";
import { HttpSinkError } from "./sinks/http/http-sink-error.ts";
import { type Answer, Poster, type TlsOptions } from "./sinks/http/poster.ts";
import { version } from "./version.ts";

/** Where {@link otlpLogsSink} posts; what is left out is read from OTEL_EXPORTER_OTLP_LOGS_* and OTEL_EXPORTER_OTLP_*. */
export interface OtlpLogsOptions {
	/** The whole address, path included. @default http://localhost:4318/v1/logs */
	readonly url?: string | URL;
	/** Sent with every request; win over those of the environment. */
	readonly headers?: Readonly<Record<string, string>>;
	/** @default "none" */
	readonly compression?: "none" | "gzip";
	/** @default "http/json" */
	readonly protocol?: "http/json" | "http/protobuf";
	/** How long a request may take. @default 10000 */
	readonly timeoutMs?: number;
	/** What this process is; OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME win. @default service.name is unknown_service */
	readonly resourceAttributes?: Attributes;
	/** Certificates, as `node:https` takes them. */
	readonly tls?: TlsOptions;
}

/** A sink for batches that posts each as OTLP logs. */
export interface OtlpLogsSink extends BatchSink<FootlightEvent> {
	write(batch: Batch<FootlightEvent>, signal: AbortSignal): Promise<BatchReceipt | undefined>;
	close(): Promise<void>;
}

const where = "otlpLogsSink";
const names = ["url", "headers", "compression", "protocol", "timeoutMs", "resourceAttributes", "tls"];
const serializers = {
	"http/json": { type: "application/json", serializer: JsonLogsSerializer },
	"http/protobuf": { type: "application/x-protobuf", serializer: ProtobufLogsSerializer },
} as const;
/** What OTLP lets a client try again. */
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const gzipped = promisify(gzip);

/**
 * Posts batches of events as OTLP logs, to a collector or a vendor.
 *
 * An event is a log record with its name as event name, its attributes, its trace and span ids, and its key as
 * `log.record.uid`. Answers that OTLP lets a client try again reject with an HttpSinkError that carries the status and
 * Retry-After, others with a BatchRefusedError; records that the other side refuses of a batch it takes are told in the
 * receipt. Its requests make no spans.
 *
 * Needs `@opentelemetry/otlp-transformer` and `@opentelemetry/resources`. Give it to a buffered exporter, which batches
 * and tries again.
 *
 * **Throws** TypeError or RangeError, when it is made, for an option or a variable it cannot take.
 *
 * @example
 * const logs = otlpLogsSink({ url: new URL("/v1/logs", url), compression: "gzip" });
 * const events = [{ name: "answer.cited", timeMs: Date.now(), attributes: { sources: 3 } }];
 * await logs.write({ items: events, keys: ["event-1"], id: "batch-1" }, AbortSignal.timeout(10_000));
 * await logs.close();
 */
export function otlpLogsSink(options: OtlpLogsOptions = {}): OtlpLogsSink {
	knownOptions(where, options, names);
	const environment = otlpEnvironment(where, process.env, options.url !== undefined);
	const { url = environment.url, protocol = environment.protocol, compression = environment.compression } = options;
	const { headers = {}, timeoutMs = environment.timeoutMs, resourceAttributes = {}, tls = {} } = options;
	const { type, serializer } = serializers[oneOf(`${where}: protocol`, protocol, ["http/json", "http/protobuf"])];
	const isGzipped = oneOf(`${where}: compression`, compression, ["none", "gzip"]) === "gzip";
	const resource = resourceOf(checkedAttributes(`${where}: resourceAttributes`, resourceAttributes));
	const poster = new Poster({
		name: where,
		url: checkedUrl(`${where}: url`, url),
		method: "POST",
		headers: {
			"user-agent": `footlight/${version}`,
			...checkedHeaders(`${where}: headers`, environment.headers),
			...checkedHeaders(`${where}: headers`, headers),
			"content-type": type,
			...(isGzipped && { "content-encoding": "gzip" }),
		},
		timeoutMs: milliseconds(`${where}: timeoutMs`, timeoutMs),
		tls: { ...environment.tls, ...checkedTls(`${where}: tls`, tls) },
	});
	let hasWarned = false;

	function bodyOf({ items, keys, id }: Batch<FootlightEvent>): Uint8Array {
		const records = items.map((event, index) => otlpRecord(event, keys[index] ?? `${id}-${index}`, resource));
		const body = serializer.serializeRequest(records as unknown as Parameters<typeof serializer.serializeRequest>[0]);
		if (body === undefined) throw new TypeError(`${where}: a batch could not be serialized`);
		return body;
	}

	function receiptOf({ body }: Answer, size: number): BatchReceipt | undefined {
		const { partialSuccess } = readAnswer(body);
		const rejected = Math.min(size, Number(partialSuccess?.rejectedLogRecords ?? 0) || 0);
		const message: unknown = partialSuccess?.errorMessage;
		const reason = typeof message === "string" ? message : "";
		// How many, but not which: OTLP does not say.
		if (rejected > 0) return { rejected: Array.from({ length: rejected }, (_, index) => index), reason };
		if (reason !== "" && !hasWarned) {
			hasWarned = true;
			warn("FOOTLIGHT_OTLP_WARNING", `${where}: the other side took everything, and says: ${reason.slice(0, 500)}`);
		}
		return undefined;
	}

	function readAnswer(body: Buffer): ReturnType<typeof serializer.deserializeResponse> {
		try {
			return serializer.deserializeResponse(body) ?? {};
		} catch {
			return {}; // It was a 2xx: the batch is taken.
		}
	}

	return {
		async write(batch, signal) {
			if (batch.items.length === 0) return undefined;
			const body = bodyOf(batch);
			const answer = await poster.send(isGzipped ? await gzipped(body) : body, {}, signal);
			const { status, headers } = answer;
			if (retryable.has(status)) throw poster.refusal(answer);
			if (status < 200 || status > 299) {
				const { message } = poster.refusal(answer);
				throw new BatchRefusedError(message, status, answer.body.toString("utf8"));
			}
			// A user interface answers everything with a page of its own, and so does a proxy that wants a login.
			if (/^text\/html\b/i.test(headers["content-type"] ?? "")) throw poster.unreachable("answered with a web page");
			return receiptOf(answer, batch.items.length);
		},
		async close() {
			poster.close();
		},
	};
}

function checkedAttributes(where: string, attributes: Attributes): Attributes {
	for (const [name, value] of Object.entries(checkedRecord(where, attributes))) {
		const isValue = value === undefined || /^(?:string|number|boolean)$/.test(typeof value) || Array.isArray(value);
		if (!isValue) refuse(TypeError, `${where}.${name}`, "a string, a number, a boolean or a list of such", value);
	}
	return attributes;
}

function resourceOf(attributes: Attributes): object {
	const environment = detectResources({ detectors: [envDetector] });
	return defaultResource().merge(resourceFromAttributes(attributes)).merge(environment);
}

export { BatchRefusedError, HttpSinkError, type TlsOptions };
