import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "../scripts/command.ts";
import { publishedPort } from "./compose.ts";
import type { ContainerPort } from "./container-ports.ts";
import { startOnLoopback } from "./on-loopback.ts";
import { lineFor, type Place, places } from "./places.ts";
import { majorOf, type Programs } from "./programs.ts";
import { applicationOnHost } from "./prometheus.ts";
import { isFree } from "./service.ts";
import { undone } from "./undone.ts";

/** What of the stack there is without containers. */
const placesHere = places.filter(({ service, profile }) => profile === undefined && service !== "grafana");

/**
 * Runs Jaeger, Prometheus and the demo where the containers would be found, until Ctrl-C, which ends this process; rejects when one
 * of them does not start, or ends of itself.
 */
export async function withoutDocker({ jaeger, prometheus: [prometheus] }: Programs): Promise<never> {
	// What is in the environment wins, as with Compose.
	const envFile = join(root, ".env");
	if (existsSync(envFile)) process.loadEnvFile(envFile);
	const ports = await publishedPorts();
	console.log(
		`stack: without it: starting Jaeger ${jaeger.version}, Prometheus ${prometheus.version} and the demo ...`,
	);
	return undone(
		async (ends) => {
			// Whoever has closed what this is written to is not there any more.
			process.stdout.once("error", () => process.kill(process.pid, "SIGTERM"));
			process.stdout.on("error", () => {});
			const { ended, jaegerUrl } = await startOnLoopback(ends, {
				...{ jaeger, prometheus: [prometheus], ports },
				otherAddresses: { [applicationOnHost]: "127.0.0.1:9464" },
			});
			for (const place of placesHere) console.log(lineFor(place, `127.0.0.1:${ports[portOf(place)]}`));
			console.log(nextSteps);
			if (!(await hasPages(jaegerUrl))) console.log(withoutPages);
			if (majorOf(prometheus.version) < 3) console.log(withoutOtlp);
			// The demo first sends what it has, which may take seconds.
			ends.defer(async () => console.log("\nstack: stopping ..."));
			throw new Error(await ended);
		},
		{ SIGINT: 0 },
	);
}

const nextSteps = `
Within two minutes the model's circuit breaker has opened and closed. Ctrl-C ends all of it, and its data go with it.
Grafana takes Docker. One of your own shows the dashboards too: give it this Prometheus, and see docs/dashboards.md for how they get there.`;

const withoutPages = `This Jaeger was built by Go, without its pages: it answers at /api alone, as in /api/traces?service=docs-qa.
Its release on the PATH has them: https://www.jaegertracing.io/download/`;

const withoutOtlp = "This Prometheus is older than 3: it scrapes, and takes no metrics that are pushed.";

/** Of a Jaeger that was built without them, the only page says so. */
async function hasPages(jaegerUrl: string): Promise<boolean> {
	const page = await fetch(jaegerUrl).then(
		(response) => response.text(),
		() => "",
	);
	return !page.includes("not compiled with the UI assets");
}

/** Their ports, as the compose file publishes them. */
async function publishedPorts(): Promise<Partial<Record<ContainerPort, number>>> {
	const ports: Partial<Record<ContainerPort, number>> = {};
	const variables = new Map<number, string>();
	for (const place of placesHere) {
		const { variable, port } = publishedPort(place, process.env);
		const other = variables.get(port);
		if (other !== undefined) throw new Error(`stack: ${other} and ${variable} are the same port, ${port}: move one`);
		variables.set(port, variable);
		if (!(await isFree(port))) {
			throw new Error(
				`stack: port ${port} is taken: what is there has to end, or ${variable} has to be set to another (in the environment or in .env)`,
			);
		}
		ports[portOf(place)] = port;
	}
	return ports;
}

function portOf({ service, port }: Place): ContainerPort {
	return `${service}:${port}` as ContainerPort;
}
