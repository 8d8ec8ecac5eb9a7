import { capture } from "../../../scripts/command.ts";
import { compose, readYaml } from "../../../stack/compose.ts";
import { majorOf } from "../../../stack/programs.ts";
import { eventually } from "../eventually.ts";
import { logsOfSpan, traceOfLine } from "../grafana-links.ts";
import { findTrace, type JaegerSpan } from "../jaeger-api.ts";
import { startLogsTier } from "../logs-tier.ts";
import { lokiConfigFile, readyUrlOf } from "../loki.ts";
import { type LokiLine, queryLines, streams } from "../loki-api.ts";
import { query } from "../prometheus-api.ts";
import { runDemo, type WrittenLine } from "../run-demo.ts";
import type { Stack } from "../stack.ts";
import { rootOf } from "../trace.ts";
import { NotRun } from "./check.ts";

/** Labels that tell one process from another. By anything more Loki would index single runs. */
const labelsOfProcess = ["deployment_environment_name", "service_instance_id", "service_name"];

/** Its traces are those of the demo that nobody waits for: on a busy machine some may be given up. */
const background = "docs-follow-up";

/** The profile `logs` takes all three signals at one address, loses no line, and leads from a trace to its lines and back. */
export async function logs(stack: Stack): Promise<string> {
	const { programs, prometheusUrls, jaegerUrl, otlpUrl, folder } = stack;
	if (programs?.collector === undefined || programs.loki === undefined) throw new NotRun("there is no Loki here");
	const { collector, loki } = programs;
	const [prometheus] = prometheusUrls;
	const { environment = {} } = compose.services.demo ?? {};
	const takesMetrics = majorOf(prometheus?.version ?? "") >= 3;
	const prometheusUrl = prometheus?.url ?? "";
	const tier = await startLogsTier({ loki, collector, jaegerOtlpUrl: otlpUrl, prometheusUrl, folder });
	stack.endsWith(tier.stop);
	try {
		await checkHealthCommand(loki.path, tier.lokiUrl);
		const fromMs = Date.now();
		const { summary, lines: written } = await runDemo(tier.otlpUrl, {
			OTEL_LOGS_EXPORTER: "otlp",
			OTEL_METRICS_EXPORTER: takesMetrics ? "otlp" : "none",
			OTEL_METRIC_EXPORT_INTERVAL: environment.OTEL_METRIC_EXPORT_INTERVAL ?? "",
			OTEL_RESOURCE_ATTRIBUTES: environment.OTEL_RESOURCE_ATTRIBUTES ?? "",
		});
		await tier.drain();

		const range = { fromMs, toMs: Date.now() };
		const found = await queryLines(tier.lokiUrl, '{service_name=~".+"}', range);
		const traces = await tracesOf(jaegerUrl, written);
		const events = [...traces.values()].flat().flatMap(eventsOf);
		const ofEvents = found.filter(({ metadata }) => metadata.event_name !== undefined);
		const ofLogger = found.filter(({ metadata }) => metadata.event_name === undefined);
		compare("log lines", written.map(asWritten), ofLogger.map(asFound));
		compare(
			"events",
			events,
			ofEvents
				.filter(({ metadata }) => !givenUp(metadata, traces))
				.map(({ text, metadata }) => `${text} in ${metadata.trace_id}`),
		);

		const labels = await streamOf(tier.lokiUrl, range);
		for (const line of found) checkWayBack(line, traces);
		const failed = [...traces.values()].filter((trace) => rootOf(trace, "docs-qa")?.tags.outcome === "error");
		if (failed.length === 0) throw new Error("no run has failed, so there is none to find the lines of");
		const counts = await Promise.all(failed.map((trace) => countLinesOf(trace, found, tier.lokiUrl)));

		const figures = [`${ofLogger.length} lines and ${ofEvents.length} events of ${traces.size} traces, each once`];
		figures.push(`${counts.join(", ")} of ${failed.length} failed runs by Grafana's link, and each line leads back`);
		figures.push(`1 stream by ${Object.keys(labels).length} labels`);
		if (takesMetrics)
			figures.push(await checkMetrics(prometheusUrl, labels.service_instance_id, summary.runs["docs-qa"]));
		return figures.join("; ");
	} finally {
		await tier.stop();
	}
}

/** What the container is asked with, but for the port, says that Loki is well; and by itself it asks the port of loki.yaml. */
async function checkHealthCommand(path: string, url: string): Promise<void> {
	const [, , ...parameters] = compose.services.loki?.healthcheck?.test ?? [];
	const asked = await capture(path, [...parameters, `-health.url=${readyUrlOf(url)}`]);
	if (asked.exitCode !== 0)
		throw new Error(`loki ${parameters.join(" ")} ended with ${asked.exitCode}: ${asked.stderr}`);
	const { server } = readYaml<{ server: { http_listen_port: number } }>(lokiConfigFile);
	const { stdout, stderr } = await capture(path, parameters);
	// One that somebody else runs at that port has answered, and then there is no address in what it says.
	if (/^Loki is /m.test(stdout + stderr)) return;
	if (!stderr.includes(readyUrlOf(`http://localhost:${server.http_listen_port}`))) {
		throw new Error(
			`loki ${parameters.join(" ")} does not ask port ${server.http_listen_port} of loki.yaml: ${stderr}`,
		);
	}
}

/** The traces of all lines, with all spans that lines were written in. */
async function tracesOf(jaegerUrl: string, lines: readonly WrittenLine[]): Promise<Map<string, JaegerSpan[]>> {
	const ids = [...new Set(lines.flatMap(({ trace_id = [] }) => trace_id))];
	return eventually(30_000, async () => {
		const traces = new Map(await Promise.all(ids.map(async (id) => [id, await findTrace(jaegerUrl, id)] as const)));
		const known = new Set([...traces.values()].flat().map(({ traceId, spanId }) => `${traceId} ${spanId}`));
		const waited = lines.filter((line) => line["pipeline.name"] !== background);
		const lost = waited.filter(({ trace_id, span_id }) => !known.has(`${trace_id} ${span_id}`));
		if (lost.length === 0) return { found: new Map([...traces].filter(([, spans]) => spans.length > 0)) };
		return { missing: `spans of all lines in Jaeger; of ${lost.length} there is none, such as ${lost[0]?.msg}` };
	});
}

/** What the spans say has happened; exceptions are of spans alone. */
function eventsOf({ traceId, events }: JaegerSpan): string[] {
	const names = events.map(({ event, name }) => String(event ?? name)).filter((name) => name !== "exception");
	return names.map((name) => `${name} in ${traceId}`);
}

function asWritten({ time, msg, trace_id, span_id }: WrittenLine): string {
	return `${msg} at ${time} in ${trace_id} ${span_id}`;
}

function asFound({ timeNs, text, metadata }: LokiLine): string {
	return `${text} at ${BigInt(timeNs) / 1_000_000n} in ${metadata.trace_id} ${metadata.span_id}`;
}

/** The labels of the only stream that there is, and Loki has to search by: those of the process. */
async function streamOf(lokiUrl: string, range: { readonly fromMs: number; readonly toMs: number }) {
	const all = await streams(lokiUrl, range);
	const labels = [...new Set(all.flatMap((stream) => Object.keys(stream)))].sort();
	const [stream] = all;
	if (stream !== undefined && all.length === 1 && String(labels) === String(labelsOfProcess)) return stream;
	throw new Error(`of one process Loki has ${all.length} streams, by the labels ${labels.join(", ")}`);
}

/** Each as often in Loki as elsewhere, no more and no less. */
function compare(what: string, expected: readonly string[], found: readonly string[]): void {
	const rest = [...found];
	const lost = expected.filter((one) => {
		const index = rest.indexOf(one);
		if (index >= 0) rest.splice(index, 1);
		return index < 0;
	});
	if (lost.length === 0 && rest.length === 0) return;
	const told = [`${lost.length} of ${expected.length} ${what} are not in Loki${such(lost)}`];
	throw new Error(`${told}; ${rest.length} there are too many${such(rest)}`);
}

function such([first]: readonly string[]): string {
	return first === undefined ? "" : `, such as ${first}`;
}

/** What Grafana makes a link of leads to a trace that the span of this line is in. */
function checkWayBack(line: LokiLine, traces: ReadonlyMap<string, readonly JaegerSpan[]>): void {
	const traceId = traceOfLine(line);
	const spans = traces.get(traceId ?? "") ?? [];
	if (givenUp(line.metadata, traces) && traceId === line.metadata.trace_id) return;
	if (spans.some(({ spanId }) => spanId === line.metadata.span_id)) return;
	throw new Error(`"${line.text}" of span ${line.metadata.span_id} leads to ${traceId}, which has no such span`);
}

function givenUp(
	{ pipeline_name, trace_id = "" }: LokiLine["metadata"],
	traces: ReadonlyMap<string, unknown>,
): boolean {
	return pipeline_name === background && !traces.has(trace_id);
}

/** From the root of a trace Grafana finds the lines of this trace, all and no others. */
async function countLinesOf(trace: readonly JaegerSpan[], all: readonly LokiLine[], lokiUrl: string): Promise<number> {
	const root = rootOf(trace, "docs-qa");
	if (root === undefined) throw new Error("a trace has no root docs-qa");
	const { query, ...range } = logsOfSpan(root);
	const found = await queryLines(lokiUrl, query, range);
	const own = all.filter(({ metadata }) => metadata.trace_id === root.traceId);
	compare(`lines by ${query}`, own.map(asFound), found.map(asFound));
	if (!found.some(({ text }) => text === "run docs-qa error"))
		throw new Error(`${query} does not find how the run ended`);
	return found.length;
}

/** The metrics of this process went the same way. */
async function checkMetrics(
	url: string,
	instance: string | undefined,
	runs: Readonly<Record<string, number>> = {},
): Promise<string> {
	const asked = Object.values(runs).reduce((sum, count) => sum + count, 0);
	const [counted = 0] = await query(url, `sum(pipeline_runs_total{pipeline_name="docs-qa",instance="${instance}"})`);
	if (counted === asked) return `${counted} runs counted in Prometheus`;
	throw new Error(`the demo made ${asked} runs, and Prometheus has ${counted} of its instance ${instance}`);
}
