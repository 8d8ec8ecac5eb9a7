import { isMainThread } from "node:worker_threads";
import { warn } from "@footlight/core";
import type { PrometheusExporter } from "@footlight/exporters/prometheus";
import type { MetricsAddress } from "./metrics-address.ts";
import { findPortHolder } from "./port-holder.ts";

/** Metrics on a port of their own, or on their way there. */
export interface ServedMetrics {
	/** Undefined before it is known, and where nothing is served. */
	readonly url: string | undefined;
	/** What stood in the way, in words. */
	readonly problem: string | undefined;
	/** Resolves once it is known whether metrics are served; never rejects. */
	readonly ready: Promise<string | undefined>;
}

const notServed: ServedMetrics = { url: undefined, problem: undefined, ready: Promise.resolve(undefined) };

/** Somebody who takes connections and says nothing is not waited for longer. */
const askingMs = 500;

const cure =
	"Set OTEL_EXPORTER_PROMETHEUS_PORT to another port (0 is any that is free), or hand telemetry.metrics.handler to a server of your own.";

/**
 * Serves metrics; where the port is taken it says so once, and the application goes on.
 *
 * Threads of the application would fight for the port with it: only the main one listens.
 */
export function serveMetrics(exporter: PrometheusExporter, address: MetricsAddress): ServedMetrics {
	if (!isMainThread) return notServed;
	let url: string | undefined;
	let problem: string | undefined;

	async function listen(): Promise<string | undefined> {
		try {
			({ url } = await exporter.listen(address));
		} catch (error) {
			problem = await problemWith(address, error as NodeJS.ErrnoException);
			warn("FOOTLIGHT_METRICS_NOT_SERVED", `${problem} The application goes on. ${cure}`);
		}
		return url;
	}

	return {
		get url() {
			return url;
		},
		get problem() {
			return problem;
		},
		ready: listen(),
	};
}

async function problemWith(address: MetricsAddress, { code, message }: NodeJS.ErrnoException): Promise<string> {
	if (code !== "EADDRINUSE") return `metrics are not served: ${message}.`;
	const holder = await findPortHolder(address, askingMs);
	const who = holder?.name ?? "another process";
	return `metrics are not served: ${address.host}:${address.port} is taken by ${who}.`;
}
