import { SpanStatusCode, trace } from "@opentelemetry/api";
import { logger } from "../../sink.ts";
import { type Stage, work } from "../../work.ts";

const tracer = trace.getTracer("benchmark");

/** A span and a correlated line, as the documentation of pino and OpenTelemetry has it. */
const stage: Stage = (value) =>
	tracer.startActiveSpan(
		"work",
		{ attributes: { "pipeline.name": "benchmark", "stage.name": "work" } },
		async (span) => {
			const started = performance.now();
			const { traceId, spanId } = span.spanContext();
			const log = logger.child({ trace_id: traceId, span_id: spanId });
			try {
				const result = await work(value);
				log.info(
					{
						"pipeline.name": "benchmark",
						"stage.name": "work",
						outcome: "ok",
						duration_ms: performance.now() - started,
					},
					"stage work ok",
				);
				return result;
			} catch (error) {
				span.recordException(error as Error);
				span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
				log.error({ "stage.name": "work", err: error }, "stage work error");
				throw error;
			} finally {
				span.end();
			}
		},
	);

export default stage;
