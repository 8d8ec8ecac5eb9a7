import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import { root } from "../scripts/command.ts";
import type { Place } from "./places.ts";

/** A service of the compose file, as far as it is looked at here. */
export interface ComposeService {
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

/** Reads a YAML file, by its path in the workspace, anchors and merges resolved. */
export function readYaml<T>(path: string): T {
	return parse(readFileSync(resolve(root, path), "utf8"), { strict: true, merge: true }) as T;
}

export const compose: { readonly name: string; readonly services: Readonly<Record<string, ComposeService>> } =
	readYaml("docker-compose.yml");

/** A port as the compose file publishes it: the variable that moves it, and where it is with these settings. */
export function publishedPort(
	{ service, port: within }: Pick<Place, "service" | "port">,
	settings: NodeJS.ProcessEnv,
): { readonly variable: string; readonly port: number } {
	const published = compose.services[service]?.ports?.find((port) => port.endsWith(`:${within}`)) ?? "";
	const { variable = "", usual } = /\$\{(?<variable>[A-Z_]+):-(?<usual>\d+)\}/.exec(published)?.groups ?? {};
	const chosen = settings[variable] || usual;
	const port = /^\d+$/.test(chosen ?? "") ? Number(chosen) : 0;
	if (port < 1 || port > 65_535) {
		throw new RangeError(`stack: ${variable} must be a port, a whole number from 1 to 65535, got ${chosen}`);
	}
	return { variable, port };
}
