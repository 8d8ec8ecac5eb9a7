import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { output, show } from "../../scripts/command.ts";
import { compose } from "../../stack/compose.ts";
import { type DemoSummary, demoProgram } from "../../stack/demo.ts";
import { prometheusConfig, prometheusConfigFile } from "../../stack/prometheus.ts";
import { freePorts } from "../../stack/service.ts";
import { undone } from "../../stack/undone.ts";
import { type Stack, scrapeIntervalMs } from "./stack.ts";

/** The stack of the compose file, on ports of its own, so that it stands beside one that somebody works with. */
export async function withContainers<T>(use: (stack: Stack) => Promise<T>): Promise<T> {
	return undone((ends) => useContainers(ends, use));
}

async function useContainers<T>(ends: AsyncDisposableStack, use: (stack: Stack) => Promise<T>): Promise<T> {
	const folder = await mkdtemp(join(tmpdir(), "footlight-stack-"));
	ends.defer(() => rm(folder, { recursive: true, force: true }));

	const variables = ["JAEGER_UI_PORT", "OTLP_GRPC_PORT", "OTLP_HTTP_PORT", "PROMETHEUS_PORT", "GRAFANA_PORT"] as const;
	const ports = await freePorts(variables.length);
	const env = Object.fromEntries(variables.map((name, index) => [name, String(ports[index])]));
	const at = (variable: (typeof variables)[number]) => `http://127.0.0.1:${env[variable]}`;

	const config = prometheusConfig(await readFile(prometheusConfigFile, "utf8"), {
		...{ addresses: undefined, version: prometheusVersion(), scrapeIntervalMs },
	});
	await writeFile(join(folder, "prometheus.yaml"), stringify(config));
	const differences = {
		services: {
			demo: { command: ["node", ...demoProgram, "--json", "--users", "4"] },
			prometheus: { volumes: [`${folder}/prometheus.yaml:/etc/prometheus/provisioning/prometheus.yaml:ro`] },
		},
	};
	const override = join(folder, "compose.yaml");
	await writeFile(override, stringify(differences));
	const project = [
		"compose",
		`--project-name=footlight-test-${process.pid}`,
		"--file=docker-compose.yml",
		`--file=${override}`,
	];

	let last: Promise<unknown> = Promise.resolve();
	const succeed = async (...command: string[]) => {
		const shown = show("docker", [...project, ...command], { env });
		last = shown.catch(() => {});
		if (!(await shown)) throw new Error(`stack: docker compose ${command[0]} failed`);
	};
	ends.defer(async () => {
		// What is still starting containers would go on with it after they are gone.
		await last;
		await show("docker", [...project, "down", "--volumes", "--remove-orphans", "--rmi=local"], { env });
	});
	// Images are fetched and built before the clock starts: checks count seconds from when the demo began.
	await succeed("create", "--build");
	const startedAt = Date.now();
	await succeed("up", "--detach", "--wait");
	let said = "";
	const logs = async () => (said = await output("docker", [...project, "logs", "--no-log-prefix", "demo"], { env }));
	let stopped: Promise<DemoSummary> | undefined;
	const stop = async () => {
		await output("docker", [...project, "stop", "demo"], { env });
		const summary = (await logs()).split("\n").findLast((line) => line.startsWith("{"));
		if (summary === undefined) throw new Error(`stack: the demo ended without a summary:\n${said}`);
		return JSON.parse(summary) as DemoSummary;
	};
	return await use({
		programs: undefined,
		prometheusUrls: [{ version: prometheusVersion(), url: at("PROMETHEUS_PORT") }],
		jaegerUrl: at("JAEGER_UI_PORT"),
		otlpUrl: at("OTLP_HTTP_PORT"),
		demo: { metricsUrl: "http://demo:9464/metrics", lastLines: () => said, stop: () => (stopped ??= stop()) },
		startedAt,
		folder,
		endsWith: (end) => ends.defer(end),
	});
}

/** What the containers run, as their images say. */
export function imagesInContainers(): string[] {
	return Object.values(compose.services).flatMap(({ image, profiles }) => (image && !profiles ? [image] : []));
}

function prometheusVersion(): string {
	return compose.services.prometheus?.image?.split(":v")[1] ?? "";
}
