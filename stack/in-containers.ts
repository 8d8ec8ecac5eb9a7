import type { Arguments } from "./arguments.ts";
import { docker } from "./docker.ts";
import { lineFor, places } from "./places.ts";
import { profiles } from "./profiles.ts";

/** What Docker Compose is asked for each command. */
const composeCommands = {
	// The demo's image is made of the checkout, and follows it.
	up: ["up", "--build", "--detach", "--wait"],
	down: ["down", "--remove-orphans"],
	status: ["ps"],
	logs: ["logs", "--follow"],
} as const satisfies Record<Arguments["command"], readonly string[]>;

/** Has Docker Compose do what the command line asks for; gives its exit code. */
export function inContainers({ command, profiles: chosen, rest }: Arguments): number {
	// What was started with a profile is seen, and stopped, without naming it again.
	const named = command === "up" ? chosen : ["*"];
	const settings = command === "up" ? Object.assign({}, ...chosen.map((name) => profiles[name])) : {};
	const args = ["compose", ...named.flatMap((name) => ["--profile", name]), ...composeCommands[command]];
	const { status, signal } = docker([...args, ...rest], { stdio: "inherit", env: settings });
	if (signal !== null) return 0; // Ctrl-C is how one leaves the logs.
	if (status !== 0) {
		console.error(
			"stack: docker compose failed; `npm run stack -- logs` tells more, and docker-compose.yml names the ports that must be free",
		);
		return status ?? 1;
	}
	if (command === "up") tellPlaces(chosen);
	return 0;
}

/** The ports as Docker has published them: a .env file may have moved them without our knowledge. */
function tellPlaces(chosen: readonly string[]): void {
	for (const place of places) {
		if (place.profile !== undefined && !chosen.includes(place.profile)) continue;
		const address = docker(["compose", "port", place.service, String(place.port)]).stdout.trim();
		if (address !== "") console.log(lineFor(place, address));
	}
}
