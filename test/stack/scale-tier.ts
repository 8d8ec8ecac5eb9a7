import type { Program } from "../../stack/programs.ts";
import { freePorts } from "../../stack/service.ts";
import { startCollector } from "./collector.ts";

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
	const ports = await freePorts(6);
	const [toBalancer = 0, grpc = 0, toSampler = 0, spanMetrics = 0, balancerHealth = 0, samplerHealth = 0] = ports;
	const at = (port: number) => ({ endpoint: `127.0.0.1:${port}` });

	await using started = new AsyncDisposableStack();
	const sampler = await startCollector({
		...{ program, folder, name: "sampler", healthPort: samplerHealth },
		differences: {
			receivers: { otlp: { protocols: { grpc: at(toSampler) } } },
			exporters: { prometheus: at(spanMetrics), "otlphttp/jaeger": { endpoint: jaegerOtlpUrl } },
		},
	});
	started.defer(async () => void (await sampler.stop()));
	const balancer = await startCollector({
		...{ program, folder, name: "balancer", healthPort: balancerHealth },
		differences: {
			receivers: { otlp: { protocols: { grpc: at(grpc), http: at(toBalancer) } } },
			exporters: { loadbalancing: { resolver: { dns: { hostname: "127.0.0.1", port: String(toSampler) } } } },
		},
	});
	started.defer(async () => void (await balancer.stop()));
	const ends = started.move();
	return {
		otlpUrl: `http://127.0.0.1:${toBalancer}`,
		spanMetricsUrl: `http://127.0.0.1:${spanMetrics}/metrics`,
		stop: () => ends.disposeAsync(),
	};
}
