import * as api from "@opentelemetry/api";
import type { Call } from "./call.ts";
import { withScope } from "./call-copy.ts";
import { activeContext, StageContext, withContext } from "./context.ts";
import { waste } from "./cost/charge.ts";
import { ownsError } from "./error-owner.ts";
import { hrTime } from "./hr-time.ts";
import type { Handler } from "./middleware.ts";
import { Observation, type Observer } from "./observation.ts";
import { messageOf, recordException } from "./observer/exception.ts";
import { errorType, isFailure } from "./outcome.ts";
import { Scope } from "./scope.ts";
import { follow } from "./stream/follow.ts";
import { telemetryFailed } from "./telemetry-failure.ts";

/**
 * Makes each attempt of a call visible: for layers that call `next` more than once, around their `next`.
 *
 * Where the first attempt succeeds nothing is added. Once a second begins, each is a child span of the stage with its
 * `retry.attempt`, the first drawn after the fact; with `attemptSpans: "always"` the first is drawn as it runs. The
 * layer counts: it passes `{ ...call, attempt: 2 }` on.
 *
 * @example
 * const twice: Middleware = (next) => {
 *   const attempt = attempts(next);
 *   return async (call) => {
 *     try {
 *       return await attempt(call);
 *     } catch {
 *       return await attempt({ ...call, attempt: 2 });
 *     }
 *   };
 * };
 */
export function attempts(next: Handler): Handler {
	return function attempt(call) {
		const scope = call.scope;
		// Who tries again has no use for what was bought before.
		if (call.attempt > 1) waste(scope);
		if (scope.span === undefined) return next(call);
		if (call.attempt === 1 && scope.attemptSpans === "retried") return firstAttempt(call, next);
		followFirst(scope, next);
		return laterAttempt(call, next);
	};
}

/** The first attempt of one layer: drawn once a second follows. */
export class FirstAttempt extends Observation {
	/** What the layer calls: it tells one layer from another around the same stage. */
	readonly next: Handler;
	/** That of a layer further out, which is still in its first attempt too. */
	outer: FirstAttempt | undefined;
	isFollowed = false;
	/** What layers further in said of it: on its own span where it is drawn, else on the stage's. */
	said: api.Attributes | undefined;

	constructor(call: Call, next: Handler) {
		super(call, activeContext(), [drawIfFollowed]);
		this.next = next;
		this.outer = call.scope.firstAttempt;
	}
}

/** Runs in the stage's own context: its children stay under the stage. */
function firstAttempt(call: Call, next: Handler): unknown {
	const observation = new FirstAttempt(call, next);
	call.scope.firstAttempt = observation;
	return observed(observation, call, next);
}

const drawIfFollowed: Observer = {
	begin(observation) {
		// The clock is read when it is first asked, and the span is drawn only after the fact.
		void observation.startMs;
		return true;
	},
	end(observation) {
		// The next attempt's takes its place on the scope.
		observation.reading = observation.scope.reading;
		if ((observation as FirstAttempt).isFollowed) drawFirst(observation);
	},
};

/** Draws the first attempt of a layer that makes another one: now, or when it ends. */
function followFirst(scope: Scope, next: Handler): void {
	let inner: FirstAttempt | undefined;
	for (let first = scope.firstAttempt; first !== undefined; inner = first, first = first.outer) {
		if (first.next !== next) continue;
		if (inner === undefined) scope.firstAttempt = first.outer;
		else inner.outer = first.outer;
		first.isFollowed = true;
		if (first.ended) drawFirst(first);
		return;
	}
}

/** Draws a first attempt that failed, once its call has ended in another way: its error would stand nowhere. */
export function drawLostAttempt({ scope, error, span }: Observation): void {
	for (let first = scope.firstAttempt; first !== undefined; first = first.outer) {
		if (!first.ended || !isFailure(first.outcome) || first.error === error) {
			if (first.said !== undefined) span?.setAttributes(first.said);
			continue;
		}
		scope.firstAttempt = undefined;
		drawFirst(first);
		return;
	}
}

function laterAttempt(call: Call, next: Handler): unknown {
	const stage = call.scope;
	// What was said of an earlier attempt does not hold for this one.
	stage.outcome = undefined;
	stage.outcomeError = undefined;
	const scope = new Scope(stage, stage.run, false, stage.attemptOf ?? stage);
	const attempt = withScope(call, scope);
	scope.call = attempt;
	const before = activeContext();
	const observation = new Observation(attempt, before, [endSpan]);
	const span = startSpan(attempt, stage, observation.startMs);
	// An attempt that cannot be drawn is the stage's own: it records what happens.
	if (span === undefined) return next(call);
	observation.span = span;
	scope.span = span;
	scope.entered = true;
	observation.context = new StageContext(before, scope.span, scope);
	return observed(observation, attempt, (given) => withContext(observation.context, next, given));
}

function observed(observation: Observation, call: Call, next: Handler): unknown {
	observation.begin();
	let result: unknown;
	try {
		result = next(call);
	} catch (error) {
		observation.failed(error);
		throw error;
	}
	return follow(result, observation);
}

/** Draws a first attempt after the fact. */
export function drawFirst(observation: Observation): void {
	const { call, scope, startMs, error } = observation;
	const span = startSpan(call, scope, startMs);
	if (span === undefined) return;
	// The attempt takes the error over from its stage, which then does not record it again.
	const records = observation.ownsError && ownsError(error, new Scope(scope, scope.run));
	try {
		if (observation instanceof FirstAttempt && observation.said !== undefined) span.setAttributes(observation.said);
		describeAndEnd(span, observation, records);
	} catch (failure) {
		telemetryFailed("attempt span", failure);
	}
}

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

/** Ends the span of an attempt, and says of the stage what the attempt said of itself. */
export const endSpan: Observer = {
	begin: () => true,
	end(observation) {
		const { parent, outcome, outcomeError, reading } = observation.scope;
		observation.reading = reading;
		if (parent !== undefined && outcome !== undefined) {
			parent.outcome = outcome;
			parent.outcomeError = outcomeError;
		}
		if (observation.span !== undefined) describeAndEnd(observation.span, observation, observation.ownsError);
	},
};

function describeAndEnd(span: api.Span, observation: Observation, records: boolean): void {
	try {
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
