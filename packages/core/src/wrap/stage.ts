import type { Call, Definition } from "../call.ts";
import { showsNobody } from "../call-copy.ts";
import { activeContext, StageContext, scopeOf, withContext } from "../context.ts";
import { createCall } from "../create-call.ts";
import { compose, describeLayer, type Handler, type Middleware } from "../middleware.ts";
import { isIdleUnheard } from "../observing.ts";
import { Scope } from "../scope.ts";
import { generatorKind, lazyAsyncGenerator, lazyGenerator, steppedIn } from "./generator.ts";

// biome-ignore lint/suspicious/noExplicitAny: any function at all can be a stage
export type AnyFunction = (...input: any[]) => any;

/** The wrapped function of a stage: computes at definition what a call need not. */
export function invoker(definition: Definition, fn: AnyFunction, use: readonly Middleware[]): AnyFunction {
	const handler = compose(
		use,
		showsNobody(callThrough(({ call }) => Reflect.apply(fn, call.receiver, call.input as unknown[]))),
	);
	const { pipeline } = definition;
	const wantsListeners = use.some(isIdleUnheard);
	const isIdle = use.every(isIdleUnheard);
	const waits = use.some((middleware) => describeLayer(middleware).waits);
	const kind = generatorKind(fn);

	const observedFirst = use[0] !== undefined && describeLayer(use[0]).observes;

	function start(receiver: unknown, input: unknown[]): unknown {
		const context = activeContext();
		const call = createCall(definition, input, receiver, scopeOf(context));
		if (observedFirst) call.scope.callerContext = context;
		return handler(call);
	}

	const lazy = kind === "sync" && !waits ? lazyGenerator : lazyAsyncGenerator;
	// A method has a `this`, but neither a prototype nor a constructor that the user's function may lack.
	const { stage } = {
		stage(this: unknown, ...input: unknown[]) {
			if ((wantsListeners || isIdle) && !pipeline.listening) {
				if (wantsListeners) pipeline.warnUnheard();
				if (isIdle) return Reflect.apply(fn, this, input);
			}
			if (kind === undefined) return start(this, input);
			const context = activeContext();
			return lazy(fn, () => withContext(context, (given) => start(this, given), input));
		},
	};
	return stage;
}

/** True for a function written as `async`; a proxy of one may give out anything. */
export function isAsyncFunction(fn: AnyFunction): boolean {
	const isTagged = Object.prototype.toString.call(fn) === "[object AsyncFunction]";
	return isTagged && !Function.prototype.toString.call(fn).endsWith("{ [native code] }");
}

/** The innermost handler: calls the user's function, with the call that reached it as the current one. */
export function callThrough(apply: (scope: Scope) => unknown): Handler {
	return function callThrough(call) {
		const scope = call.scope;
		(scope.attemptOf ?? scope).attempts++;
		if (scope.call === call && scope.entered) {
			const result = apply(scope);
			// Who observes the stage runs the steps of a stream as the stage's, not as those of one of its attempts.
			return scope.attemptOf === undefined ? result : steppedIn(activeContext(), result);
		}
		const inner = innermost(call, scope);
		const context = new StageContext(activeContext(), scope.span, inner);
		return steppedIn(context, withContext(context, apply, inner));
	};
}

/** A layer passed on another call than it was given; its signal and attempt must be the ones the function sees. */
function innermost(call: Call, scope: Scope): Scope {
	if (scope.call === call) return scope;
	const inner = new Scope(scope, scope.run, false, scope.attemptOf ?? scope);
	inner.call = call;
	return inner;
}
