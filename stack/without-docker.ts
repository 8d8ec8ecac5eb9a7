import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "../scripts/command.ts";
import { publishedPort } from "./compose.ts";
import { type Opened, startOnLoopback } from "./on-loopback.ts";
import { lineFor, places } from "./places.ts";
import type { Programs } from "./programs.ts";
import { applicationOnHost } from "./prometheus.ts";
import { isFree } from "./service.ts";
import { undone } from "./undone.ts";

/** What of the stack there is without containers. */
const here = ["jaeger:16686", "prometheus:9090", "jaeger:4318", "jaeger:4317"] as const satisfies readonly Opened[];

/**
 * Runs Jaeger, Prometheus and the demo where the containers would be found, until Ctrl-C, which ends this process; rejects when one
 * of them does not start, or ends of itself.
 */
export async function withoutDocker({ jaeger, prometheus: [prometheus] }: Programs): Promise<never> {
	// As Compose does: what is in the environment wins.
	const settings = join(root, ".env");
	if (existsSync(settings)) process.loadEnvFile(settings);
	const ports = await portsHere();
	console.log(`stack: starting Jaeger ${jaeger.version}, Prometheus ${prometheus.version} and the demo ...`);
	return undone(
		async (ends) => {
			const { ended, jaegerUrl } = await startOnLoopback(ends, {
				...{ jaeger, prometheus: [prometheus], ports },
				otherAddresses: { [applicationOnHost]: "127.0.0.1:9464" },
			});
			for (const place of places) {
				const port = ports[`${place.service}:${place.port}` as (typeof here)[number]];
				if (port !== undefined) process.stdout.write(lineFor(place, `127.0.0.1:${port}`));
			}
			console.log(after);
			if (!(await hasPages(jaegerUrl))) console.log(withoutPages);
			throw new Error(await ended);
		},
		{ SIGINT: 0 },
	);
}

const after = `
Within two minutes the model's circuit breaker has opened and closed. Ctrl-C ends all of it, and its data go with it.
Grafana takes Docker. One of your own shows the dashboards too: give it this Prometheus, and see docs/dashboards.md for how they get there.`;

const withoutPages = `This Jaeger was built by Go, without its pages: it answers at /api alone, as in /api/traces?service=docs-qa.
Its release on the PATH has them: https://www.jaegertracing.io/download/`;

/** Of a Jaeger that was built without them, the only page says so. */
async function hasPages(jaegerUrl: string): Promise<boolean> {
	const page = await (await fetch(jaegerUrl)).text();
	return !page.includes("not compiled with the UI assets");
}

/** Their ports, as the compose file publishes them. */
async function portsHere(): Promise<Record<(typeof here)[number], number>> {
	const ports: [Opened, number][] = [];
	for (const name of here) {
		const { variable, port } = publishedPort(name, process.env);
		if (!(await isFree(port))) {
			throw new Error(
				`stack: port ${port} is taken: what is there has to end, or ${variable} has to be set to another (in the environment or in .env)`,
			);
		}
		ports.push([name, port]);
	}
	return Object.fromEntries(ports) as Record<(typeof here)[number], number>;
}
