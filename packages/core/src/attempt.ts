import type { Span } from "@opentelemetry/api";
import { describeAndEnd, startSpan } from "./attempt-span.ts";
import type { Call } from "./call.ts";
import { withScope } from "./call-copy.ts";
import { activeContext, StageContext, withContext } from "./context.ts";
import { waste } from "./cost/charge.ts";
import { drawIfFollowed, FirstAttempt, followFirst, saidInside } from "./first-attempt.ts";
import type { Handler } from "./middleware.ts";
import { Observation, type Observer } from "./observation.ts";
import { Scope } from "./scope.ts";
import { follow } from "./stream/follow.ts";
import { begins, ends, type Unfinished } from "./unfinished.ts";

/**
 * Makes each attempt of a call visible: for layers that call `next` more than once, around their `next`.
 *
 * Where the first attempt succeeds nothing is added. Once a second begins, each is a child span of the stage with its
 * `retry.attempt`, the first drawn after the fact; with `attemptSpans: "always"` the first is drawn as it runs. What is
 * said in an attempt stands on its span, and on the stage's where it is not drawn. One that runs when the call fails in
 * another way, as by a time limit, ends there. The layer counts: it passes `{ ...call, attempt: 2 }` on.
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
		return laterAttempt(call, next, followFirst(scope, next));
	};
}

/** An attempt, as long as it runs. */
class Running implements Unfinished {
	outer: Unfinished | undefined;
	declare observation: Observation;

	giveUp(error: unknown): void {
		this.observation.failed(error);
	}
}

/** Runs in the stage's own context: its children stay under the stage. */
function firstAttempt(call: Call, next: Handler): unknown {
	const { scope } = call;
	const running = new Running();
	begins(scope, running);
	const first = new FirstAttempt(call, activeContext(), drawIfFollowed, next);
	running.observation = first;
	first.unfinished = running;
	scope.firstAttempt = first;
	return observed(first, call, next);
}

function laterAttempt(call: Call, next: Handler, beside: Unfinished | undefined): unknown {
	const stage = call.scope;
	// What was said of an earlier attempt does not hold for this one.
	stage.outcome = undefined;
	stage.outcomeError = undefined;
	const scope = new Scope(stage, stage.run, false, stage.attemptOf ?? stage);
	const attempt = withScope(call, scope);
	scope.call = attempt;
	const before = activeContext();
	const running = new Running();
	const observation = new Observation(attempt, before, [
		endSpan,
		{ begin: () => true, end: () => ends(stage, running) },
	]);
	const span = startSpan(attempt, stage, observation.startMs);
	// An attempt that cannot be drawn is the stage's own: it records what happens.
	if (span === undefined) return next(call);
	running.observation = observation;
	begins(stage, running, beside);
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

/** Ends the span of an attempt, and says of the stage what the attempt said of itself. */
export const endSpan: Observer = {
	begin: () => true,
	end(observation) {
		const { scope, span } = observation;
		const { parent, outcome, outcomeError, reading } = scope;
		observation.reading = reading;
		if (parent !== undefined && outcome !== undefined) {
			parent.outcome = outcome;
			parent.outcomeError = outcomeError;
		}
		if (span === undefined) return;
		describeAndEnd(span, observation, observation.ownsError, saidInside(scope, undefined, observation.error));
	},
};

/** Says of a stage that has ended what was said in a first attempt that nothing followed. */
export function describeByAttempts({ scope, error }: Observation, span: Span): void {
	const said = saidInside(scope, undefined, error);
	if (said !== undefined) span.setAttributes(said);
}
