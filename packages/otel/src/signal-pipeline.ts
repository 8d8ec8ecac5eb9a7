import type { LogRecordProcessor, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { BatchLogRecordProcessor, ConsoleLogRecordExporter, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import {
	BatchSpanProcessor,
	ConsoleSpanExporter,
	type ReadableSpan,
	SimpleSpanProcessor,
	type SpanProcessor,
} from "@opentelemetry/sdk-trace";
import { logExporter, traceExporter } from "./create-exporter.ts";
import { type Delivery, delivery } from "./delivery.ts";
import type { ExportReport } from "./export-report.ts";
import { exporterNames } from "./exporter-name.ts";
import { otlpTarget } from "./otlp-target.ts";

/** The processors that export a signal as OTEL_TRACES_EXPORTER or OTEL_LOGS_EXPORTER says, and the OTLP delivery among them. */
export interface SignalPipeline<Processor, Item extends object> {
	readonly processors: Processor[];
	readonly delivery: Delivery<Item> | undefined;
	readonly exporters: readonly string[];
}

const sampledFlag = 1;

export function tracePipeline(report: ExportReport): SignalPipeline<SpanProcessor, ReadableSpan> {
	const exporters = exporterNames("traces");
	const processors: SpanProcessor[] = [];
	if (exporters.includes("console")) processors.push(new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() }));
	if (!exporters.includes("otlp")) return { processors, delivery: undefined, exporters };

	const target = otlpTarget("traces");
	const spans = delivery(traceExporter(target.protocol), target, report);
	const ledger: SpanProcessor = {
		onStart() {},
		onEnd(span) {
			if ((span.spanContext().traceFlags & sampledFlag) !== 0) spans.add(span);
		},
		forceFlush: () => Promise.resolve(),
		shutdown: () => Promise.resolve(),
	};
	const batch = new BatchSpanProcessor({ exporter: spans.exporter, ...batchSettings("OTEL_BSP") });
	processors.push(ledger, batch);
	return { processors, delivery: spans, exporters };
}

export function logPipeline(report: ExportReport): SignalPipeline<LogRecordProcessor, ReadableLogRecord> {
	const exporters = exporterNames("logs");
	const processors: LogRecordProcessor[] = [];
	if (exporters.includes("console")) {
		processors.push(new SimpleLogRecordProcessor({ exporter: new ConsoleLogRecordExporter() }));
	}
	if (!exporters.includes("otlp")) return { processors, delivery: undefined, exporters };

	const target = otlpTarget("logs");
	const records = delivery(logExporter(target.protocol), target, report);
	const ledger: LogRecordProcessor = {
		onEmit(record) {
			records.add(record);
		},
		forceFlush: () => Promise.resolve(),
		shutdown: () => Promise.resolve(),
	};
	const exporter = { ...records.exporter, forceFlush: () => records.settled() };
	const batch = new BatchLogRecordProcessor({ exporter, ...batchSettings("OTEL_BLRP") });
	processors.push(ledger, batch);
	return { processors, delivery: records, exporters };
}

/** Settings of a batch processor from its OTEL_BSP_* or OTEL_BLRP_* variables; what is unset stays the SDK's default. */
function batchSettings(prefix: string): Record<string, number> {
	const variables = {
		maxQueueSize: "MAX_QUEUE_SIZE",
		scheduledDelayMillis: "SCHEDULE_DELAY",
		exportTimeoutMillis: "EXPORT_TIMEOUT",
		maxExportBatchSize: "MAX_EXPORT_BATCH_SIZE",
	};
	const settings: Record<string, number> = {};
	for (const [setting, suffix] of Object.entries(variables)) {
		const value = Number(process.env[`${prefix}_${suffix}`]);
		if (Number.isFinite(value) && value > 0) settings[setting] = value;
	}
	return settings;
}
