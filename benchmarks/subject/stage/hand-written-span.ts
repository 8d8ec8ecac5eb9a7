import { SpanStatusCode, trace } from "@opentelemetry/api";
import { type Stage, work } from "../../work.ts";

const tracer = trace.getTracer("benchmark");

/** H: what a careful developer writes around a function by hand. */
const stage: Stage = (value) =>
	tracer.startActiveSpan(
		"work",
		{ attributes: { "pipeline.name": "benchmark", "stage.name": "work" } },
		async (span) => {
			try {
				return await work(value);
			} catch (error) {
				span.recordException(error as Error);
				span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
				throw error;
			} finally {
				span.end();
			}
		},
	);

export default stage;
