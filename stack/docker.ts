import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { root } from "../scripts/command.ts";

/** Why Docker cannot run the stack here, and what to do about it; undefined where it can. */
export function troubleWithDocker(): string | undefined {
	const version = docker(["--version"]);
	if (version.error !== undefined || version.status !== 0) {
		return "Docker is not installed, or not on the PATH. Install Docker Engine with its Compose plugin, or Docker Desktop: https://docs.docker.com/get-started/get-docker/";
	}
	if (docker(["compose", "version"]).status !== 0) {
		return "Docker is there, but its Compose plugin is not. Install it: https://docs.docker.com/compose/install/";
	}
	const engine = docker(["info", "--format", "{{.ServerVersion}}"]);
	if (engine.status !== 0) {
		return `the Docker engine does not answer. Start Docker Desktop, or \`sudo systemctl start docker\`, and see that you may use it (\`docker info\`).\n${engine.stderr.trim()}`;
	}
	return undefined;
}

export interface DockerOptions {
	/** @default "pipe" */
	readonly stdio?: "inherit" | "pipe";
	/** Settings for the compose file; those of the user's environment win. */
	readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command of Docker to its end. */
export function docker(
	parameters: readonly string[],
	{ stdio = "pipe", env = {} }: DockerOptions = {},
): SpawnSyncReturns<string> {
	return spawnSync("docker", parameters, { cwd: root, encoding: "utf8", stdio, env: { ...env, ...process.env } });
}
