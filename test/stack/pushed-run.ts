import type { DemoSummary } from "../../stack/demo.ts";
import { majorOf } from "../../stack/programs.ts";
import { runDemo } from "./run-demo.ts";
import type { Stack } from "./stack.ts";

/** A run of the demo whose metrics were pushed by OTLP, to the end of it. */
export interface PushedRun {
	readonly summary: DemoSummary;
	readonly prometheusUrl: string;
	/** Matcher of its series alone. */
	readonly matcher: string;
}

const runs = new WeakMap<Stack, Promise<PushedRun> | undefined>();

/** Runs the demo once over its questions and pushes its metrics, the first time it is asked; undefined where no Prometheus takes them. */
export function pushedRun(stack: Stack): Promise<PushedRun> | undefined {
	if (!runs.has(stack)) runs.set(stack, push(stack));
	return runs.get(stack);
}

function push({ prometheusUrls, otlpUrl, demo }: Stack): Promise<PushedRun> | undefined {
	const newest = prometheusUrls.find(({ version }) => majorOf(version) >= 3);
	if (newest === undefined) return undefined;
	const settings = {
		OTEL_METRICS_EXPORTER: "otlp",
		OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${newest.url}/api/v1/otlp/v1/metrics`,
		OTEL_METRIC_EXPORT_INTERVAL: "1000",
	};
	const matcher = `instance!="${new URL(demo.metricsUrl).host}",job="docs-qa"`;
	return runDemo(otlpUrl, settings).then(({ summary }) => ({ summary, prometheusUrl: newest.url, matcher }));
}
