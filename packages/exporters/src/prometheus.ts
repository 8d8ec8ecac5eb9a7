import type { IncomingMessage, ServerResponse } from "node:http";
import { knownOptions, milliseconds, optionalBoolean, positiveInteger, refuse } from "@footlight/core/option";
import type { Attributes } from "@opentelemetry/api";
import { Collector } from "./prometheus/collector.ts";
import { chooseFormat, contentTypes } from "./prometheus/content-type.ts";
import { expose } from "./prometheus/exposition.ts";
import { FamilyTable } from "./prometheus/family-table.ts";
import { answer, type Exposition, questionFrom, send } from "./prometheus/http.ts";
import { labelName, labelsOf } from "./prometheus/labels.ts";
import { meterProvider, type PrometheusMeterProvider } from "./prometheus/meter-provider.ts";
import { targetInfo } from "./prometheus/metric-family.ts";
import { metricName, type NamedKind } from "./prometheus/metric-name.ts";
import { type ListenOptions, listen, type MetricsServer } from "./prometheus/metrics-server.ts";
import { type PrometheusRegistry, registryFrom } from "./prometheus/registry.ts";
import { type MetricView, viewsFrom } from "./prometheus/view.ts";

/** What {@link prometheusExporter} exports, and how. */
export interface PrometheusExporterOptions<Registry extends PrometheusRegistry = PrometheusRegistry> {
	/** Where metrics are registered, beside the application's own. @default a new `Registry` of prom-client */
	readonly registry?: Registry;
	/** A `Resource` of an SDK, or anything with attributes: the labels of `target_info`. */
	readonly resource?: { readonly attributes: Attributes };
	/** Whether series carry `otel_scope_name` and its like; without them, scopes that make the same instrument share it. @default true */
	readonly scopeLabels?: boolean;
	/** Most series of one instrument, the overflow included, which takes what is beyond. @default 2000 */
	readonly cardinalityLimit?: number;
	/** Other names, buckets and attributes for instruments. */
	readonly views?: readonly MetricView[];
	/** Whether counters and buckets keep the last sampled span that was recorded in, for OpenMetrics. @default true */
	readonly exemplars?: boolean;
	/** Longest a scrape waits for the callbacks of observable instruments. @default 2000 */
	readonly callbackTimeoutMs?: number;
}

/** Metrics for Prometheus: what records them, and what hands them out. */
export interface PrometheusExporter<Registry extends PrometheusRegistry = PrometheusRegistry> {
	/** For `metrics.setGlobalMeterProvider`, and for whatever takes a provider. */
	readonly meterProvider: PrometheusMeterProvider;
	/** The exporter's metrics leave it at `shutdown()`; what its own `clear()` took out is back with the next scrape. */
	readonly registry: Registry;
	/** Renders all metrics of the registry, in the format that an `Accept` header asks for. */
	metrics(accept?: string): Promise<Exposition>;
	/** Answers a scrape on a server of Node, Express and their like. */
	readonly handler: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
	/** Answers a scrape on a server that takes `Request` and gives `Response`. */
	readonly fetchHandler: (request: Request) => Promise<Response>;
	/** Serves metrics on a port of their own, which never keeps the process alive. Rejects once it is shut down. */
	listen(options?: ListenOptions): Promise<MetricsServer>;
	/** Closes the servers, takes the metrics out of the registry, and ends recording. */
	shutdown(): Promise<void>;
}

const where = "prometheusExporter";
/** Registries that have an exporter. */
const exporting = new WeakSet<PrometheusRegistry>();

const optionNames = [
	"registry",
	"resource",
	"scopeLabels",
	"cardinalityLimit",
	"views",
	"exemplars",
	"callbackTimeoutMs",
];

/**
 * Makes a `MeterProvider` whose metrics Prometheus scrapes, named as the OpenTelemetry specification says.
 *
 * They stand in a `Registry` of prom-client beside the application's own, which renders them as text or, where the
 * scraper asks, as OpenMetrics with exemplars. Recording never throws; what is left out is counted in
 * `pipeline_telemetry_dropped_total`.
 *
 * **Throws** TypeError or RangeError, when it is made, for an option it cannot take; Error where prom-client is missing,
 * and where the registry has another exporter.
 *
 * @example
 * import { prometheusExporter } from "@footlight/exporters/prometheus";
 *
 * const prometheus = prometheusExporter({ resource: { attributes: { "service.name": "docs-qa" } } });
 * const requests = prometheus.meterProvider.getMeter("docs-qa").createCounter("http.requests", { unit: "{request}" });
 * requests.add(1, { "http.route": "/ask" });
 *
 * const { body } = await prometheus.metrics();
 * body.includes('http_requests_total{http_route="/ask",otel_scope_name="docs-qa"} 1'); // => true
 */
export function prometheusExporter<Registry extends PrometheusRegistry = PrometheusRegistry>(
	options: PrometheusExporterOptions<Registry> = {},
): PrometheusExporter<Registry> {
	const { registry, resource, findView, limit, exemplars, scopeLabels, callbackTimeoutMs } = checked(options);
	if (exporting.has(registry)) {
		throw new Error(`${where}: the registry has an exporter already; use that one, or shut it down first`);
	}
	const collector = new Collector(callbackTimeoutMs);
	const families = new FamilyTable(registry, () => collector.collect());
	const { provider, close } = meterProvider({ families, collector, findView, limit, exemplars, scopeLabels, shutdown });
	const target = targetInfo(() => labelsOf(resource?.attributes ?? {}, {}));
	const servers = new Set<MetricsServer>();
	let closed = false;
	restore();
	exporting.add(registry);

	/** Registers what is not in the registry, or no longer: `clear()` of prom-client takes out all there is. */
	function restore(): void {
		families.restore();
		if (closed || resource === undefined || registry.getSingleMetric(target.name) !== undefined) return;
		registry.registerMetric(target as never);
	}

	async function metrics(accept?: string): Promise<Exposition> {
		const format = chooseFormat(accept);
		await collector.collect();
		restore();
		return { contentType: contentTypes[format], body: await expose(registry, format) };
	}

	async function handler(request: IncomingMessage, response: ServerResponse): Promise<void> {
		send(request.method, response, await answer(questionFrom(request), metrics));
	}

	async function fetchHandler({ method, headers }: Request): Promise<Response> {
		const accept = headers.get("accept") ?? undefined;
		const acceptEncoding = headers.get("accept-encoding") ?? undefined;
		const answered = await answer({ method, accept, acceptEncoding }, metrics);
		return new Response(method === "HEAD" ? null : answered.body, {
			status: answered.status,
			headers: answered.headers,
		});
	}

	async function shutdown(): Promise<void> {
		// Another one may stand there by the time of a second call.
		if (!closed) exporting.delete(registry);
		closed = true;
		close();
		collector.close();
		families.close();
		if (registry.getSingleMetric(target.name) === target) registry.removeSingleMetric(target.name);
		await Promise.all([...servers].map((server) => server.close()));
		servers.clear();
	}

	return {
		meterProvider: provider,
		registry,
		metrics,
		handler,
		fetchHandler,
		async listen(options) {
			const server = closed ? undefined : await listen(options, handler);
			// It may have been shut down while the port was opened, too.
			if (closed || server === undefined) {
				await server?.close();
				throw new Error(`${where}: cannot listen: the exporter has been shut down; make another`);
			}
			servers.add(server);
			return server;
		},
		shutdown,
	};
}

function checked<Registry extends PrometheusRegistry>(options: PrometheusExporterOptions<Registry>) {
	knownOptions(where, options, optionNames);
	const { resource, scopeLabels = true, cardinalityLimit = 2_000, views = [] } = options;
	const { exemplars = true, callbackTimeoutMs = 2_000 } = options;
	optionalBoolean(`${where}: scopeLabels`, scopeLabels);
	optionalBoolean(`${where}: exemplars`, exemplars);
	if (resource !== undefined && (typeof resource?.attributes !== "object" || resource.attributes === null)) {
		refuse(TypeError, `${where}: resource`, "an object with attributes", resource);
	}
	return {
		resource,
		scopeLabels,
		exemplars,
		limit: positiveInteger(`${where}: cardinalityLimit`, cardinalityLimit),
		findView: viewsFrom(`${where}: views`, views),
		callbackTimeoutMs: milliseconds(`${where}: callbackTimeoutMs`, callbackTimeoutMs),
		registry: registryFrom(where, options.registry) as Registry,
	};
}

export type {
	Exposition,
	ListenOptions,
	MetricsServer,
	MetricView,
	NamedKind,
	PrometheusMeterProvider,
	PrometheusRegistry,
};
export { labelName, metricName };
