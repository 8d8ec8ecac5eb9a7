import type { Definition } from "./call.ts";
import { activeContext, scopeOf } from "./context.ts";
import { type CorrelationIds, checkCorrelationIds, correlationOptions } from "./correlation.ts";
import { createCall } from "./create-call.ts";
import type { RunOptions } from "./light.ts";
import { compose, type Middleware } from "./middleware.ts";
import { knownOptions, optionalBoolean, show } from "./option.ts";
import type { Pipeline } from "./pipeline.ts";
import { Run } from "./scope.ts";
import { callThrough } from "./wrap/stage.ts";

/** Makes `light.run`: composed once, like a stage, of the layers that observe. */
export function runStarter(
	pipeline: Pipeline,
	observing: readonly Middleware[],
): <R>(ids: RunOptions, fn: () => R) => R {
	const definition: Definition = Object.freeze({ kind: "run", name: pipeline.name, pipeline });
	const handler = compose(
		observing,
		callThrough((call) => (call.input[0] as () => unknown)()),
	);

	return function startRun<R>(ids: RunOptions, fn: () => R): R {
		if (typeof fn !== "function") throw new TypeError(`run: fn must be a function, got ${show(fn)}`);
		checkRun(ids);
		const { root = false, signal, ...correlation } = ids;
		const parent = scopeOf(activeContext());
		const run = new Run(
			{ ...inherited(parent?.call.ids), ...correlation, runId: correlation.runId ?? crypto.randomUUID() },
			root,
		);
		if (!pipeline.listening) pipeline.warnUnheard();
		const call = createCall(definition, [fn], undefined, parent, run, signal ?? parent?.call.signal);
		return handler(call) as R;
	};
}

/** What a run inside a run takes over: everything but the outer run's own id. */
function inherited(ids: CorrelationIds | undefined): CorrelationIds {
	if (ids === undefined) return {};
	const { runId: _, ...rest } = ids;
	return rest;
}

function checkRun(options: RunOptions): void {
	knownOptions("run", options, [...correlationOptions, "root", "signal"]);
	checkCorrelationIds("run", options);
	optionalBoolean("run: root", options.root);
	if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
		throw new TypeError(`run: signal must be an AbortSignal, got ${show(options.signal)}`);
	}
}
