import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { root } from "../scripts/command.ts";
import type { Program } from "./programs.ts";
import { type Service, startService } from "./service.ts";

/** What the stack's Jaeger reads in its container. */
export const jaegerConfigFile: string = join(root, "dashboards/provisioning/jaeger/jaeger.yaml");

export interface JaegerPorts {
	readonly http: number;
	readonly grpc: number;
	readonly otlpHttp: number;
	readonly otlpGrpc: number;
	readonly health: number;
	readonly ownMetrics: number;
	readonly spanMetrics: number;
}

/** What differs from the container: addresses, and where its files are. Jaeger merges this into the stack's own file. */
function jaegerOverrides(ports: JaegerPorts, prometheusUrl: string): object {
	const at = (port: number) => ({ endpoint: `127.0.0.1:${port}` });
	const reader = { pull: { exporter: { prometheus: { host: "127.0.0.1", port: ports.ownMetrics } } } };
	return {
		service: { telemetry: { metrics: { readers: [reader] } } },
		extensions: {
			healthcheckv2: { http: at(ports.health) },
			jaeger_query: {
				http: at(ports.http),
				grpc: at(ports.grpc),
				ui: { config_file: join(root, "dashboards/provisioning/jaeger/ui.json") },
			},
			jaeger_storage: { metric_backends: { prometheus: { prometheus: { endpoint: prometheusUrl } } } },
		},
		receivers: { otlp: { protocols: { grpc: at(ports.otlpGrpc), http: at(ports.otlpHttp) } } },
		exporters: { prometheus: at(ports.spanMetrics) },
	};
}

export interface JaegerOptions {
	readonly program: Program;
	readonly ports: JaegerPorts;
	readonly folder: string;
	/** The Prometheus that it asks for what its Monitor tab shows. */
	readonly prometheusUrl: string;
}

/** Starts a Jaeger as the stack has it, on loopback. */
export async function startJaeger({ program, ports, folder, prometheusUrl }: JaegerOptions): Promise<Service> {
	const overrides = join(folder, "jaeger.yaml");
	await writeFile(overrides, stringify(jaegerOverrides(ports, prometheusUrl)));
	return startService({
		name: `Jaeger ${program.version}`,
		command: program.path,
		args: [`--config=${jaegerConfigFile}`, `--config=${overrides}`],
		readyUrl: `http://127.0.0.1:${ports.health}/status`,
	});
}
