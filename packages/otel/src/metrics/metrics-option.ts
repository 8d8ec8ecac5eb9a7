import { integerFrom, knownOptions, nonEmptyString, optionalBoolean, refuse } from "@footlight/core/option";
import type { MetricView, PrometheusRegistry } from "@footlight/exporters/prometheus";

/** What becomes of metrics. OTEL_METRICS_EXPORTER chooses the exporters: `prometheus` (default), `otlp`, `console`, `none`. */
export interface MetricsOptions {
	/** Address that /metrics is served on; `0.0.0.0` for all of them. OTEL_EXPORTER_PROMETHEUS_HOST wins. @default 127.0.0.1 */
	readonly host?: string;
	/** Its port; 0 takes any that is free. OTEL_EXPORTER_PROMETHEUS_PORT wins. @default 9464 */
	readonly port?: number;
	/** @default "/metrics" */
	readonly path?: string;
	/** `false` takes no port: `telemetry.metrics.handler` is for a server of your own. @default true */
	readonly listen?: boolean;
	/** Registry of prom-client that holds metrics of your own. @default a new one */
	readonly registry?: PrometheusRegistry;
	/** Other names, buckets and attributes on /metrics. */
	readonly views?: readonly MetricView[];
	/** Whether series on /metrics carry `otel_scope_name` and its like. @default true */
	readonly scopeLabels?: boolean;
	/** Most series of one instrument on /metrics. @default 2000 */
	readonly cardinalityLimit?: number;
	/** Whether counters and buckets on /metrics name a trace. @default true */
	readonly exemplars?: boolean;
	/** Measures event loop, heap and garbage collection. @default true */
	readonly runtime?: boolean;
	/** Serves metrics and sends them over OTLP too, where both are asked for: a Prometheus that gets both counts twice. @default false */
	readonly allowDualExport?: boolean;
}

const known = [
	...["host", "port", "path", "listen", "registry", "views", "scopeLabels", "cardinalityLimit", "exemplars"],
	...["runtime", "allowDualExport"],
];

/** Refuses what is unknown or of a wrong type; what goes to `prometheusExporter` is checked there. */
export function checkMetricsOptions(where: string, metrics: false | MetricsOptions | undefined): void {
	if (metrics === undefined || metrics === false) return;
	if (metrics === null || typeof metrics !== "object" || Array.isArray(metrics)) {
		refuse(TypeError, where, "options of metrics or false", metrics);
	}
	knownOptions(where, metrics, known);
	const { host, port, path } = metrics;
	if (host !== undefined) nonEmptyString(`${where}: host`, host);
	if (port !== undefined && integerFrom(`${where}: port`, port, 0) > 65_535) {
		refuse(RangeError, `${where}: port`, "at most 65535", port);
	}
	if (path !== undefined && !nonEmptyString(`${where}: path`, path).startsWith("/")) {
		refuse(RangeError, `${where}: path`, "a path from /", path);
	}
	for (const name of ["listen", "runtime", "allowDualExport"] as const) {
		optionalBoolean(`${where}: ${name}`, metrics[name]);
	}
}
