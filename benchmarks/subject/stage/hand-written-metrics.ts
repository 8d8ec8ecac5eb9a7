import { SpanStatusCode, trace } from "@opentelemetry/api";
import { bounds, otelMetering } from "../../meter.ts";
import { type Stage, work } from "../../work.ts";

const tracer = trace.getTracer("benchmark");
const { meterProvider, total } = otelMetering();
const meter = meterProvider.getMeter("benchmark");
const duration = meter.createHistogram("stage.duration", {
	unit: "s",
	advice: { explicitBucketBoundaries: bounds },
});
const calls = meter.createCounter("stage.calls");

/** A span, how long the call took, and how it ended. */
const stage: Stage = (value) =>
	tracer.startActiveSpan(
		"work",
		{ attributes: { "pipeline.name": "benchmark", "stage.name": "work" } },
		async (span) => {
			const started = performance.now();
			let outcome = "ok";
			try {
				return await work(value);
			} catch (error) {
				outcome = "error";
				span.recordException(error as Error);
				span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
				throw error;
			} finally {
				const labels = { "pipeline.name": "benchmark", "stage.name": "work", outcome };
				duration.record((performance.now() - started) / 1_000, labels);
				calls.add(1, labels);
				span.end();
			}
		},
	);

export default stage;

export async function recorded(): Promise<Record<string, number>> {
	return { durations: await total("stage.duration"), calls: await total("stage.calls") };
}
