import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Demo, startDemo } from "./demo.ts";
import { startJaeger } from "./jaeger.ts";
import type { Programs } from "./programs.ts";
import { startPrometheus } from "./prometheus.ts";
import { freePorts } from "./service.ts";
import { undone } from "./undone.ts";

/** The stack with the demo in it, in containers or without. */
export interface Stack {
	/** The programs it runs, for checks that want a validator; undefined where they are in containers. */
	readonly programs: Programs | undefined;
	/** Every Prometheus that scrapes the demo, newest first. */
	readonly prometheusUrls: readonly { readonly version: string; readonly url: string }[];
	readonly jaegerUrl: string;
	/** Where the demo sends its traces, as OTEL_EXPORTER_OTLP_ENDPOINT takes it. */
	readonly otlpUrl: string;
	readonly demo: Demo;
	/** When the demo was started, in milliseconds since 1970. */
	readonly startedAt: number;
	/** For what a check has to write; gone when the stack is. */
	readonly folder: string;
	/** Has something a check has started end with the stack, whatever happens; it may have ended before. */
	endsWith(end: () => Promise<void>): void;
}

/**
 * Starts Jaeger, every Prometheus there is, and the demo, hands them to `use`, and ends them whatever happens there.
 *
 * All of them are children of this process, on loopback.
 */
export async function withStack<T>(programs: Programs, use: (stack: Stack) => Promise<T>): Promise<T> {
	return undone((ends) => useStack(programs, ends, use));
}

async function useStack<T>(
	programs: Programs,
	ends: AsyncDisposableStack,
	use: (stack: Stack) => Promise<T>,
): Promise<T> {
	const folder = await mkdtemp(join(tmpdir(), "footlight-stack-"));
	ends.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

	const [
		http = 0,
		grpc = 0,
		otlpHttp = 0,
		otlpGrpc = 0,
		health = 0,
		ownMetrics = 0,
		spanMetrics = 0,
		metrics = 0,
		...free
	] = await freePorts(8 + programs.prometheus.length);
	const at = (port = 0) => `127.0.0.1:${port}`;
	const prometheusUrls = programs.prometheus.map(({ version }, index) => ({
		version,
		url: `http://${at(free[index])}`,
	}));

	const jaeger = await startJaeger({
		program: programs.jaeger,
		ports: { http, grpc, otlpHttp, otlpGrpc, health, ownMetrics, spanMetrics },
		folder,
		prometheusUrl: prometheusUrls[0]?.url ?? "",
	});
	ends.defer(async () => void (await jaeger.stop()));
	for (const [index, program] of programs.prometheus.entries()) {
		const addresses = {
			"demo:9464": at(metrics),
			"127.0.0.1:9090": at(free[index]),
			"jaeger:8888": at(ownMetrics),
			"jaeger:8889": at(spanMetrics),
		};
		const prometheus = await startPrometheus({ program, port: free[index] ?? 0, folder, addresses });
		ends.defer(async () => void (await prometheus.stop()));
	}

	const startedAt = Date.now();
	const otlpUrl = `http://${at(otlpHttp)}`;
	const demo = await startDemo({ otlpUrl, metricsPort: metrics });
	ends.defer(async () => {
		// A check has said so, if it was not well; here it only has to be gone.
		await demo.stop().catch(() => {});
	});
	return await use({
		programs,
		prometheusUrls,
		jaegerUrl: `http://${at(http)}`,
		otlpUrl,
		demo,
		startedAt,
		folder,
		endsWith: (end) => ends.defer(end),
	});
}
