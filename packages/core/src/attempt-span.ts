import * as api from "@opentelemetry/api";
import type { Call } from "./call.ts";
import { activeContext, StageContext } from "./context.ts";
import { hrTime } from "./hr-time.ts";
import type { Observation } from "./observation.ts";
import { messageOf, recordException } from "./observer/exception.ts";
import { errorType, isFailure } from "./outcome.ts";
import type { Scope } from "./scope.ts";
import { telemetryFailed } from "./telemetry-failure.ts";

/** Begins the span of an attempt; undefined where it cannot be drawn. */
export function startSpan(call: Call, stage: Scope, startMs: number): api.Span | undefined {
	const { tracer } = call.definition.pipeline;
	if (tracer === undefined || stage.span === undefined) return undefined;
	try {
		return tracer.startSpan(
			`${call.name} attempt`,
			{ startTime: hrTime(startMs), attributes: { ...stage.correlation(), "retry.attempt": call.attempt } },
			new StageContext(activeContext(), stage.span, stage),
		);
	} catch (error) {
		telemetryFailed("attempt span", error);
		return undefined;
	}
}

/** @param said - what layers further in said of the attempt */
export function describeAndEnd(
	span: api.Span,
	observation: Observation,
	records: boolean,
	said: api.Attributes | undefined,
): void {
	try {
		if (said !== undefined) span.setAttributes(said);
		describe(span, observation, records);
	} finally {
		span.end(hrTime(observation.endMs));
	}
}

function describe(span: api.Span, observation: Observation, records: boolean): void {
	const { outcome, error, endMs, call, reading } = observation;
	span.setAttribute("outcome", outcome);
	if (reading !== undefined) span.setAttributes(reading.attributes());
	if (!isFailure(outcome)) return;
	const { redact } = call.definition.pipeline.capture;
	span.setAttribute("error.type", errorType(error));
	span.setStatus({ code: api.SpanStatusCode.ERROR, message: messageOf(error, redact) });
	if (records) recordException(span, error, endMs, redact);
}
