import { isPlainPromise } from "./stream/plain-promise.ts";

const { then } = Promise.prototype;

/** True for what is waited for; a getter of the user's object that throws is for the user's own code to meet. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
	if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
	try {
		return typeof (value as Partial<PromiseLike<unknown>>).then === "function";
	} catch {
		return false;
	}
}

/** Waits for anything that has a `then`, however that behaves, as `await` does. */
export function awaited(
	thenable: PromiseLike<unknown>,
	fulfilled: (value: unknown) => unknown,
	rejected?: (error: unknown) => unknown,
): Promise<unknown> {
	try {
		// Whatever `then` a promise was given, the platform's own is the one that counts.
		if (isPlainPromise(thenable)) return then.call(thenable, fulfilled, rejected);
	} catch {
		// It only looks like one.
	}
	// Not Promise.resolve: it reads `constructor`, which may throw.
	return new Promise((resolve) => resolve(thenable)).then(fulfilled, rejected);
}

/** Lets go of a promise that nobody asked for: where it rejects, that is no unhandled rejection. */
export function ignoreRejection(thenable: PromiseLike<unknown>): void {
	awaited(thenable, nothing, nothing);
}

function nothing(): void {}
