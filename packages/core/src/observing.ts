import type { Call, Definition } from "./call.ts";
import { activeContext, StageContext, withContext } from "./context.ts";
import { layer, type Middleware } from "./middleware.ts";
import { Observation, type Observer } from "./observation.ts";
import { prepares } from "./prepare.ts";
import { follow } from "./stream/follow.ts";

interface Watching {
	/** True for one that tells somebody of its own, or keeps account: it is wanted though nobody listens to the pipeline. */
	readonly always: boolean;
}

const watching = new WeakMap<Middleware, Watching>();

/** True for a layer that {@link observing} made: it tells the reporter of a call how that went. */
export function isObserving(middleware: Middleware): boolean {
	return watching.has(middleware);
}

/** True for a layer that has no effect where nobody listens to the pipeline; one that others wrote may have any. */
export function isIdleUnheard(middleware: Middleware): boolean {
	return watching.get(middleware)?.always === false;
}

/** Makes a layer of observers that share one pass over the result and one pair of clock readings. */
export function observing(
	name: string,
	observersOf: (definition: Definition) => readonly (Observer | undefined)[],
	always = false,
): Middleware {
	const planned = new WeakMap<Definition, readonly Observer[]>();
	function plan(definition: Definition): readonly Observer[] {
		const known = planned.get(definition);
		if (known !== undefined) return known;
		const observers = observersOf(definition).filter((observer) => observer !== undefined);
		planned.set(definition, observers);
		return observers;
	}
	const middleware = layer({ name, observes: true }, (next) => {
		let definition: Definition | undefined;
		let observers: readonly Observer[] = [];
		return function observe(call: Call) {
			if (call.definition !== definition) {
				definition = call.definition;
				observers = plan(definition);
			}
			const scope = call.scope;
			const before = scope.callerContext ?? activeContext();
			scope.callerContext = undefined;
			const observation = new Observation(call, before, observers);
			const spanBefore = scope.span;
			observation.begin();
			let result: unknown;
			try {
				if (scope.entered && scope.span === spanBefore) {
					result = next(call);
				} else {
					scope.entered = true;
					observation.context = new StageContext(before, scope.span, scope);
					result = withContext(observation.context, next, call);
				}
			} catch (error) {
				observation.failed(error);
				throw error;
			}
			if (result !== undefined && result === call.receiver) {
				// A method that gives its own object back, as a builder's does, hands out nothing that has yet to end.
				observation.settled();
				return result;
			}
			return follow(result, observation);
		};
	});
	watching.set(middleware, { always });
	return prepares(middleware, plan);
}
