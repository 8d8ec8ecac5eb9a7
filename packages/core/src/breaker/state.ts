/** State of a circuit breaker: the same words in spans, metrics, events, logs and snapshots. */
export type CircuitBreakerState = (typeof circuitBreakerStates)[number];

export const circuitBreakerStates = ["closed", "open", "half_open", "forced_open", "disabled"] as const;

/** Why a closed circuit breaker opens. */
export type OpenReason = "consecutive_failures" | "failure_rate" | "slow_call_rate";

/** Why a circuit breaker changed its state. */
export type CircuitBreakerReason = OpenReason | "probe_failed" | "probes_succeeded" | "time" | "manual";

/** How a circuit breaker takes the end of a call. */
export type Verdict = "success" | "failure" | "ignored";

/** What a circuit breaker has seen lately. */
export interface CircuitBreakerFigures {
	/** Failures in a row, or in the window. */
	readonly failures: number;
	/** Calls in the window; absent where the breaker counts failures in a row. */
	readonly calls?: number;
	/** Share of failures in the window; absent below the minimum of calls. */
	readonly failureRateRatio?: number;
	/** Share of slow calls in the window; absent below the minimum of calls, and where slow calls are not watched. */
	readonly slowCallRateRatio?: number;
}

/** A change of a circuit breaker's state. */
export interface CircuitBreakerChange extends Partial<CircuitBreakerFigures> {
	readonly name: string;
	readonly from: CircuitBreakerState;
	readonly to: CircuitBreakerState;
	readonly reason: CircuitBreakerReason;
	/** How long it stays open, in milliseconds; absent where it did not open, or waits for somebody to close it. */
	readonly openMs?: number;
}
