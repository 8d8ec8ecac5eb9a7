import type { Definition } from "./call.ts";
import { activeContext, scopeOf } from "./context.ts";
import { type CorrelationIds, checkIdNames, correlationOptions, usableIds } from "./correlation.ts";
import { createCall } from "./create-call.ts";
import type { RunOptions } from "./light.ts";
import { compose, type Middleware } from "./middleware.ts";
import { isIdleUnheard } from "./observing.ts";
import { knownOptions, optionalBoolean, show } from "./option.ts";
import type { Pipeline } from "./pipeline.ts";
import { prepare } from "./prepare.ts";
import { type Reporter, Run } from "./scope.ts";
import { either } from "./timing/hearing.ts";
import { callThrough } from "./wrap/stage.ts";

const known = [...correlationOptions, "root", "signal"];

/** Makes `light.run`: composed once, like a stage, of the layers that observe. */
export function runStarter(
	pipeline: Pipeline,
	observing: readonly Middleware[],
): <R>(ids: RunOptions, fn: () => R, reporter?: Reporter) => R {
	const definition: Definition = Object.freeze({ kind: "run", name: pipeline.name, pipeline, bornAtZero: true });
	prepare(observing, definition);
	const wantsListeners = observing.some(isIdleUnheard);
	const handler = compose(
		observing,
		callThrough(({ call }) => (call.input[0] as () => unknown)()),
	);

	return function startRun<R>(ids: RunOptions, fn: () => R, reporter?: Reporter): R {
		if (typeof fn !== "function") throw new TypeError(`run: fn must be a function, got ${show(fn)}`);
		checkRun(ids);
		const { root = false, signal } = ids;
		const parent = scopeOf(activeContext());
		const run = new Run(idsWithin(parent?.call.ids, usableIds("run", ids)), root, parent?.run?.ids.runId);
		if (wantsListeners && !pipeline.listening) pipeline.warnUnheard();
		const call = createCall(definition, [fn], undefined, parent, run, signalWithin(parent?.call.signal, signal));
		call.scope.reporter = reporter;
		return handler(call) as R;
	};
}

/** A run inside a run takes over every identifier it is not given, but the outer run's own. */
function idsWithin(outer: CorrelationIds | undefined, given: CorrelationIds): CorrelationIds {
	const runId = given.runId ?? crypto.randomUUID();
	if (outer === undefined) return { ...given, runId };
	const extra = given.extra === undefined ? outer.extra : { ...outer.extra, ...given.extra };
	return { ...outer, ...given, ...(extra && { extra }), runId };
}

/** A run of its own signal inside another hears both: the outer run's end is its end too. */
function signalWithin(outer: AbortSignal | undefined, given: AbortSignal | undefined): AbortSignal | undefined {
	if (outer === undefined || given === undefined || outer === given) return given ?? outer;
	return either(outer, given);
}

export function checkRun(options: RunOptions): void {
	knownOptions("run", options, known);
	checkIdNames("run", options);
	optionalBoolean("run: root", options.root);
	if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
		throw new TypeError(`run: signal must be an AbortSignal, got ${show(options.signal)}`);
	}
}
