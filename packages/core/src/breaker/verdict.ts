import type { Call } from "../call.ts";
import type { Outcome } from "../outcome.ts";
import { asked } from "../predicate.ts";
import { isCallersFault } from "../retry/transient.ts";
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
			return (isFailure === undefined ? !isCallersFault(error) : failed(isFailure, error)) ? "failure" : "success";
		default:
			return "ignored";
	}
}

/** A predicate that fails, or does not say, leaves it to the default. */
function failed(isFailure: (error: unknown) => boolean, error: unknown): boolean {
	return asked("circuitBreaker isFailure", isFailure, error) ?? !isCallersFault(error);
}
