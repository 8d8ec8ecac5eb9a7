import { OTLPLogExporter as GrpcLogExporter } from "@opentelemetry/exporter-logs-otlp-grpc";
import { OTLPLogExporter as JsonLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtobufLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPTraceExporter as GrpcTraceExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as JsonTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import type { LogRecordExporter, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { OtlpProtocol } from "./otlp-target.ts";

/** What an exporter answers; code 0 is success. */
export interface ExportResult {
	readonly code: number;
	readonly error?: Error;
}

/** The official exporters, seen alike for both signals. */
export interface Exporter<Item> {
	export(items: Item[], done: (result: ExportResult) => void): void;
	forceFlush?(): Promise<void>;
	shutdown(): Promise<void>;
}

/**
 * Makes the official OTLP trace exporter of a protocol; address, headers, certificates and the like come from OTEL_*,
 * unless said here.
 */
export function traceExporter(
	protocol: OtlpProtocol,
	settings: { readonly url?: string; readonly timeoutMillis?: number } = {},
): Exporter<ReadableSpan> {
	const exporters: Record<OtlpProtocol, new (settings: object) => SpanExporter> = {
		"http/protobuf": ProtobufTraceExporter,
		"http/json": JsonTraceExporter,
		grpc: GrpcTraceExporter,
	};
	return new exporters[protocol](settings);
}

/** Makes the official OTLP log exporter of a protocol. */
export function logExporter(protocol: OtlpProtocol): Exporter<ReadableLogRecord> {
	const exporters: Record<OtlpProtocol, new () => LogRecordExporter> = {
		"http/protobuf": ProtobufLogExporter,
		"http/json": JsonLogExporter,
		grpc: GrpcLogExporter,
	};
	return new exporters[protocol]();
}
