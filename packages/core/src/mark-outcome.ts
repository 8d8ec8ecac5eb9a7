import type { Call } from "./call.ts";
import { oneOf } from "./option.ts";
import type { Outcome } from "./outcome.ts";
import { telemetryFailed } from "./telemetry-failure.ts";

type Mark = Extract<Outcome, "skipped" | "fallback" | "interrupted">;

const marks: readonly Mark[] = ["skipped", "fallback", "interrupted"];

/**
 * Says how a call ended where its result alone does not: a layer that leaves a stage out, or answers in its place.
 *
 * The error a fallback answers for stays on the span, without making it a failure. Any other word is counted as a failure
 * of telemetry and has no effect.
 *
 * @example
 * const skipAtNight: Middleware = (next) => (call) => {
 *   if (new Date().getHours() >= 6) return next(call);
 *   markOutcome(call, "skipped");
 *   return undefined;
 * };
 */
export function markOutcome(call: Call, outcome: Mark, error?: unknown): void {
	try {
		oneOf("markOutcome: outcome", outcome, marks);
	} catch (refusal) {
		telemetryFailed("markOutcome", refusal);
		return;
	}
	const scope = call.scope;
	scope.outcome = outcome;
	scope.outcomeError = error;
}
