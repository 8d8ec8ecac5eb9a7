import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { root } from "../scripts/command.ts";

/** A service of the compose file, as far as tests look at it. */
export interface Service {
	readonly image?: string;
	readonly build?: string | { readonly context: string; readonly dockerfile: string };
	readonly profiles?: readonly string[];
	readonly ports?: readonly string[];
	readonly volumes?: readonly string[];
	readonly tmpfs?: readonly string[];
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

/** A port as the compose file publishes it: the variable that moves it, and where it is with these settings. */
export function publishedPort(opened: string, settings: NodeJS.ProcessEnv): { variable: string; port: number } {
	const [service = "", within] = opened.split(":");
	const published = compose.services[service]?.ports?.find((port) => port.endsWith(`:${within}`)) ?? "";
	const { variable = "", usual } = /\$\{(?<variable>[A-Z_]+):-(?<usual>\d+)\}/.exec(published)?.groups ?? {};
	const chosen = settings[variable] || usual;
	const port = Number(chosen);
	if (!Number.isInteger(port) || port < 1 || port > 65_535) {
		throw new RangeError(`stack: ${variable} must be a port, a whole number from 1 to 65535, got ${chosen}`);
	}
	return { variable, port };
}
