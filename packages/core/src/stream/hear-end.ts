import type { Call } from "../call.ts";
import { activeContext } from "../context.ts";
import { Observation } from "../observation.ts";
import { classify, type Outcome } from "../outcome.ts";
import { isStream } from "../runner/stream-reader.ts";
import { isThenable } from "../thenable.ts";
import { follow } from "./follow.ts";
import { hasMembers, isPlainPromise } from "./plain-promise.ts";

/** Told once how a result ended. */
export interface EndListener {
	/** @param error - what it failed with; undefined where it did not */
	ended(outcome: Outcome, error: unknown): void;
	/** Told of each item of a stream. */
	arrived?(): void;
}

const { then } = Promise.prototype;

/**
 * Hears how what `next` answered ends, whatever kind it is, and hands it outward as it is: a value has ended already, a
 * promise ends when it settles, a stream with its last item, its error, or when its consumer stops or forgets it.
 *
 * For layers that keep a place, or a count, for as long as a call lasts. What `next` throws they hear themselves.
 */
export function hearEnd(result: unknown, call: Call, listener: EndListener): unknown {
	if (result === null || (typeof result !== "object" && typeof result !== "function")) {
		return arrived(result, call, listener);
	}
	if (!isFresh(result, call.definition.isAsync === true)) return lastingOrArrived(result, call, listener);
	try {
		return then.call(
			result,
			(value) => lastingOrArrived(value, call, listener),
			(error) => {
				listener.ended(classify(error, call.signal), error);
				throw error;
			},
		);
	} catch {
		// It only looks like a promise: a proxy of one, an heir of the prototype.
		return observed(result, call, listener);
	}
}

/**
 * True for a promise to which nobody has added members: it can be derived from. Of an `async` function only a layer can have
 * done so, by assigning: to look for the hidden ones too would cost several times as much.
 */
function isFresh(result: object, isOfAsyncFunction: boolean): boolean {
	try {
		if (!isPlainPromise(result)) return false;
		if (!isOfAsyncFunction) return !hasMembers(result);
		if (Symbol.asyncIterator in result) return false;
		for (const _ in result) return false;
		return true;
	} catch {
		// A proxy may refuse to be looked at.
		return false;
	}
}

function lastingOrArrived(value: unknown, call: Call, listener: EndListener): unknown {
	// Most results have ended already, and to follow one costs more than all the rest.
	return isThenable(value) || isStream(value) ? observed(value, call, listener) : arrived(value, call, listener);
}

function arrived(value: unknown, { scope }: Call, listener: EndListener): unknown {
	listener.ended(scope.outcome ?? "ok", scope.outcomeError);
	return value;
}

function observed(result: object, call: Call, listener: EndListener): unknown {
	const observation = new Observation(call, activeContext(), [
		{
			begin: () => true,
			value: () => listener.arrived?.(),
			end: ({ outcome, error }) => listener.ended(outcome, error),
		},
	]);
	observation.begin();
	return follow(result, observation);
}
