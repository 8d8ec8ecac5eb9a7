import { join } from "node:path";
import { root } from "../../scripts/command.ts";
import type { Program } from "../../stack/programs.ts";
import { freePorts, type Service, startService } from "../../stack/service.ts";

/** What the stack's Loki reads in its container. */
export const lokiConfigFile: string = join(root, "dashboards/provisioning/loki/loki.yaml");

/** Where a Loki says whether it is ready. */
export function readyUrlOf(url: string): string {
	return `${url}/ready`;
}

export interface LokiOptions {
	readonly program: Program;
	readonly folder: string;
}

/** Starts a Loki as the stack has it, on loopback: with the stack's own file, and parameters, which come before it. */
export async function startLoki({ program, folder }: LokiOptions): Promise<Service & { readonly url: string }> {
	const [http = 0, grpc = 0] = await freePorts(2);
	const data = join(folder, "loki");
	const url = `http://127.0.0.1:${http}`;
	const service = await startService({
		name: `Loki ${program.version}`,
		command: program.path,
		args: [
			`-config.file=${lokiConfigFile}`,
			...["-server.http-listen-address=127.0.0.1", `-server.http-listen-port=${http}`],
			...["-server.grpc-listen-address=127.0.0.1", `-server.grpc-listen-port=${grpc}`],
			...[`-common.path-prefix=${data}`, `-common.storage.filesystem.chunk-directory=${join(data, "chunks")}`],
			...[`-common.storage.filesystem.rules-directory=${join(data, "rules")}`],
			`-compactor.working-directory=${join(data, "compactor")}`,
			// It is alone, and has nobody to wait for.
			"-ingester.min-ready-duration=0s",
		],
		readyUrl: readyUrlOf(url),
	});
	return { ...service, url };
}
