import { OTLPMetricExporter as GrpcMetricExporter } from "@opentelemetry/exporter-metrics-otlp-grpc";
import { OTLPMetricExporter as JsonMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtobufMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import {
	ConsoleMetricExporter,
	PeriodicExportingMetricReader,
	type PushMetricExporter,
	type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import { exportBatch } from "../export-batch.ts";
import { exportProblem, networkProblem } from "../export-problem.ts";
import type { ExportReport } from "../export-report.ts";
import type { OtlpProtocol, OtlpTarget } from "../otlp-target.ts";
import { connectionProblem } from "../reachability.ts";

const exporters: Readonly<Record<OtlpProtocol, new () => PushMetricExporter>> = {
	"http/protobuf": ProtobufMetricExporter,
	"http/json": JsonMetricExporter,
	grpc: GrpcMetricExporter,
};

const defaultIntervalMs = 60_000;
const defaultTimeoutMs = 30_000;

/** Sends metrics over OTLP again and again, as OTEL_METRIC_EXPORT_INTERVAL says, and at each flush. */
export function otlpReader(target: OtlpTarget, report: ExportReport): PeriodicExportingMetricReader {
	return reader(reporting(new exporters[target.protocol](), target, report));
}

/** Prints metrics on stdout. */
export function consoleReader(): PeriodicExportingMetricReader {
	return reader(new ConsoleMetricExporter());
}

function reader(exporter: PushMetricExporter): PeriodicExportingMetricReader {
	const exportIntervalMillis = millisecondsIn("OTEL_METRIC_EXPORT_INTERVAL") ?? defaultIntervalMs;
	const timeoutMs = millisecondsIn("OTEL_METRIC_EXPORT_TIMEOUT") ?? defaultTimeoutMs;
	const exportTimeoutMillis = Math.min(timeoutMs, exportIntervalMillis);
	return new PeriodicExportingMetricReader({ exporter, exportIntervalMillis, exportTimeoutMillis });
}

function millisecondsIn(variable: string): number | undefined {
	const value = Number(process.env[variable]);
	return Number.isFinite(value) && value > 0 ? value : undefined;
}

/**
 * The official exporter, that says what becomes of its exports.
 *
 * While nobody listens nothing is tried: its retries would hold up the end of the process. Nothing is lost by that,
 * because the next export has all sums again.
 */
function reporting(inner: PushMetricExporter, target: OtlpTarget, report: ExportReport): PushMetricExporter {
	async function send(metrics: ResourceMetrics) {
		const problem = await connectionProblem(target.url);
		if (problem !== undefined) {
			report.failed(target, problem);
			return { code: 1, error: new Error(`${target.url}: ${problem}`) };
		}
		const one = { export: (_: unknown, done: Parameters<typeof inner.export>[1]) => inner.export(metrics, done) };
		const result = await exportBatch({ ...one, shutdown: () => inner.shutdown() }, [metrics], target);
		if (result.code === 0) report.delivered(target);
		else report.failed(target, networkProblem(result.error) ?? exportProblem(result.error));
		return result;
	}
	return {
		export(metrics, done) {
			void send(metrics).then(done, (error: Error) => done({ code: 1, error }));
		},
		forceFlush: () => inner.forceFlush(),
		shutdown: () => inner.shutdown(),
		...(inner.selectAggregation && { selectAggregation: inner.selectAggregation.bind(inner) }),
		...(inner.selectAggregationTemporality && {
			selectAggregationTemporality: inner.selectAggregationTemporality.bind(inner),
		}),
	};
}
