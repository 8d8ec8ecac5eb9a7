import { type Call, CallValues, type Definition } from "./call.ts";
import type { CorrelationIds } from "./correlation.ts";
import { emitEvent } from "./emit.ts";
import type { EventAttributes } from "./event.ts";
import { eventNameProblem } from "./event.ts";
import { show } from "./option.ts";
import { type Run, Scope } from "./scope.ts";
import { telemetryFailed } from "./telemetry-failure.ts";

const noIds: CorrelationIds = {};

/** Makes the call that enters a chain, with a scope of its own. */
export function createCall(
	definition: Definition,
	input: readonly unknown[],
	receiver: unknown,
	parent: Scope | undefined,
	run: Run | undefined = parent?.run,
	signal: AbortSignal | undefined = parent?.call.signal,
): Call {
	const scope = new Scope(parent, run);
	const call: Call = {
		kind: definition.kind,
		name: definition.name,
		definition,
		input,
		receiver,
		signal,
		attempt: 1,
		ids: run === undefined ? noIds : run.ids,
		clock: definition.pipeline.clock,
		values: CallValues.none,
		emit,
		scope,
	};
	scope.call = call;
	return call;
}

function emit(this: Call, name: string, attributes?: EventAttributes): void {
	const problem = eventNameProblem(name);
	if (problem === undefined) emitEvent(this, name, attributes);
	else telemetryFailed("emit", new RangeError(`the name ${show(name)} ${problem}`));
}
