import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { root } from "../scripts/command.ts";
import { majorOf, type PrometheusProgram } from "./programs.ts";
import { type Service, startService } from "./service.ts";

/** What the stack's Prometheus reads in its container. */
export const prometheusConfigFile: string = join(root, "dashboards/provisioning/prometheus.yaml");

/** Where the services of the compose file are on loopback: `demo:9464` -> `127.0.0.1:40001`. */
export type Addresses = Readonly<Record<string, string>>;

/** An application under work on the host, as containers see it. */
export const applicationOnHost = "host.docker.internal:9464";

interface PrometheusConfig {
	global: Record<string, string>;
	scrape_configs: { job_name: string; static_configs?: { targets: string[] }[]; dns_sd_configs?: unknown }[];
	rule_files?: string[];
	otlp?: unknown;
	storage?: unknown;
}

export interface Differences {
	/** Where the services are; undefined for containers, which find each other by name. */
	readonly addresses: Addresses | undefined;
	readonly version: string;
	/** @default as the file says */
	readonly scrapeIntervalMs?: number | undefined;
}

/**
 * The stack's own configuration with what differs from the containers, or from what one works with. Jobs that look at nothing
 * that has an address are left out, for containers the one that looks at the host, and for a Prometheus before 3 what it does
 * not know.
 */
export function prometheusConfig(
	text: string,
	{ addresses, version, scrapeIntervalMs }: Differences,
): PrometheusConfig {
	const { otlp, storage, rule_files = [], ...config } = parse(text) as PrometheusConfig;
	const global = { ...config.global, ...(scrapeIntervalMs !== undefined && everyMs(scrapeIntervalMs, version)) };
	if (addresses === undefined) {
		const scrape_configs = config.scrape_configs.filter(
			({ static_configs = [] }) => !static_configs.some(({ targets }) => targets.includes(applicationOnHost)),
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

/** Older and newer not at the same moment: what a process tells of the time since it was last asked, it tells one of two. */
function everyMs(scrapeIntervalMs: number, version: string) {
	const interval = `${scrapeIntervalMs + (majorOf(version) >= 3 ? 0 : 100)}ms`;
	return { scrape_interval: interval, scrape_timeout: interval };
}

export interface PrometheusOptions {
	readonly program: PrometheusProgram;
	readonly port: number;
	readonly folder: string;
	readonly addresses: Addresses;
	readonly scrapeIntervalMs?: number | undefined;
}

/** Starts a Prometheus as the stack has it, on loopback. */
export async function startPrometheus(options: PrometheusOptions): Promise<Service> {
	const { program, port, folder, addresses, scrapeIntervalMs } = options;
	const text = readFileSync(prometheusConfigFile, "utf8");
	const config = prometheusConfig(text, { addresses, version: program.version, scrapeIntervalMs });
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
