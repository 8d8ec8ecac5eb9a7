import * as api from "@opentelemetry/api";
import type { Attributes, Span } from "@opentelemetry/api";
import type { Definition } from "../call.ts";
import { capturedText } from "../capture.ts";
import { followWallClock } from "../clock.ts";
import type { Observation, Observer } from "../observation.ts";
import { oneOf } from "../option.ts";
import { errorType, isFailure } from "../outcome.ts";
import { messageOf, recordException } from "./exception.ts";
import { type GenAiCall, genAiStage } from "../telemetry/gen-ai.ts";

/** Options of `tracing()`. */
export interface TracingOptions {
	/** Attempts that become spans: none unless a call was retried, or all. @default "retried" */
	readonly attemptSpans?: "retried" | "always";
}

export const tracingOptions: readonly string[] = ["attemptSpans"];

/** Traces and models seen of one call between its begin and its end. */
interface Traced {
	readonly span: Span;
	readonly genAi: GenAiCall | undefined;
}

export function spans(where: string, { attemptSpans = "retried" }: TracingOptions): (definition: Definition) => Observer {
	oneOf(`${where}: attemptSpans`, attemptSpans, ["retried", "always"]);
	return (definition) => {
		const { pipeline, kind } = definition;
		const { capture } = pipeline;
		const genAi = genAiStage(definition);
		const attributes = stageAttributes(definition, genAi?.attributes);
		const spanKind = kind === "model" ? api.SpanKind.CLIENT : api.SpanKind.INTERNAL;
		const traced = new WeakMap<Observation, Traced>();

		function end(observation: Observation): void {
			const found = traced.get(observation);
			if (found === undefined) return;
			const { span } = found;
			if (span.isRecording()) {
				span.setAttribute("outcome", observation.outcome);
				if (observation.outcome !== "ok" || observation.itemCount !== undefined || found.genAi !== undefined) {
					describeEnd(span, observation, found.genAi, capture.redact);
				}
				if (observation.scope.costUsd !== 0) span.setAttribute("pipeline.cost.usd", observation.scope.costUsd);
				if (capture.output && observation.itemCount === undefined && observation.error === undefined) {
					span.setAttribute("stage.output", capturedText(observation.result, capture));
				}
			}
			span.end(observation.endMs);
		}

		return {
			begin(observation) {
				const { tracer } = pipeline;
				if (tracer === undefined) return;
				const { call, scope, startMs } = observation;
				scope.attemptSpans = attemptSpans;
				const parent = observation.context;
				const modelCall = genAi?.begin(call.input);
				const own = modelCall === undefined ? attributes : { ...attributes, ...modelCall.requestAttributes };
				const given = scope.run === undefined ? own : { ...own, ...scope.run.attributes };
				const span = tracer.startSpan(
					modelCall?.spanName ?? definition.name,
					{ kind: spanKind, attributes: given, startTime: startMs, ...(kind === "run" && runOptions(observation)) },
					parent,
				);
				scope.span = span;
				traced.set(observation, { span, genAi: modelCall });
				if (capture.input && span.isRecording()) span.setAttribute("stage.input", capturedText(call.input, capture));
			},
			...(genAi && {
				value: (observation: Observation, value: unknown) => traced.get(observation)?.genAi?.see(value),
			}),
			end,
		};
	};
}

/** A run asked for as a root begins a trace of its own, linked to the span it was started under. */
function runOptions(observation: Observation): { root?: boolean; links?: api.Link[] } {
	const active = api.trace.getSpanContext(observation.context);
	if (active === undefined || !api.isSpanContextValid(active)) followWallClock();
	if (!observation.scope.startsTrace) return {};
	return { root: true, ...(active && { links: [{ context: active }] }) };
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

function describeEnd(
	span: Span,
	observation: Observation,
	genAi: GenAiCall | undefined,
	redact: ((text: string) => string) | undefined,
): void {
	const { outcome, error, itemCount, firstItemMs, startMs } = observation;
	const attributes: Attributes = {};
	if (itemCount !== undefined) {
		attributes["stream.item_count"] = itemCount;
		if (itemCount > 0) attributes["stream.time_to_first_item_ms"] = firstItemMs - startMs;
		if (observation.abandoned) attributes["stream.abandoned"] = true;
	}
	if (genAi !== undefined) {
		Object.assign(attributes, genAi.responseAttributes());
		if (itemCount) attributes["gen_ai.response.time_to_first_chunk"] = (firstItemMs - startMs) / 1_000;
	}
	if (isFailure(outcome)) attributes["error.type"] = errorType(error);
	span.setAttributes(attributes);
	if (isFailure(outcome)) span.setStatus({ code: api.SpanStatusCode.ERROR, message: messageOf(error, redact) });
	if (observation.ownsError && (isFailure(outcome) || outcome === "fallback")) {
		recordException(span, error, observation.endMs, redact);
	}
}
