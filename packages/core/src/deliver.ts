import { telemetryFailed } from "./telemetry-failure.ts";

/** Listeners that are being called at this moment, the innermost last; hardly ever more than one. */
const busy: object[] = [];

/** Counts the rejection of a promise that nobody waits for: what is called for its effect may be an async function. */
export function countRejection(part: string, result: unknown): void {
	if (typeof (result as Partial<PromiseLike<unknown>> | undefined | null)?.then !== "function") return;
	Promise.resolve(result).catch((error) => telemetryFailed(part, error));
}

/**
 * Calls a logger, a sink or any other hook of the user's, whatever it does: one that throws, or that is written as an async function and
 * rejects, changes nothing. One that is reached again from inside its own call goes through instrumented code, and would
 * call itself for ever: what it would be told of itself is dropped and counted.
 */
export function deliver<R>(part: string, listener: object, tell: () => R): R | undefined {
	if (busy.includes(listener)) {
		const reason = "it goes through code that Footlight observes; what that says of it is dropped";
		telemetryFailed(part, new Error(reason));
		return undefined;
	}
	busy.push(listener);
	try {
		const result = tell();
		countRejection(part, result);
		return result;
	} catch (error) {
		telemetryFailed(part, error);
		return undefined;
	} finally {
		busy.pop();
	}
}
