import type { IncomingMessage, ServerResponse } from "node:http";
import type { PrometheusRegistry } from "@footlight/exporters/prometheus";

/** Metrics of running telemetry. All of it is there in every mode, so that code need not ask for the mode. */
export interface TelemetryMetrics {
	/** As OTEL_METRICS_EXPORTER says; empty where it is `none`. */
	readonly exporters: readonly string[];
	/** Where Prometheus scrapes; undefined until the port is open, and where none is. */
	readonly url: string | undefined;
	/** Resolves to the url once it is known; to undefined where none will be. Never rejects. */
	readonly ready: Promise<string | undefined>;
	/** What is scraped; undefined where the exporter is not `prometheus`. */
	readonly registry: PrometheusRegistry | undefined;
	/** Answers a scrape on a server of Node, Express and their like; with 404 where the exporter is not `prometheus`. */
	readonly handler: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
	/** Answers a scrape on a server that takes `Request` and gives `Response`; with 404 as above. */
	readonly fetchHandler: (request: Request) => Promise<Response>;
}

/** Metrics that nobody can scrape. */
export function unscrapedMetrics(exporters: readonly string[], reason: string): TelemetryMetrics {
	const text = `There is nothing to scrape: ${reason}.\n`;
	const headers = { "content-type": "text/plain; charset=utf-8" };
	return {
		exporters,
		url: undefined,
		ready: Promise.resolve(undefined),
		registry: undefined,
		async handler(_request, response) {
			response.writeHead(404, headers).end(text);
		},
		fetchHandler: async () => new Response(text, { status: 404, headers }),
	};
}
