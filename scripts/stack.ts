// Starts and stops the Docker stack of docker-compose.yml, the demo in it, and says what to do where there is no Docker:
// `npm run stack -- up --profile logs --profile scale`.
// Exit codes: 0 done, 2 wrong usage, 69 no Docker to do it with; else that of Docker itself.
import { docker, troubleWithDocker } from "./docker.ts";

const wrongUsage = 2;
const unavailable = 69;

const commands = {
	// The demo's image is made of the checkout, and follows it.
	up: ["up", "--build", "--detach", "--wait"],
	down: ["down", "--remove-orphans"],
	status: ["ps"],
	logs: ["logs", "--follow"],
} as const satisfies Record<string, readonly string[]>;

/** What a profile of the compose file changes in the services that are there without it. */
const profiles = {
	logs: { DEMO_LOGS_EXPORTER: "otlp", LOGS_DATASOURCE_UID: "loki" },
	scale: { DEMO_TRACES_ENDPOINT: "http://balancer:4318/v1/traces" },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

/** Name, service and port, scheme, and the profile it is in. */
const places: readonly (readonly [string, string, string, string, profile?: keyof typeof profiles])[] = [
	["Jaeger", "jaeger", "16686", "http://"],
	["Grafana", "grafana", "3000", "http://"],
	["Prometheus", "prometheus", "9090", "http://"],
	["OTLP/HTTP", "jaeger", "4318", "http://"],
	["OTLP/gRPC", "jaeger", "4317", ""],
	["Collector", "collector", "4318", "http://", "logs"],
	["Balancer", "balancer", "4318", "http://", "scale"],
];

const without = `The examples run without it: \`npm start\` draws every run in the terminal.
To see traces all the same, run Jaeger's own binary (https://www.jaegertracing.io/download/), which listens on the same ports.`;

process.exitCode = stack(process.argv.slice(2));

function stack([command = "up", ...parameters]: readonly string[]): number {
	if (!Object.hasOwn(commands, command)) {
		say(`stack: unknown command "${command}"; known commands are ${Object.keys(commands).join(", ")}`);
		return wrongUsage;
	}
	const { chosen, rest } = profilesIn(parameters);
	const unknown = chosen.find((name) => !Object.hasOwn(profiles, name));
	if (unknown !== undefined) {
		say(`stack: unknown profile "${unknown}"; known profiles are ${Object.keys(profiles).join(", ")}`);
		return wrongUsage;
	}
	const trouble = troubleWithDocker();
	if (trouble !== undefined) {
		say(`stack: ${trouble}\n\n${without}`);
		return unavailable;
	}
	// What was started with a profile is seen, and stopped, without naming it again.
	const named = command === "up" ? chosen : ["*"];
	const settings = Object.assign({}, ...named.map((name) => profiles[name as keyof typeof profiles]));
	const args = [
		"compose",
		...named.flatMap((name) => ["--profile", name]),
		...commands[command as keyof typeof commands],
	];
	const { status, signal } = docker([...args, ...rest], { stdio: "inherit", env: settings });
	if (signal !== null) return 0; // Ctrl-C is how one leaves the logs.
	if (status !== 0) {
		say(
			`stack: docker compose failed; \`npm run stack -- logs\` tells more, and docker-compose.yml names the ports that must be free`,
		);
		return status ?? 1;
	}
	if (command === "up") tellPlaces(chosen);
	return 0;
}

/** Takes `--profile name` and `--profile=name` out of what is handed on. */
function profilesIn(parameters: readonly string[]): { readonly chosen: string[]; readonly rest: string[] } {
	const chosen: string[] = [];
	const rest: string[] = [];
	for (let index = 0; index < parameters.length; index++) {
		const parameter = parameters[index] ?? "";
		if (parameter === "--profile") chosen.push(parameters[++index] ?? "");
		else if (parameter.startsWith("--profile=")) chosen.push(parameter.slice("--profile=".length));
		else rest.push(parameter);
	}
	return { chosen, rest };
}

/** The ports as Docker has published them: a .env file may have moved them without our knowledge. */
function tellPlaces(chosen: readonly string[]): void {
	for (const [name, service, port, scheme, profile] of places) {
		if (profile !== undefined && !chosen.includes(profile)) continue;
		const address = docker(["compose", "port", service, port]).stdout.trim();
		if (address !== "") process.stdout.write(`${name.padEnd(11)} ${scheme}${address}\n`);
	}
}

function say(text: string): void {
	process.stderr.write(`${text}\n`);
}
