import { SpanStatusCode, trace } from "@opentelemetry/api";
import { bounds, otelMetering } from "../../meter.ts";
import { logger } from "../../sink.ts";
import { type Stage, work } from "../../work.ts";

const tracer = trace.getTracer("benchmark");
const { meterProvider, total } = otelMetering();
const meter = meterProvider.getMeter("benchmark");
const duration = meter.createHistogram("stage.duration", {
	unit: "s",
	advice: { explicitBucketBoundaries: bounds },
});
const calls = meter.createCounter("stage.calls");

/** F: a span, how long the call took and how it ended, and a correlated line. */
const stage: Stage = (value) =>
	tracer.startActiveSpan(
		"work",
		{ attributes: { "pipeline.name": "benchmark", "stage.name": "work" } },
		async (span) => {
			const started = performance.now();
			const { traceId, spanId } = span.spanContext();
			const log = logger.child({ trace_id: traceId, span_id: spanId });
			let outcome = "ok";
			try {
				return await work(value);
			} catch (error) {
				outcome = "error";
				span.recordException(error as Error);
				span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
				log.error({ "stage.name": "work", err: error }, "stage work error");
				throw error;
			} finally {
				const tookMs = performance.now() - started;
				const labels = { "pipeline.name": "benchmark", "stage.name": "work", outcome };
				duration.record(tookMs / 1_000, labels);
				calls.add(1, labels);
				if (outcome === "ok") log.info({ ...labels, duration_ms: tookMs }, "stage work ok");
				span.end();
			}
		},
	);

export default stage;

export async function recorded(): Promise<Record<string, number>> {
	return { durations: await total("stage.duration"), calls: await total("stage.calls") };
}
