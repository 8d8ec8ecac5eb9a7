import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { root } from "../../scripts/command.ts";
import { majorOf, type PrometheusProgram } from "./programs.ts";
import { type Service, startService } from "./service.ts";

/** What the stack's Prometheus reads in its container. */
export const prometheusConfigFile: string = join(root, "dashboards/provisioning/prometheus.yaml");

/** Where the services of the compose file are in this test: `demo:9464` -> `127.0.0.1:40001`. */
export type Addresses = Readonly<Record<string, string>>;

/** An application under work on the host, as containers see it: in a test there is none. */
const onHost = "host.docker.internal:9464";

/** A breaker is half open for no longer than a few calls take: the containers' five seconds would look past it. */
const scrapeIntervalMs = 500;

interface PrometheusConfig {
	global: Record<string, string>;
	scrape_configs: { job_name: string; static_configs?: { targets: string[] }[]; dns_sd_configs?: unknown }[];
	rule_files?: string[];
	otlp?: unknown;
	storage?: unknown;
}

/**
 * The stack's own configuration, which looks more often: for containers with their own addresses, else with those given. Jobs
 * that look at the host, or at nothing that has an address, are left out, and so is, for a Prometheus before 3, what it does not
 * know.
 */
export function prometheusConfig(text: string, addresses: Addresses | undefined, version: string): PrometheusConfig {
	const { otlp, storage, rule_files = [], ...config } = parse(text) as PrometheusConfig;
	// What a process tells of the time since it was last asked, it tells one of two who ask at the same moment.
	const interval = `${scrapeIntervalMs + (majorOf(version) >= 3 ? 0 : 100)}ms`;
	const global = { ...config.global, scrape_interval: interval, scrape_timeout: interval };
	if (addresses === undefined) {
		const scrape_configs = config.scrape_configs.filter(
			({ static_configs = [] }) => !static_configs.some(({ targets }) => targets.includes(onHost)),
		);
		return { ...config, global, scrape_configs, rule_files, otlp, storage };
	}
	const provisioning = join(root, "dashboards/provisioning");
	return {
		...config,
		global,
		rule_files: rule_files.map((file) => join(provisioning, file)),
		scrape_configs: config.scrape_configs.flatMap(({ dns_sd_configs: _, static_configs = [], ...job }) => {
			const targets = static_configs.flatMap((one) => one.targets).flatMap((target) => addresses[target] ?? []);
			return targets.length === 0 ? [] : [{ ...job, static_configs: [{ targets }] }];
		}),
		...(majorOf(version) >= 3 ? { otlp, storage } : {}),
	};
}

export interface PrometheusOptions {
	readonly program: PrometheusProgram;
	readonly port: number;
	readonly folder: string;
	readonly addresses: Addresses;
}

/** Starts a Prometheus as the stack has it, on loopback. */
export async function startPrometheus({ program, port, folder, addresses }: PrometheusOptions): Promise<Service> {
	const config = prometheusConfig(readFileSync(prometheusConfigFile, "utf8"), addresses, program.version);
	const file = join(folder, `prometheus-${program.version}.yaml`);
	await writeFile(file, stringify(config));
	return startService({
		name: `Prometheus ${program.version}`,
		command: program.path,
		args: [
			...[`--config.file=${file}`, `--storage.tsdb.path=${join(folder, `prometheus-${program.version}`)}`],
			...[`--web.listen-address=127.0.0.1:${port}`, "--enable-feature=exemplar-storage"],
			...(majorOf(program.version) >= 3 ? ["--web.enable-otlp-receiver"] : []),
		],
		readyUrl: `http://127.0.0.1:${port}/-/ready`,
	});
}
