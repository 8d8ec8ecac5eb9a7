import { readYaml } from "../../stack/compose.ts";
import type { Program } from "../../stack/programs.ts";
import { freePorts } from "../../stack/service.ts";
import { configOf, startCollector } from "./collector.ts";
import { startLoki } from "./loki.ts";

/** What the profile `logs` adds: Loki, and a collector that takes all three signals. */
export interface LogsTier {
	/** Where applications send everything, as OTEL_EXPORTER_OTLP_ENDPOINT takes it. */
	readonly otlpUrl: string;
	readonly lokiUrl: string;
	/** Ends the collector, which first delivers what it has: nothing more comes after it. */
	drain(): Promise<void>;
	stop(): Promise<void>;
}

export interface LogsTierOptions {
	readonly loki: Program;
	readonly collector: Program;
	readonly jaegerOtlpUrl: string;
	readonly prometheusUrl: string;
	readonly folder: string;
}

/** Starts what the profile `logs` adds as it has it, on loopback. */
export async function startLogsTier(options: LogsTierOptions): Promise<LogsTier> {
	const { jaegerOtlpUrl, prometheusUrl, folder } = options;
	const [http = 0, grpc = 0, healthPort = 0] = await freePorts(3);
	const at = (port: number) => ({ endpoint: `127.0.0.1:${port}` });

	await using started = new AsyncDisposableStack();
	const loki = await startLoki({ program: options.loki, folder });
	started.defer(async () => void (await loki.stop()));
	const collector = await startCollector({
		...{ program: options.collector, folder, name: "signals", healthPort },
		differences: {
			receivers: { otlp: { protocols: { grpc: at(grpc), http: at(http) } } },
			exporters: exportersAt({ jaeger: jaegerOtlpUrl, prometheus: prometheusUrl, loki: loki.url }),
		},
	});
	const drain = async () => void (await collector.stop());
	started.defer(drain);
	const ends = started.move();
	return { otlpUrl: `http://127.0.0.1:${http}`, lokiUrl: loki.url, drain, stop: () => ends.disposeAsync() };
}

/** The exporters of the collector's own file at other addresses, so that the paths in that file are what is proven. */
function exportersAt(urls: Readonly<Record<string, string>>): object {
	const { exporters } = readYaml<{ exporters: Record<string, { endpoint: string }> }>(configOf("signals"));
	const moved = Object.entries(exporters).map(([name, { endpoint }]) => {
		const { hostname, pathname } = new URL(endpoint);
		return [name, { endpoint: `${urls[hostname]}${pathname === "/" ? "" : pathname}` }];
	});
	return Object.fromEntries(moved);
}
