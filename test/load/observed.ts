import { prometheusExporter } from "@footlight/exporters/prometheus";
import { type Attributes, context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
	ParentBasedSampler,
	type ReadableSpan,
	type Sampler,
	SamplingDecision,
	TraceIdRatioBasedSampler,
	TracerProvider,
} from "@opentelemetry/sdk-trace";

/** What the spans of a run come to. */
export interface SpanCounts {
	/** Traces that were decided on, by what was decided. */
	readonly traces: { sampled: number; sampledOut: number };
	/** Spans that ended, by `run ok`, `stage rejected`, `attempt error` and so on. */
	readonly ended: Map<string, number>;
	/** Events on them, by name. */
	readonly events: Map<string, number>;
}

export interface Observed {
	readonly tracerProvider: TracerProvider;
	readonly meterProvider: ReturnType<typeof prometheusExporter>["meterProvider"];
	readonly spans: SpanCounts;
	/** The text that Prometheus would scrape at this moment, fetched as it would. */
	scrape(): Promise<string>;
	close(): Promise<void>;
}

/** Sets up the real SDK with a share of traces sampled, and the exporter for Prometheus on a port of its own. */
export async function observe(sampleRatio: number): Promise<Observed> {
	context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
	const spans: SpanCounts = { traces: { sampled: 0, sampledOut: 0 }, ended: new Map(), events: new Map() };
	const tracerProvider = new TracerProvider({
		sampler: new ParentBasedSampler({ root: counted(new TraceIdRatioBasedSampler(sampleRatio), spans) }),
		spanProcessors: [
			{
				onStart() {},
				onEnd: (span) => count(span, spans),
				async forceFlush() {},
				async shutdown() {},
			},
		],
	});
	const prometheus = prometheusExporter();
	const { url } = await prometheus.listen({ port: 0 });
	return {
		tracerProvider,
		meterProvider: prometheus.meterProvider,
		spans,
		scrape: async () => (await fetch(url)).text(),
		close: () => prometheus.shutdown(),
	};
}

function counted(sampler: Sampler, { traces }: SpanCounts): Sampler {
	return {
		shouldSample(...asked) {
			const result = sampler.shouldSample(...asked);
			if (result.decision === SamplingDecision.RECORD_AND_SAMPLED) traces.sampled += 1;
			else traces.sampledOut += 1;
			return result;
		},
		toString: () => sampler.toString(),
	};
}

function count({ attributes, events }: ReadableSpan, counts: SpanCounts): void {
	add(counts.ended, `${roleOf(attributes)} ${attributes.outcome}`);
	for (const { name } of events) add(counts.events, name);
}

function roleOf(attributes: Attributes): "run" | "stage" | "attempt" {
	if (attributes["retry.attempt"] !== undefined) return "attempt";
	return attributes["stage.name"] === undefined ? "run" : "stage";
}

function add(counts: Map<string, number>, key: string): void {
	counts.set(key, (counts.get(key) ?? 0) + 1);
}
