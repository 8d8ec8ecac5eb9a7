export type { DeliveryCounts } from "./delivery.ts";
export {
	type DoctorOptions,
	type DoctorReport,
	doctor,
	type Finding,
	type FindingCode,
	type Severity,
} from "./doctor.ts";
export type { MetricsOptions } from "./metrics/metrics-option.ts";
export type { TelemetryMetrics } from "./metrics/telemetry-metrics.ts";
export type { OtlpProtocol } from "./otlp-target.ts";
export { startTelemetry } from "./start-telemetry.ts";
export type {
	FlushReport,
	MetricsDescription,
	SignalDescription,
	Telemetry,
	TelemetryDescription,
} from "./telemetry.ts";
export type { AnyLogRecordProcessor, AnySpanProcessor, TelemetryOptions } from "./telemetry-options.ts";
