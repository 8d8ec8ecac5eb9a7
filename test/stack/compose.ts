import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { root } from "../../scripts/command.ts";

/** A service of the compose file, as far as tests look at it. */
export interface Service {
	readonly image?: string;
	readonly build?: string | { readonly context: string; readonly dockerfile: string };
	readonly profiles?: readonly string[];
	readonly ports?: readonly string[];
	readonly volumes?: readonly string[];
	readonly environment?: Readonly<Record<string, string>>;
	readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
	readonly healthcheck?: { readonly test: readonly string[]; readonly interval: string };
	readonly mem_limit?: string;
}

/** Reads a YAML file of the workspace, anchors and merges resolved. */
export function readYaml<T>(path: string): T {
	return parse(readFileSync(join(root, path), "utf8"), { strict: true, merge: true }) as T;
}

export const compose: { readonly name: string; readonly services: Readonly<Record<string, Service>> } =
	readYaml("docker-compose.yml");
