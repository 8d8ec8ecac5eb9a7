import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { root } from "../scripts/command.ts";
import type { ContainerPort } from "./container-ports.ts";
import type { Program } from "./programs.ts";
import { type Service, startService } from "./service.ts";

/** What the stack's Jaeger reads in its container. */
export const jaegerConfigFile: string = join(root, "dashboards/provisioning/jaeger/jaeger.yaml");

/** What differs from the container: addresses, and where its files are. Jaeger merges this into the stack's own file. */
function jaegerOverrides(at: JaegerOptions["at"]): object {
	const endpoint = (port: ContainerPort) => ({ endpoint: at(port) });
	const [host, port] = at("jaeger:8888").split(":");
	const reader = { pull: { exporter: { prometheus: { host, port: Number(port) } } } };
	return {
		service: { telemetry: { metrics: { readers: [reader] } } },
		extensions: {
			healthcheckv2: { http: endpoint("jaeger:13133") },
			jaeger_query: {
				http: endpoint("jaeger:16686"),
				grpc: endpoint("jaeger:16685"),
				ui: { config_file: join(root, "dashboards/provisioning/jaeger/ui.json") },
			},
			jaeger_storage: {
				metric_backends: { prometheus: { prometheus: { endpoint: `http://${at("prometheus:9090")}` } } },
			},
		},
		receivers: { otlp: { protocols: { grpc: endpoint("jaeger:4317"), http: endpoint("jaeger:4318") } } },
		exporters: { prometheus: endpoint("jaeger:8889") },
	};
}

export interface JaegerOptions {
	readonly program: Program;
	readonly folder: string;
	/** Where on loopback a port of the containers is: its own, and that of the Prometheus which it asks for its Monitor tab. */
	readonly at: (port: ContainerPort) => string;
}

/** Starts a Jaeger as the stack has it, on loopback. */
export async function startJaeger({ program, folder, at }: JaegerOptions): Promise<Service> {
	const overrides = join(folder, "jaeger.yaml");
	await writeFile(overrides, stringify(jaegerOverrides(at)));
	return startService({
		name: `Jaeger ${program.version}`,
		command: program.path,
		args: [`--config=${jaegerConfigFile}`, `--config=${overrides}`],
		readyUrl: `http://${at("jaeger:13133")}/status`,
	});
}
