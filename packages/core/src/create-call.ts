import { type Call, CallValues, type Definition } from "./call.ts";
import { type Deadline, deadlineOf, withMovingDeadline } from "./call-copy.ts";
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
	const scope = new Scope(nearestOpen(parent), run, definition.kind === "run");
	return callWithin(scope, definition, input, receiver, signal, deadlineIn(parent) ?? deadlineAround(scope));
}

/** Layers pass changed calls inwards, each with a scope of its own: such a one goes on as long as the call it is of. */
function deadlineIn(scope: Scope | undefined): Deadline {
	return scope?.attemptOf?.open ? deadlineOf(scope.call) : undefined;
}

function deadlineAround({ parent }: Scope): Deadline {
	return parent === undefined ? undefined : deadlineOf(parent.call);
}

/** Makes the call that a scope belongs to. */
export function callWithin(
	scope: Scope,
	definition: Definition,
	input: readonly unknown[],
	receiver: unknown,
	signal: AbortSignal | undefined,
	deadline: Deadline = deadlineAround(scope),
): Call {
	const { run } = scope;
	const isMoving = typeof deadline === "function";
	const call: Call = {
		kind: definition.kind,
		name: definition.name,
		definition,
		input,
		receiver,
		signal,
		deadlineMs: isMoving ? undefined : deadline,
		attempt: 1,
		ids: run === undefined ? noIds : run.ids,
		clock: definition.pipeline.clock,
		values: CallValues.none,
		emit,
		scope,
	};
	const made = isMoving ? withMovingDeadline(call, deadline, () => call.signal) : call;
	scope.call = made;
	return made;
}

/**
 * The nearest call around this one that is still going on. A timer set in a stage calls on in its context after it has
 * ended: were that call its child, a job that reschedules itself would keep every call it ever made.
 */
function nearestOpen(scope: Scope | undefined): Scope | undefined {
	let nearest = scope;
	while (nearest !== undefined && !nearest.open) nearest = nearest.parent;
	return nearest;
}

export function emit(this: Call, name: string, attributes?: EventAttributes): void {
	const problem = eventNameProblem(name);
	if (problem === undefined) emitEvent(this, name, attributes);
	else telemetryFailed("emit", new RangeError(`the name ${show(name)} ${problem}`));
}
