import { type Service, startService } from "./service.ts";

/** What Node is given to run it. */
export const demoProgram: readonly string[] = ["--conditions=@footlight/source", "examples/docs-qa/main.ts"];

/** What the demo says of itself as it ends: the part of its summary that checks compare with. */
export interface DemoSummary {
	readonly answered: number;
	readonly failed: number;
	/** What the model's server counted: requests, and the calls that they were made for. */
	readonly server: { readonly requests: number; readonly calls: number };
	/** Runs by pipeline and outcome. */
	readonly runs: Readonly<Record<string, Readonly<Record<string, number>>>>;
	readonly [more: string]: unknown;
}

/** The demo, which goes on asking its questions until it is stopped. */
export interface Demo {
	readonly metricsUrl: string;
	lastLines(): string;
	/** Has it end as Ctrl-C does, all telemetry sent; resolves to its summary, the same one each time it is called. */
	stop(): Promise<DemoSummary>;
}

/** The demo as a child of this process. */
export interface DemoProcess extends Demo {
	readonly service: Service;
}

export interface DemoOptions {
	/** Where traces go. */
	readonly otlpUrl: string;
	readonly metricsPort: number;
}

/** Starts the demo with several readers; resolves when it serves metrics. */
export async function startDemo({ otlpUrl, metricsPort }: DemoOptions): Promise<DemoProcess> {
	const metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`;
	const service = await startService({
		name: "the demo",
		command: process.execPath,
		args: [...demoProgram, "--json", "--users", "4"],
		env: { ...demoEnvironment(otlpUrl), OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort) },
		readyUrl: metricsUrl,
		stopSignal: "SIGINT",
	});
	let stopped: Promise<DemoSummary> | undefined;
	const stop = async () => {
		const code = await service.stop();
		if (code !== 0) throw new Error(`stack: the demo ended with ${code}:\n${service.lastLines()}`);
		return JSON.parse(service.stdout()) as DemoSummary;
	};
	return { service, metricsUrl, lastLines: service.lastLines, stop: () => (stopped ??= stop()) };
}

/** The same questions get the same answers wherever this runs: no setting of the machine's own, no key of a real service. */
export function demoEnvironment(otlpUrl: string): NodeJS.ProcessEnv {
	const own = Object.entries(process.env).filter(([name]) => !/^(?:OTEL|OPENAI)_/.test(name));
	return { ...Object.fromEntries(own), OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl, OTEL_LOGS_EXPORTER: "none" };
}
