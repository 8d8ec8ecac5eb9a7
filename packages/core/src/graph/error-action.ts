import type { Call } from "../call.ts";
import { waste } from "../cost/charge.ts";
import { markOutcome } from "../mark-outcome.ts";
import { show } from "../option.ts";
import { telemetryFailed } from "../telemetry-failure.ts";

/**
 * What is done about a node that failed: the error goes on, the node is called again, it is left out (`skip` and
 * `continue`), or a state takes the place of the one it did not give.
 */
export type ErrorAction =
	| "propagate"
	| "retry"
	| "skip"
	| "continue"
	| { readonly continue: unknown }
	| { readonly fallback: unknown };

const words: ReadonlySet<unknown> = new Set(["propagate", "retry", "skip", "continue"]);

/**
 * Asks one after the other until one answers something else than `propagate`; no answer is `propagate`, too. A state that
 * is yet to come is waited for: where it fails, the hook has failed.
 */
export async function decide(asked: readonly (() => unknown)[]): Promise<ErrorAction> {
	for (const ask of asked) {
		try {
			const answer: unknown = await ask();
			if (answer === undefined || answer === "propagate") continue;
			if (isAction(answer)) return await withoutPromises(answer);
			throw new TypeError(`onError must answer with an action, got ${show(answer)}`);
		} catch (error) {
			// A hook that breaks says nothing: the node's own error is what goes on.
			telemetryFailed("graph middleware", error);
		}
	}
	return "propagate";
}

function isAction(answer: unknown): answer is ErrorAction {
	if (words.has(answer)) return true;
	return answer !== null && typeof answer === "object" && ("continue" in answer || "fallback" in answer);
}

async function withoutPromises(action: ErrorAction): Promise<ErrorAction> {
	if (typeof action === "string") return action;
	const given = action as { readonly continue?: unknown; readonly fallback?: unknown };
	const [fallback, onward] = await Promise.all([given.fallback, given.continue]);
	return "fallback" in action ? { fallback } : { continue: onward };
}

/** What the node gives by an action that answers for it. */
export function answerOf(action: Exclude<ErrorAction, "propagate" | "retry">, call: Call, error: unknown): unknown {
	// The node's calls have failed, whatever stands in their place.
	waste(call.scope);
	if (typeof action === "string") {
		markOutcome(call, "skipped");
		return undefined;
	}
	markOutcome(call, "fallback", error);
	return "fallback" in action ? action.fallback : action.continue;
}
