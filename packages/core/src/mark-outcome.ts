import type { Call } from "./call.ts";
import type { Outcome } from "./outcome.ts";

/**
 * Says how a call ended where its result alone does not: a layer that leaves a stage out, or answers in its place.
 *
 * The error a fallback answers for stays on the span, without making it a failure.
 *
 * @example
 * const skipAtNight: Middleware = (next) => (call) => {
 *   if (new Date().getHours() >= 6) return next(call);
 *   markOutcome(call, "skipped");
 *   return undefined;
 * };
 */
export function markOutcome(
	call: Call,
	outcome: Extract<Outcome, "skipped" | "fallback" | "interrupted">,
	error?: unknown,
): void {
	const scope = call.scope;
	scope.outcome = outcome;
	scope.outcomeError = error;
}
