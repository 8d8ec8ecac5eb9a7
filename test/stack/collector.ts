import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { root } from "../../scripts/command.ts";
import type { Program } from "../../stack/programs.ts";
import { type Service, startService } from "../../stack/service.ts";

const names = ["signals", "balancer", "sampler"] as const;

/** What the collectors of the compose file read in their containers. */
export const collectorConfigFiles: readonly string[] = names.map((name) => configOf(name));

/** What one of them reads. */
export function configOf(name: (typeof names)[number]): string {
	return join(root, `dashboards/provisioning/collector/${name}.yaml`);
}

export interface CollectorOptions {
	readonly program: Program;
	/** The file it reads. */
	readonly name: (typeof names)[number];
	readonly healthPort: number;
	readonly folder: string;
	/** What differs from the container: addresses. The collector merges this into the stack's own file. */
	readonly differences: object;
}

/** Starts a collector as the stack has it, on loopback. */
export async function startCollector(options: CollectorOptions): Promise<Service> {
	const { program, name, healthPort, folder, differences } = options;
	const file = join(folder, `${name}.yaml`);
	const extensions = { health_check: { endpoint: `127.0.0.1:${healthPort}` } };
	// The collectors' own metrics are on one port by default, and nobody scrapes them here.
	const service = { telemetry: { metrics: { level: "none" } } };
	await writeFile(file, stringify({ ...differences, extensions, service }));
	return startService({
		name: `the collector of ${name}.yaml, ${program.version}`,
		command: program.path,
		args: [`--config=${configOf(name)}`, `--config=${file}`],
		readyUrl: `http://127.0.0.1:${healthPort}/`,
	});
}
