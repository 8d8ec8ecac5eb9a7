import type { Call } from "../call.ts";
import { isStream } from "../runner/stream-reader.ts";
import { isEventStream } from "../stream/event-stream.ts";
import { hearEnd } from "../stream/hear-end.ts";
import { isNodeReadable } from "../stream/node-readable.ts";
import { isPlainPromise } from "../stream/plain-promise.ts";
import { interpose, type Step, withMethods } from "../stream/steps.ts";
import { isWebStream } from "../stream/web-stream.ts";
import { isThenable } from "../thenable.ts";
import type { Recovery } from "./chain.ts";
import { recoveringSteps } from "./recovering-steps.ts";

/** Hands a result outward as what it is, with an answer in its place where it fails. */
export function recovering(result: unknown, call: Call, recovery: Recovery): unknown {
	if (result === null || (typeof result !== "object" && typeof result !== "function")) {
		recovery.notNeeded();
		return result;
	}
	if (isPlainPromise(result)) return recoveringPromise(result, call, recovery);
	if (isThenable(result)) return recoveringThenable(result, call, recovery);
	return recoveringValue(result, call, recovery);
}

function recoveringPromise(promise: Promise<unknown>, call: Call, recovery: Recovery): Promise<unknown> {
	const derived = promise.then(
		(value) => recoveringValue(value, call, recovery),
		(error) => recovered(error, recovery),
	);
	// It may have been given members of its own: a `cancel`, the process it waits for.
	for (const name of Reflect.ownKeys(promise)) {
		if (Object.hasOwn(derived, name)) continue;
		Object.defineProperty(derived, name, Object.getOwnPropertyDescriptor(promise, name) as PropertyDescriptor);
	}
	return derived;
}

/** What answers for a failure, if anything does; else throws it. */
export function recovered(error: unknown, recovery: Recovery): unknown {
	if (!recovery.takes(error)) throw error;
	return recovery.answerFor(error);
}

/** A promise subclass or lazy thenable keeps its class, and begins when its consumer asks; other ways in are its own. */
function recoveringThenable(thenable: PromiseLike<unknown>, call: Call, recovery: Recovery): object {
	const { then } = thenable;
	let settled: Promise<unknown> | undefined;
	const settle = (): Promise<unknown> => {
		// Of the platform's class before anything is decided: a `then` may throw, or give another promise.
		settled ??= new Promise((resolve, reject) => Reflect.apply(then, thenable, [resolve, reject])).then(
			(value) => recoveringValue(value, call, recovery),
			(error) => recovered(error, recovery),
		);
		return settled;
	};
	const methods = new Map<string, Step>();
	for (const name of ["then", "catch", "finally"] as const) {
		if (name in thenable) methods.set(name, (...reactions) => Reflect.apply(settle()[name], settled, reactions));
	}
	return withMethods(thenable, methods);
}

/** A plain value has not failed; a stream may until its first item is there. */
function recoveringValue(value: unknown, call: Call, recovery: Recovery): unknown {
	if (!isStream(value) || isNodeReadable(value) || isEventStream(value)) {
		recovery.notNeeded();
		return value;
	}
	const isWeb = isWebStream(value);
	const isAsync = isWeb || Symbol.asyncIterator in value;
	const outward = interpose(value, (steps) => recoveringSteps(steps, recovery, isAsync, isWeb));
	return hearEnd(outward, call, {
		ended: (_, error) => (error === undefined ? recovery.notNeeded() : recovery.notApplicable()),
	});
}
