import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ContainerPort, containerPorts } from "./container-ports.ts";
import { type Demo, startDemo } from "./demo.ts";
import { startJaeger } from "./jaeger.ts";
import type { Program, PrometheusProgram } from "./programs.ts";
import { type Addresses, startPrometheus } from "./prometheus.ts";
import { freePorts, type Service } from "./service.ts";

export interface LoopbackOptions {
	readonly jaeger: Program;
	/** Each scrapes the demo; Jaeger asks the first for what its Monitor tab shows. */
	readonly prometheus: readonly [PrometheusProgram, ...PrometheusProgram[]];
	/** Ports that are known beforehand, by what the containers open; the others are any that are free. */
	readonly ports?: Partial<Readonly<Record<ContainerPort, number>>>;
	/** What else Prometheus scrapes of what the containers know, and where it is here. */
	readonly otherAddresses?: Addresses;
	/** How often Prometheus looks. @default as often as in its container */
	readonly scrapeIntervalMs?: number | undefined;
}

/** The demo and what looks at it, wherever they run. */
export interface Chain {
	/** Every Prometheus, in the order given. */
	readonly prometheusUrls: readonly { readonly version: string; readonly url: string }[];
	readonly jaegerUrl: string;
	/** Where traces are sent, as OTEL_EXPORTER_OTLP_ENDPOINT takes it. */
	readonly otlpUrl: string;
	readonly demo: Demo;
	/** When the demo was started, in milliseconds since 1970. */
	readonly startedAt: number;
	/** For files of this run; gone when it is. */
	readonly folder: string;
}

/** The chain without containers: all of it children of this process, on loopback. */
export interface Loopback extends Chain {
	/** Resolves when the first of them ends: the last it said, its name, and how it ended. */
	readonly ended: Promise<string>;
}

/** Starts Jaeger, every Prometheus, and the demo, and has all of them end with `ends`. */
export async function startOnLoopback(ends: AsyncDisposableStack, options: LoopbackOptions): Promise<Loopback> {
	const folder = await mkdtemp(join(tmpdir(), "footlight-stack-"));
	const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
	ends.defer(async () => remove());
	process.once("exit", remove); // for whoever does not wait until all of it has ended
	const free = await freePorts(containerPorts.length + options.prometheus.length);
	const anyPort = () => free.pop() ?? 0;
	const anyPorts = Object.fromEntries(containerPorts.map((name) => [name, anyPort()])) as Record<ContainerPort, number>;
	const ports = { ...anyPorts, ...options.ports };
	const at = (name: ContainerPort) => `127.0.0.1:${ports[name]}`;
	const servers = options.prometheus.map((program, index) => ({
		program,
		port: index === 0 ? ports["prometheus:9090"] : anyPort(),
	}));

	const jaeger = await startJaeger({ program: options.jaeger, folder, at });
	ends.defer(async () => void (await jaeger.stop()));
	const services = [jaeger];
	for (const { program, port } of servers) {
		const addresses = {
			...Object.fromEntries(containerPorts.map((name) => [name, at(name)])),
			...{ "127.0.0.1:9090": `127.0.0.1:${port}`, ...options.otherAddresses },
		};
		const { scrapeIntervalMs } = options;
		const prometheus = await startPrometheus({ program, port, folder, addresses, scrapeIntervalMs });
		ends.defer(async () => void (await prometheus.stop()));
		services.push(prometheus);
	}

	const startedAt = Date.now();
	const otlpUrl = `http://${at("jaeger:4318")}`;
	const demo = await startDemo({ otlpUrl, metricsPort: ports["demo:9464"] });
	ends.defer(async () => {
		// Who wants to know whether it went well has asked; here it only has to be gone.
		await demo.stop().catch(() => {});
	});
	return {
		prometheusUrls: servers.map(({ program, port }) => ({ version: program.version, url: `http://127.0.0.1:${port}` })),
		...{ jaegerUrl: `http://${at("jaeger:16686")}`, otlpUrl, demo, startedAt, folder },
		ended: Promise.race([...services, demo.service].map(endOf)),
	};
}

async function endOf({ name, ended, lastLines }: Service): Promise<string> {
	const how = await ended;
	return `${lastLines()}\n\nstack: ${name} ended with ${how}; above is the last it said`;
}
