import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { circuitBreaker, footlight, retry } from "@footlight/core";
import { startTelemetry } from "@footlight/otel";

/** An application under real telemetry: a stage with a breaker and a retry, which fails every third time. */
export interface App {
	/** Host and port of its /metrics. */
	readonly target: string;
	/** What it serves now. */
	metrics(): Promise<string>;
	work(): Promise<void>;
	close(): Promise<void>;
}

/** Starts it in this process; metrics alone leave it. */
export async function startApp(): Promise<App> {
	process.env.OTEL_TRACES_EXPORTER = "none";
	process.env.OTEL_LOGS_EXPORTER = "none";
	process.env.OTEL_EXPORTER_PROMETHEUS_PORT = "0";
	const telemetry = startTelemetry({ serviceName: "docs-qa", logger: false });
	await telemetry.metrics.ready;
	const url = telemetry.describe().metrics.url ?? "";
	const light = footlight("docs-qa");
	let calls = 0;
	const load = light.stage(
		"load",
		async () => {
			if (++calls % 3 === 0) throw Object.assign(new Error("unavailable"), { status: 503 });
			return "a page";
		},
		{ use: [circuitBreaker({ name: "pages" }), retry({ maxAttempts: 2, initialDelayMs: 1 })] },
	);
	return {
		target: new URL(url).host,
		metrics: async () => (await fetch(url)).text(),
		async work() {
			for (let run = 0; run < 6; run++) await light.run({ userId: "ann" }, () => load());
		},
		close: () => telemetry.shutdown(),
	};
}

/** Serves the metrics of an application as another exporter would name them. */
export async function renaming(app: App, rename: (text: string) => string): Promise<{ target: string; close(): void }> {
	const server = createServer(async (_, response) => {
		response.setHeader("content-type", "text/plain; version=0.0.4").end(rename(await app.metrics()));
	});
	await once(server.listen(0, "127.0.0.1"), "listening");
	return { target: `127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => void server.close() };
}
