import type { Logger } from "pino";
import type { DeliveryCounts } from "./delivery.ts";
import type { TelemetryMetrics } from "./metrics/telemetry-metrics.ts";
import type { OtlpProtocol } from "./otlp-target.ts";

/** What a flush has achieved. */
export interface FlushReport {
	/** True when nothing is left undelivered and nothing failed. */
	readonly ok: boolean;
	/** True when the deadline passed first. */
	readonly timedOut: boolean;
	/** Counts since the start. */
	readonly spans: DeliveryCounts;
	/** Counts since the start. */
	readonly logs: DeliveryCounts;
	/** What stands in the way now, each with its address. */
	readonly problems: readonly string[];
}

/** Where a signal goes. */
export interface SignalDescription {
	/** As OTEL_TRACES_EXPORTER, OTEL_LOGS_EXPORTER or OTEL_METRICS_EXPORTER says; empty where it is `none`. */
	readonly exporters: readonly string[];
	/** Where it is sent over OTLP. */
	readonly endpoint: string | undefined;
	readonly protocol: OtlpProtocol | undefined;
}

/** Where metrics go. */
export interface MetricsDescription extends SignalDescription {
	/** Where Prometheus scrapes; undefined until the port is open, and where none is. */
	readonly url: string | undefined;
	/** What keeps them from being served, in words. */
	readonly problem: string | undefined;
}

/** The effective configuration: options and OTEL_* variables put together. */
export interface TelemetryDescription {
	readonly state: "running" | "disabled" | "stopped";
	readonly resource: Readonly<Record<string, unknown>>;
	readonly traces: SignalDescription;
	readonly logs: SignalDescription;
	readonly metrics: MetricsDescription;
	readonly sampler: string;
	readonly redaction: boolean;
	/** Names of the instrumentations. */
	readonly instrumentations: readonly string[];
	/** Modules that were loaded before the instrumentation that patches them. */
	readonly loadedTooEarly: readonly string[];
}

/** Running telemetry, as {@link startTelemetry} returns it. */
export interface Telemetry extends AsyncDisposable {
	/** Writes JSON lines with trace ids, and sends them over OTLP too; silent with `logger: false`. */
	readonly logger: Logger;
	/** Where metrics are scraped, and what answers a scrape. */
	readonly metrics: TelemetryMetrics;
	readonly state: "running" | "disabled" | "stopped";
	/** Delivers what has ended so far, within the deadline. Never rejects; for serverless functions, after each call. */
	flush(): Promise<FlushReport>;
	/** Ends abandoned streams, delivers everything within the deadline, and stops. Never rejects. */
	shutdown(): Promise<void>;
	describe(): TelemetryDescription;
}
