import type { Attributes, Span, SpanOptions } from "@opentelemetry/api";
import * as api from "@opentelemetry/api";
import { describeByAttempts } from "../attempt.ts";
import type { Definition } from "../call.ts";
import { type CaptureOptions, capturedText } from "../capture.ts";
import { followWallClock } from "../clock.ts";
import type { Spend } from "../cost/spend.ts";
import { hrTime } from "../hr-time.ts";
import type { Observation, Observer } from "../observation.ts";
import { oneOf } from "../option.ts";
import { errorType, isFailure } from "../outcome.ts";
import { genAiStage } from "../telemetry/gen-ai.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { messageOf, recordException } from "./exception.ts";

/** Options of `tracing()`. */
export interface TracingOptions {
	/** Attempts that become spans: none unless a call was retried, or all. @default "retried" */
	readonly attemptSpans?: "retried" | "always";
}

export const tracingOptions: readonly string[] = ["attemptSpans"];

export function spans(
	where: string,
	{ attemptSpans = "retried" }: TracingOptions,
): (definition: Definition) => Observer {
	oneOf(`${where}: attemptSpans`, attemptSpans, ["retried", "always"]);
	return (definition) => {
		const { pipeline, kind } = definition;
		const { capture } = pipeline;
		const genAi = genAiStage(definition);
		const attributes = stageAttributes(definition, genAi?.attributes);
		const spanKind = kind === "model" ? api.SpanKind.CLIENT : api.SpanKind.INTERNAL;
		return {
			begin(observation) {
				const { tracer } = pipeline;
				if (tracer === undefined) return false;
				const { call, scope, context } = observation;
				const modelCall = genAi?.begin(call.input);
				const own = modelCall === undefined ? attributes : { ...attributes, ...modelCall.requestAttributes };
				const given = scope.run === undefined ? own : { ...own, ...scope.run.attributes };
				const options = new SpanStart(spanKind, given, observation);
				if (kind === "run") frameRun(options, observation);
				else if (scope.links !== undefined) options.links = scope.links.map((context) => ({ context }));
				const span = tracer.startSpan(modelCall?.spanName ?? definition.name, options, context);
				scope.span = span;
				scope.attemptSpans = attemptSpans;
				try {
					if (!span.isRecording()) return false;
					observation.modelCall = modelCall;
					if (capture.input && kind !== "run") span.setAttribute("stage.input", capturedText(call.input, capture));
				} catch (error) {
					// It has begun all the same, and has to end.
					telemetryFailed("span", error);
				}
				observation.span = span;
				return true;
			},
			end(observation) {
				const { span } = observation;
				if (span === undefined) return;
				try {
					if (observation.scope.firstAttempt !== undefined) describeByAttempts(observation, span);
					describeEnd(span, observation, capture);
				} finally {
					span.end(hrTime(observation.endMs));
				}
			},
		};
	};
}

/** Options of a span whose start time is read only once an SDK has decided to record it. */
class SpanStart implements SpanOptions {
	readonly kind: api.SpanKind;
	readonly attributes: Attributes;
	declare root?: boolean;
	declare links?: api.Link[];
	readonly #observation: Observation;

	constructor(kind: api.SpanKind, attributes: Attributes, observation: Observation) {
		this.kind = kind;
		this.attributes = attributes;
		this.#observation = observation;
	}

	get startTime(): api.HrTime {
		return hrTime(this.#observation.startMs);
	}
}

/** A run asked for as a root begins a trace of its own, linked to the span it was started under. */
function frameRun(options: SpanStart, { context, scope }: Observation): void {
	const active = api.trace.getSpanContext(context);
	if (active === undefined || !api.isSpanContextValid(active)) followWallClock();
	if (!scope.run?.startsTrace) return;
	options.root = true;
	if (active !== undefined) options.links = [{ context: active }];
}

function stageAttributes(definition: Definition, more: Attributes | undefined): Attributes {
	const { kind, name, pipeline, functionName } = definition;
	if (kind === "run") return { "pipeline.name": pipeline.name };
	return {
		"pipeline.name": pipeline.name,
		"stage.name": name,
		...(kind !== "stage" && { "stage.kind": kind }),
		...(functionName !== undefined && functionName !== name && { "code.function.name": functionName }),
		...more,
	};
}

function describeEnd(span: Span, observation: Observation, capture: CaptureOptions): void {
	const { outcome, stream, scope } = observation;
	span.setAttribute("outcome", outcome);
	if (stream !== undefined) describeStream(span, observation, stream);
	if (scope.reading !== undefined) span.setAttributes(scope.reading.attributes());
	if (scope.spend !== undefined) describeSpend(span, scope.spend);
	if (outcome !== "ok") describeFailure(span, observation, capture.redact);
	else if (capture.output && stream?.itemCount === undefined) {
		span.setAttribute("stage.output", capturedText(observation.result, capture));
	}
}

export function describeSpend(span: Span, { costUsd, wastedUsd }: Spend): void {
	if (costUsd !== 0) span.setAttribute("pipeline.cost.usd", costUsd);
	if (wastedUsd !== 0) span.setAttribute("pipeline.cost.wasted_usd", wastedUsd);
}

function describeStream(
	span: Span,
	{ startMs, modelCall, scope }: Observation,
	stream: NonNullable<Observation["stream"]>,
): void {
	if (stream.abandoned) span.setAttribute("stream.abandoned", true);
	if (stream.itemCount === undefined) return;
	span.setAttribute("stream.item_count", stream.itemCount);
	if (stream.itemCount === 0) return;
	const firstItemAfterMs = stream.firstItemMs - startMs;
	span.setAttribute("stream.time_to_first_item_ms", firstItemAfterMs);
	// A stream that a layer put in place of the model's has waited for none.
	if (modelCall !== undefined && scope.reading !== undefined) {
		span.setAttribute("gen_ai.response.time_to_first_chunk", firstItemAfterMs / 1_000);
	}
}

function describeFailure(
	span: Span,
	{ outcome, error, ownsError, endMs }: Observation,
	redact: CaptureOptions["redact"],
): void {
	if (isFailure(outcome)) {
		span.setAttribute("error.type", errorType(error));
		span.setStatus({ code: api.SpanStatusCode.ERROR, message: messageOf(error, redact) });
	}
	if (ownsError && (isFailure(outcome) || outcome === "fallback")) recordException(span, error, endMs, redact);
}
