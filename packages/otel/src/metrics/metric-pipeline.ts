import { warn } from "@footlight/core";
import { type PrometheusExporter, prometheusExporter } from "@footlight/exporters/prometheus";
import { metrics as api, type MeterProvider } from "@opentelemetry/api";
import type { Instrumentation } from "@opentelemetry/instrumentation";
import type { Resource } from "@opentelemetry/resources";
import { type IMetricReader, MeterProvider as SdkMeterProvider, type ViewOptions } from "@opentelemetry/sdk-metrics";
// Loaded with this file: it requires "http", and once an instrumentation has patched that for CommonJS it no longer
// patches what ES modules import by name.
import { Registry } from "prom-client";
import type { ExportReport } from "../export-report.ts";
import { metricExporterNames } from "../exporter-name.ts";
import { otlpTarget } from "../otlp-target.ts";
import { registeredMeterProvider } from "../provider.ts";
import type { MetricsDescription } from "../telemetry.ts";
import { metricsAddress, wrongPort } from "./metrics-address.ts";
import type { MetricsOptions } from "./metrics-option.ts";
import { pairedProvider } from "./paired-provider.ts";
import { consoleReader, otlpReader } from "./push-reader.ts";
import { runtimeMetrics } from "./runtime-metrics.ts";
import { type ServedMetrics, serveMetrics } from "./serve-metrics.ts";
import { type TelemetryMetrics, unscrapedMetrics } from "./telemetry-metrics.ts";

/** The way of metrics to whoever reads them. */
export interface MetricPipeline {
	/** For users. */
	readonly metrics: TelemetryMetrics;
	/** For NodeSDK, which then registers a provider of its own; empty where ours is registered. */
	readonly readers: IMetricReader[];
	/** Instrumentations that measure the process itself. */
	readonly instrumentations: Instrumentation[];
	/** True where metrics are sent, and the last of them have to be. */
	readonly pushes: boolean;
	/** Registers the provider; to be called before instrumentations get theirs. */
	register(): void;
	/** Opens the port; to be called last. */
	listen(): void;
	/** Sends what has been recorded. */
	flush(): Promise<void>;
	shutdown(): Promise<void>;
	describe(): MetricsDescription;
}

interface Parts {
	readonly options: false | MetricsOptions | undefined;
	readonly instrumentations: readonly Instrumentation[];
	readonly resource: Resource;
	readonly report: ExportReport;
}

/** Puts together what OTEL_METRICS_EXPORTER asks for. */
export function metricPipeline({ options = {}, instrumentations, resource, report }: Parts): MetricPipeline {
	const settings = options === false ? {} : options;
	const exporters = registeredMeterProvider() === undefined ? metricExporterNames(options) : [];
	if (exporters.length === 0) warnOfForeignProvider();
	const { host: _host, port: _port, path: _path, listen: mayListen = true, ...rest } = settings;
	const { runtime = true, allowDualExport: _allowed, ...exporterOptions } = rest;
	const address = metricsAddress(settings);

	const target = exporters.includes("otlp") ? otlpTarget("metrics") : undefined;
	const readers = [
		...(target === undefined ? [] : [otlpReader(target, report)]),
		...(exporters.includes("console") ? [consoleReader()] : []),
	];
	const prometheus = exporters.includes("prometheus")
		? prometheusExporter({ registry: new Registry(), ...exporterOptions, resource: publicResource(resource) })
		: undefined;
	const provider = providerFrom(prometheus, readers, resource, target !== undefined);
	const measured = runtime && exporters.length > 0 ? runtimeMetrics(instrumentations) : undefined;
	let served: ServedMetrics | undefined;

	return {
		metrics:
			prometheus === undefined
				? unscrapedMetrics(exporters, reasonOf(exporters))
				: scraped(prometheus, exporters, () => served),
		readers: provider === undefined ? readers : [],
		instrumentations: measured === undefined ? [] : [measured],
		pushes: readers.length > 0,
		register() {
			if (provider !== undefined) api.setGlobalMeterProvider(provider);
		},
		listen() {
			if (prometheus === undefined || !mayListen) return;
			const wrong = wrongPort();
			if (wrong !== undefined) {
				warn(
					"FOOTLIGHT_OPTION",
					`OTEL_EXPORTER_PROMETHEUS_PORT=${wrong} is no port; ${address.port} is taken instead.`,
				);
			}
			served = serveMetrics(prometheus, address);
		},
		async flush() {
			await Promise.allSettled(readers.map((reader) => reader.forceFlush()));
		},
		async shutdown() {
			measured?.disable();
			// Readers given to NodeSDK are shut down by it.
			if (provider !== undefined) await Promise.allSettled(readers.map((reader) => reader.shutdown()));
			// A server that is about to listen is not known to the exporter yet.
			await served?.ready;
			await prometheus?.shutdown();
		},
		describe: () => ({
			...{ exporters, endpoint: target?.url, protocol: target?.protocol, url: served?.url, problem: served?.problem },
		}),
	};
}

/** The command line is for whoever may see traces; a port with metrics is open to more people. */
function publicResource({ attributes }: Resource): Pick<Resource, "attributes"> {
	const { "process.command_args": _args, "process.command": _command, ...shown } = attributes;
	return { attributes: shown };
}

/** The provider to be registered; undefined where NodeSDK makes it. */
function providerFrom(
	prometheus: PrometheusExporter | undefined,
	readers: IMetricReader[],
	resource: Resource,
	marked: boolean,
): MeterProvider | undefined {
	if (prometheus === undefined || readers.length === 0) return prometheus?.meterProvider;
	const views = marked ? [markPushed] : [];
	return pairedProvider(prometheus.meterProvider, new SdkMeterProvider({ resource, readers, views }));
}

/** Series that are sent beside those that are scraped can be told by a label, and left out of sums. */
const markPushed: ViewOptions = {
	instrumentName: "*",
	attributesProcessors: [{ process: (attributes) => ({ ...attributes, telemetry_path: "otlp" }) }],
};

function scraped(
	{ registry, handler, fetchHandler }: PrometheusExporter,
	exporters: readonly string[],
	served: () => ServedMetrics | undefined,
): TelemetryMetrics {
	return {
		...{ exporters, registry, handler, fetchHandler },
		get url() {
			return served()?.url;
		},
		get ready() {
			return served()?.ready ?? Promise.resolve(undefined);
		},
	};
}

function reasonOf(exporters: readonly string[]): string {
	return exporters.length === 0 ? "metrics are off" : `metrics go to ${exporters.join(" and ")} only`;
}

function warnOfForeignProvider(): void {
	const foreign = registeredMeterProvider();
	if (foreign === undefined) return;
	warn(
		"FOOTLIGHT_FOREIGN_PROVIDER",
		`another meter provider (${foreign.constructor.name}) is registered already and keeps getting the metrics; ` +
			"startTelemetry() must run first to serve them.",
	);
}
