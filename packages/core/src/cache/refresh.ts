import * as api from "@opentelemetry/api";
import type { Call } from "../call.ts";
import { activeContext, StageContext, withContext } from "../context.ts";
import { callWithin } from "../create-call.ts";
import { hrTime } from "../hr-time.ts";
import type { Handler } from "../middleware.ts";
import { Observation, type Observer } from "../observation.ts";
import { messageOf, recordException } from "../observer/exception.ts";
import { describeSpend } from "../observer/span.ts";
import { errorType, isFailure, type Outcome } from "../outcome.ts";
import { Scope } from "../scope.ts";
import { follow } from "../stream/follow.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { isThenable } from "../thenable.ts";

/**
 * A call in the background, for the one that was given a stale answer: with a scope of its own below that, since it goes
 * on when the other has ended. What it costs counts for the same stage and run.
 */
export class Refresh {
	readonly scope: Scope;
	/** True once the stage has answered with a promise. */
	givesPromise = false;
	readonly #call: Call;
	readonly #cacheName: string;
	readonly #ended: (outcome: Outcome) => void;

	constructor(stale: Call, cacheName: string, ended: (outcome: Outcome) => void) {
		const { definition, input, receiver, values } = stale;
		this.scope = new Scope(stale.scope, stale.scope.run);
		const call = callWithin(this.scope, definition, input, receiver, undefined);
		// Whoever got the stale answer has no further part in it: neither its limit nor its signal holds.
		this.#call = { ...call, values, deadlineMs: undefined };
		this.scope.call = this.#call;
		this.#cacheName = cacheName;
		this.#ended = ended;
	}

	/** Makes the call, observed to its end. */
	async start(next: Handler, innerCall: (call: Call) => Call): Promise<unknown> {
		const { scope } = this;
		const call = this.#call;
		const before = activeContext();
		const observation = new Observation(call, before, [this.#observer]);
		observation.begin();
		scope.entered = true;
		observation.context = new StageContext(before, scope.span, scope);
		let result: unknown;
		try {
			result = withContext(observation.context, next, innerCall(call));
		} catch (error) {
			observation.failed(error);
			throw error;
		}
		this.givesPromise = isThenable(result);
		return follow(result, observation);
	}

	readonly #observer: Observer = {
		begin: (observation) => {
			observation.span = this.#startSpan(observation);
			this.scope.span = observation.span;
			return true;
		},
		end: (observation) => {
			const { outcome, error, scope, span } = observation;
			this.#ended(outcome);
			if (isFailure(outcome)) {
				scope.log.warn(`refresh of ${observation.call.name} failed`, {
					"cache.name": this.#cacheName,
					"error.type": errorType(error),
				});
			}
			if (span !== undefined) endSpan(span, observation);
		},
	};

	#startSpan({ call, scope, startMs }: Observation): api.Span | undefined {
		const { tracer } = call.definition.pipeline;
		const { parent } = scope;
		if (tracer === undefined || parent?.span === undefined) return undefined;
		try {
			return tracer.startSpan(
				`${call.name} refresh`,
				{ startTime: hrTime(startMs), attributes: { ...scope.correlation(), "cache.name": this.#cacheName } },
				new StageContext(activeContext(), parent.span, parent),
			);
		} catch (error) {
			telemetryFailed("refresh span", error);
			return undefined;
		}
	}
}

function endSpan(span: api.Span, { outcome, error, endMs, call, ownsError, scope }: Observation): void {
	try {
		span.setAttribute("outcome", outcome);
		if (scope.reading !== undefined) span.setAttributes(scope.reading.attributes());
		if (scope.spend !== undefined) describeSpend(span, scope.spend);
		if (!isFailure(outcome)) return;
		const { redact } = call.definition.pipeline.capture;
		span.setAttribute("error.type", errorType(error));
		span.setStatus({ code: api.SpanStatusCode.ERROR, message: messageOf(error, redact) });
		if (ownsError) recordException(span, error, endMs, redact);
	} finally {
		span.end(hrTime(endMs));
	}
}
