import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { bounds, type Metering } from "./meter.ts";
import { type Completion, complete, priceTable, request, usdPerAnswer } from "./model.ts";
import { logger } from "./sink.ts";
import type { Stage, Subject } from "./work.ts";

const tracer = trace.getTracer("benchmark");
const { model } = request;

function usdFor({ prompt_tokens, completion_tokens, prompt_tokens_details: { cached_tokens } }: Completion["usage"]) {
	const price = priceTable[model as keyof typeof priceTable];
	const input = (prompt_tokens - cached_tokens) * price.inputUsdPerMillionTokens;
	const cached = cached_tokens * price.cacheReadUsdPerMillionTokens;
	return (input + cached + completion_tokens * price.outputUsdPerMillionTokens) / 1e6;
}

/**
 * F around a model: what it used stands on the span as the conventions have it, what it cost there and in a counter.
 * `counted` may count more.
 */
export function costByHand(
	{ meterProvider, total }: Metering,
	counted?: (usage: Completion["usage"]) => void,
): Required<Subject> {
	const meter = meterProvider.getMeter("benchmark");
	const duration = meter.createHistogram("stage.duration", {
		unit: "s",
		advice: { explicitBucketBoundaries: bounds },
	});
	const calls = meter.createCounter("stage.calls");
	const cost = meter.createCounter("cost.usd");

	const stage: Stage = () =>
		tracer.startActiveSpan(
			`chat ${model}`,
			{
				kind: SpanKind.CLIENT,
				attributes: {
					"pipeline.name": "benchmark",
					"stage.name": "ask",
					"gen_ai.operation.name": "chat",
					"gen_ai.provider.name": "openai",
					"gen_ai.request.model": model,
				},
			},
			async (span) => {
				const started = performance.now();
				const { traceId, spanId } = span.spanContext();
				const log = logger.child({ trace_id: traceId, span_id: spanId });
				let outcome = "ok";
				try {
					const answer = await complete(request);
					const { usage } = answer;
					const usd = usdFor(usage);
					span.setAttributes({
						"gen_ai.response.id": answer.id,
						"gen_ai.response.model": answer.model,
						"gen_ai.response.finish_reasons": answer.choices.map(({ finish_reason }) => finish_reason),
						"gen_ai.usage.input_tokens": usage.prompt_tokens,
						"gen_ai.usage.output_tokens": usage.completion_tokens,
						"gen_ai.usage.cache_read.input_tokens": usage.prompt_tokens_details.cached_tokens,
						"gen_ai.usage.cost.amount": usd,
					});
					counted?.(usage);
					cost.add(usd, { "pipeline.name": "benchmark", "stage.name": "ask", "gen_ai.request.model": model });
					return answer;
				} catch (error) {
					outcome = "error";
					span.recordException(error as Error);
					span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
					log.error({ "stage.name": "ask", err: error }, "stage ask error");
					throw error;
				} finally {
					const tookMs = performance.now() - started;
					const labels = { "pipeline.name": "benchmark", "stage.name": "ask", outcome };
					duration.record(tookMs / 1_000, labels);
					calls.add(1, labels);
					if (outcome === "ok") log.info({ ...labels, duration_ms: tookMs }, "stage ask ok");
					span.end();
				}
			},
		);

	return {
		default: stage,
		recorded: async () => ({
			durations: await total("stage.duration"),
			calls: await total("stage.calls"),
			prices: (await total("cost.usd")) / usdPerAnswer,
		}),
	};
}
