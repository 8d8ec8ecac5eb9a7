import { readNow } from "../clock.ts";
import type { Observation } from "../observation.ts";
import { classify, isFailure, type Outcome } from "../outcome.ts";
import type { Reporter, Scope } from "../scope.ts";

/** How a call of a runner went: as the layer that observes it says, or where none does, as its result tells. */
export class CallWatch implements Reporter {
	startedAtMs = 0;
	durationMs = 0;
	outcome: Outcome = "ok";
	error: unknown;
	#isEnded = false;

	began(observation: Observation): void {
		// The clock is read when it is first asked.
		this.startedAtMs = observation.startMs;
	}

	ended({ startMs, endMs, outcome, error }: Observation): void {
		this.#end(startMs, endMs, outcome, error);
	}

	/** Begins for a call that nobody may observe. */
	begin(scope: Scope): void {
		if (this.startedAtMs === 0) this.startedAtMs = readNow(scope.call.clock);
	}

	returned(scope: Scope): void {
		if (!this.#isEnded)
			this.#end(this.startedAtMs, readNow(scope.call.clock), scope.outcome ?? "ok", scope.outcomeError);
	}

	threw(scope: Scope, error: unknown): void {
		if (this.#isEnded) return;
		this.#end(this.startedAtMs, readNow(scope.call.clock), classify(error, scope.call.signal), error);
	}

	/** What stands in a report of the call. */
	get ending(): {
		readonly outcome: Outcome;
		readonly startedAtMs: number;
		readonly durationMs: number;
		readonly error?: unknown;
	} {
		const { outcome, startedAtMs, durationMs, error } = this;
		// Anything can be thrown, undefined too.
		const hasError = error !== undefined || isFailure(outcome) || outcome === "cancelled";
		return { outcome, startedAtMs, durationMs, ...(hasError && { error }) };
	}

	#end(startMs: number, endMs: number, outcome: Outcome, error: unknown): void {
		this.#isEnded = true;
		this.startedAtMs = startMs;
		this.durationMs = Math.max(0, endMs - startMs);
		this.outcome = outcome;
		this.error = error;
	}
}
