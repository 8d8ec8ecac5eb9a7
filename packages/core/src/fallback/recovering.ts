import type { Call } from "../call.ts";
import { isStream } from "../runner/stream-reader.ts";
import { isEventStream } from "../stream/event-stream.ts";
import { hearEnd } from "../stream/hear-end.ts";
import { isNodeReadable } from "../stream/node-readable.ts";
import { isPatchable, patchMethod, proxyWith } from "../stream/patch.ts";
import { isPlainPromise } from "../stream/plain-promise.ts";
import { interpose } from "../stream/steps.ts";
import { isWebStream } from "../stream/web-stream.ts";
import { isThenable, type Recovery } from "./chain.ts";
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

type Reaction = ((value: unknown) => unknown) | null | undefined;

/** A promise subclass or lazy thenable keeps its class, and begins when its consumer asks; other ways in are its own. */
function recoveringThenable(thenable: PromiseLike<unknown>, call: Call, recovery: Recovery): object {
	const { then } = thenable;
	let settled: Promise<unknown> | undefined;
	const settle = (): Promise<unknown> => {
		settled ??= new Promise((resolve, reject) => {
			Reflect.apply(then, thenable, [
				(value: unknown) => resolve(recoveringValue(value, call, recovery)),
				(error: unknown) => {
					try {
						resolve(recovered(error, recovery));
					} catch (failure) {
						reject(failure);
					}
				},
			]);
		});
		return settled;
	};
	const methods = new Map<string, (...input: Reaction[]) => unknown>([
		["then", (onFulfilled, onRejected) => settle().then(onFulfilled, onRejected)],
	]);
	if ("catch" in thenable) methods.set("catch", (onRejected) => settle().catch(onRejected));
	if ("finally" in thenable) methods.set("finally", (done) => settle().finally(done as () => void));
	if (!isPatchable(thenable, [...methods.keys()])) return proxyWith(thenable, methods);
	for (const [name, method] of methods) patchMethod(thenable, name, method);
	return thenable;
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
