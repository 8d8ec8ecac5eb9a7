// Starts and stops the Docker stack of docker-compose.yml, and says what to do where there is no Docker.
// Exit codes: 0 done, 2 wrong usage, 69 no Docker to do it with; else that of Docker itself.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const wrongUsage = 2;
const unavailable = 69;
const root = fileURLToPath(new URL("..", import.meta.url));

const commands = {
	up: ["up", "--detach", "--wait"],
	down: ["down", "--remove-orphans"],
	status: ["ps"],
	logs: ["logs", "--follow"],
} as const satisfies Record<string, readonly string[]>;

const places = [
	["Jaeger", "jaeger", "16686", "http://"],
	["Grafana", "grafana", "3000", "http://"],
	["Prometheus", "prometheus", "9090", "http://"],
	["OTLP/HTTP", "jaeger", "4318", "http://"],
	["OTLP/gRPC", "jaeger", "4317", ""],
] as const;

const without = `The examples run without it: \`npm start\` draws every run in the terminal.
To see traces all the same, run Jaeger's own binary (https://www.jaegertracing.io/download/), which listens on the same ports.`;

process.exitCode = stack(process.argv.slice(2));

function stack([command = "up", ...rest]: readonly string[]): number {
	if (!Object.hasOwn(commands, command)) {
		say(`stack: unknown command "${command}"; known commands are ${Object.keys(commands).join(", ")}`);
		return wrongUsage;
	}
	const trouble = troubleWithDocker();
	if (trouble !== undefined) {
		say(`stack: ${trouble}\n\n${without}`);
		return unavailable;
	}
	const { status, signal } = docker(["compose", ...commands[command as keyof typeof commands], ...rest], "inherit");
	if (signal !== null) return 0; // Ctrl-C is how one leaves the logs.
	if (status !== 0) {
		say(
			`stack: docker compose failed; \`npm run stack -- logs\` tells more, and docker-compose.yml names the ports that must be free`,
		);
		return status ?? 1;
	}
	if (command === "up") tellPlaces();
	return 0;
}

function troubleWithDocker(): string | undefined {
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

/** The ports as Docker has published them: a .env file may have moved them without our knowledge. */
function tellPlaces(): void {
	for (const [name, service, port, scheme] of places) {
		const address = docker(["compose", "port", service, port]).stdout.trim();
		if (address !== "") process.stdout.write(`${name.padEnd(11)} ${scheme}${address}\n`);
	}
}

function docker(parameters: readonly string[], stdio: "inherit" | "pipe" = "pipe") {
	return spawnSync("docker", parameters, { cwd: root, encoding: "utf8", stdio });
}

function say(text: string): void {
	process.stderr.write(`${text}\n`);
}
