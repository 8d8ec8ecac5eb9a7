import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

interface Point {
	readonly attributes?: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
	readonly asDouble?: number;
	readonly asInt?: number | string;
}

interface Message {
	readonly resourceMetrics: readonly {
		readonly scopeMetrics: readonly {
			readonly metrics: readonly { readonly name: string; readonly sum?: { readonly dataPoints: readonly Point[] } }[];
		}[];
	}[];
}

export interface MetricReceiver {
	/** What OTEL_EXPORTER_OTLP_ENDPOINT takes, with OTEL_EXPORTER_OTLP_PROTOCOL=http/json. */
	readonly url: string;
	/** How many exports of metrics came. */
	exports(): number;
	/** Names of the metrics in the last export. */
	names(): string[];
	/** Points of a counter in the last export: its attributes, and its value. */
	points(name: string): { readonly attributes: Record<string, string | undefined>; readonly value: number }[];
	close(): Promise<void>;
}

/** Takes OTLP/JSON on loopback, and keeps the metrics of the last export. */
export async function startMetricReceiver(): Promise<MetricReceiver> {
	let count = 0;
	let last: Message = { resourceMetrics: [] };
	const server = createServer(async (request, response) => {
		const message = (await json(request)) as Message;
		if (request.url === "/v1/metrics") {
			count++;
			last = message;
		}
		response.writeHead(200, { "content-type": "application/json" }).end("{}");
	}).listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	const metrics = () =>
		last.resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		exports: () => count,
		names: () => metrics().map(({ name }) => name),
		points: (name) =>
			metrics()
				.filter((metric) => metric.name === name)
				.flatMap(({ sum }) => sum?.dataPoints ?? [])
				.map(({ attributes = [], asDouble, asInt }) => ({
					attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue])),
					value: asDouble ?? Number(asInt),
				})),
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}
