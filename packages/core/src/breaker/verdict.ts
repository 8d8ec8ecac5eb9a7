import type { Call } from "../call.ts";
import type { Outcome } from "../outcome.ts";
import { isCallersFault } from "../retry/transient.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import type { Verdict } from "./state.ts";

/**
 * How a breaker takes the end of a call. What was given up, paused, left out or refused further in says nothing of what is
 * called: taken for a success, a cancelled probe would close the breaker.
 */
export function verdictOn(
	call: Call,
	outcome: Outcome,
	error: unknown,
	isFailure: ((error: unknown) => boolean) | undefined,
): Verdict {
	switch (outcome) {
		case "ok": {
			const marked = call.scope.outcome;
			return marked === "skipped" || marked === "interrupted" ? "ignored" : "success";
		}
		case "fallback":
			return "success";
		case "error":
		case "timeout":
			return (isFailure === undefined ? !isCallersFault(error) : asked(isFailure, error)) ? "failure" : "success";
		default:
			return "ignored";
	}
}

/** A predicate that fails, or does not say, leaves it to the default. */
function asked(isFailure: (error: unknown) => unknown, error: unknown): boolean {
	try {
		const answer = isFailure(error);
		if (typeof answer === "boolean") return answer;
		// One written as an async function may reject, too.
		Promise.resolve(answer).catch(() => {});
		throw new TypeError("it must answer true or false");
	} catch (failure) {
		telemetryFailed("circuitBreaker isFailure", failure);
		return !isCallersFault(error);
	}
}
