import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { root } from "../../scripts/command.ts";
import type { Program } from "../../stack/programs.ts";
import { freePorts, startService } from "../../stack/service.ts";

/** What the collectors of the compose file read in their containers. */
export const collectorConfigFiles: readonly string[] = ["signals", "balancer", "sampler"].map((name) => configOf(name));

function configOf(name: string): string {
	return join(root, `dashboards/provisioning/collector/${name}.yaml`);
}

/** Both tiers of the profile `scale`, with one collector in the second. */
export interface ScaleTier {
	/** Where applications send traces, as OTEL_EXPORTER_OTLP_ENDPOINT takes it. */
	readonly otlpUrl: string;
	/** Where the spans that the second tier has counted can be scraped. */
	readonly spanMetricsUrl: string;
	stop(): Promise<void>;
}

export interface ScaleTierOptions {
	readonly program: Program;
	/** The Jaeger that gets what is kept. */
	readonly jaegerOtlpUrl: string;
	readonly folder: string;
}

/** Starts the collectors as the profile `scale` has them, on loopback. */
export async function startScaleTier({ program, jaegerOtlpUrl, folder }: ScaleTierOptions): Promise<ScaleTier> {
	const ports = await freePorts(7);
	const [toBalancer = 0, grpc = 0, toSampler = 0, spanMetrics = 0, balancerHealth = 0, samplerHealth = 0] = ports;
	const at = (port: number) => ({ endpoint: `127.0.0.1:${port}` });

	/** The collector merges what differs from the container into the stack's own file. */
	async function start(name: string, healthPort: number, differences: object) {
		const file = join(folder, `${name}.yaml`);
		const extensions = { health_check: at(healthPort) };
		// The collectors' own metrics are on one port by default, and nobody scrapes them here.
		const service = { telemetry: { metrics: { level: "none" } } };
		await writeFile(file, stringify({ ...differences, extensions, service }));
		return startService({
			name: `the ${name}, collector ${program.version}`,
			command: program.path,
			args: [`--config=${configOf(name)}`, `--config=${file}`],
			readyUrl: `http://127.0.0.1:${healthPort}/`,
		});
	}

	await using started = new AsyncDisposableStack();
	const sampler = await start("sampler", samplerHealth, {
		receivers: { otlp: { protocols: { grpc: at(toSampler) } } },
		exporters: { prometheus: at(spanMetrics), "otlphttp/jaeger": { endpoint: jaegerOtlpUrl } },
	});
	started.defer(async () => void (await sampler.stop()));
	const balancer = await start("balancer", balancerHealth, {
		receivers: { otlp: { protocols: { grpc: at(grpc), http: at(toBalancer) } } },
		exporters: { loadbalancing: { resolver: { dns: { hostname: "127.0.0.1", port: String(toSampler) } } } },
	});
	started.defer(async () => void (await balancer.stop()));
	const ends = started.move();
	return {
		otlpUrl: `http://127.0.0.1:${toBalancer}`,
		spanMetricsUrl: `http://127.0.0.1:${spanMetrics}/metrics`,
		stop: () => ends.disposeAsync(),
	};
}
