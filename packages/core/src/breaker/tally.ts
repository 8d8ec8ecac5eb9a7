import type { BreakerSettings } from "./settings.ts";
import { type CircuitBreakerReason, type CircuitBreakerState, circuitBreakerStates, type Verdict } from "./state.ts";

/** So often has a breaker changed from one state to another for a reason. */
export interface TransitionCount {
	readonly from: CircuitBreakerState;
	readonly to: CircuitBreakerState;
	readonly reason: CircuitBreakerReason;
	count: number;
}

/** What a breaker has counted since it was made: plain numbers, read when somebody collects. */
export class Tally {
	successes = 0;
	slowSuccesses = 0;
	failures = 0;
	slowFailures = 0;
	ignored = 0;
	notPermitted = 0;
	readonly seconds: Record<CircuitBreakerState, number> = {
		closed: 0,
		open: 0,
		half_open: 0,
		forced_open: 0,
		disabled: 0,
	};
	readonly transitions: TransitionCount[];

	constructor(settings: BreakerSettings) {
		this.transitions = possibleTransitions(settings);
	}

	count(verdict: Verdict, slow: boolean): void {
		if (verdict === "success") {
			if (slow) this.slowSuccesses++;
			else this.successes++;
		} else if (verdict === "failure") {
			if (slow) this.slowFailures++;
			else this.failures++;
		} else {
			this.ignored++;
		}
	}

	transition(from: CircuitBreakerState, to: CircuitBreakerState, reason: CircuitBreakerReason): void {
		const known = this.transitions.find((one) => one.from === from && one.to === to && one.reason === reason);
		if (known !== undefined) known.count++;
		// Only `restore` makes a breaker open or half-open by hand.
		else this.transitions.push({ from, to, reason, count: 1 });
	}
}

/** Those of a breaker's own, and those that somebody makes by hand. */
function possibleTransitions({ failureRateRatio, slowCallRateRatio }: BreakerSettings): TransitionCount[] {
	const manual = (["closed", "forced_open", "disabled"] as const).flatMap((to) =>
		circuitBreakerStates.filter((from) => from !== to).map((from) => ({ from, to, reason: "manual" as const })),
	);
	const opens: CircuitBreakerReason[] = [failureRateRatio === undefined ? "consecutive_failures" : "failure_rate"];
	if (slowCallRateRatio !== undefined) opens.push("slow_call_rate");
	return [
		...opens.map((reason) => ({ from: "closed" as const, to: "open" as const, reason })),
		{ from: "open" as const, to: "half_open" as const, reason: "time" as const },
		{ from: "half_open" as const, to: "open" as const, reason: "probe_failed" as const },
		{ from: "half_open" as const, to: "closed" as const, reason: "probes_succeeded" as const },
		...manual,
	].map((one) => ({ ...one, count: 0 }));
}
