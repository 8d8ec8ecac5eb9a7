// Starts and stops the stack of docker-compose.yml, the demo in it: `npm run stack -- up --profile logs --profile scale`.
// Where Docker cannot do it, `npm run stack` runs the same chain on loopback, in the foreground, all but Grafana.
// Exit codes: 0 done, 1 it did not start or did not stay, 2 wrong usage, 69 nothing to do it with; else that of Docker.
import { readArguments } from "./arguments.ts";
import { troubleWithDocker } from "./docker.ts";
import { inContainers } from "./in-containers.ts";
import { findPrograms } from "./programs.ts";
import { withoutDocker } from "./without-docker.ts";

const done = 0;
const failed = 1;
const wrongUsage = 2;
const unavailable = 69;

const usage = `The demo, Jaeger, Prometheus and Grafana on this machine; dashboards/README.md says more.

Usage: npm run stack -- [command] [options]

  up      build the demo and start all of it in Docker; without Docker all but Grafana, until Ctrl-C (the default)
  down    stop all of it
  status  what runs
  logs    what it writes

  --profile logs|scale   what \`up\` starts beside that; may be repeated

Other options go to Docker Compose.`;

try {
	process.exitCode = await stack(process.argv.slice(2));
} catch (error) {
	const message = error instanceof Error ? error.message : String(error);
	console.error(/^stack: /m.test(message) ? message : `stack: ${message}`);
	process.exitCode = failed;
}

async function stack(parameters: readonly string[]): Promise<number> {
	if (["--help", "-h", "help"].includes(parameters[0] ?? "")) {
		console.log(usage);
		return done;
	}
	const asked = readArguments(parameters);
	if (typeof asked === "string") {
		console.error(asked);
		return wrongUsage;
	}
	const trouble = troubleWithDocker();
	if (trouble === undefined) return inContainers(asked);

	console.error(`stack: ${trouble}\n`);
	if (asked.command !== "up" || asked.profiles.length > 0 || asked.rest.length > 0) {
		console.error(
			"Without Docker there is `npm run stack` alone, which runs Jaeger, Prometheus and the demo until Ctrl-C: no command but `up`, no profiles, no options of Compose.",
		);
		return unavailable;
	}
	const programs = await findPrograms();
	if (typeof programs === "string") {
		console.error(`Without Docker the stack takes Jaeger 2 and Prometheus from the PATH, or builds them with Go. Here there is ${programs}.
The examples run without either: \`npm start\` draws every run in the terminal.`);
		return unavailable;
	}
	return withoutDocker(programs);
}
