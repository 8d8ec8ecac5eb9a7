import type { CircuitBreakerSnapshot } from "./snapshot.ts";
import type { CircuitBreakerState } from "./state.ts";

/** A circuit breaker, to look at and to steer: found by its name in {@link circuitBreakers}. */
export interface CircuitBreaker {
	readonly name: string;
	/** `half_open` as soon as the time of an open one is up. */
	readonly state: CircuitBreakerState;
	/** What it is and remembers at this moment, for JSON. */
	snapshot(): CircuitBreakerSnapshot;
	/**
	 * Takes over a snapshot, of this process or another: state, remaining time, and what was remembered where the kind of
	 * window is the same. Calls that run no longer count. **Throws** TypeError or RangeError for what is no snapshot.
	 */
	restore(snapshot: CircuitBreakerSnapshot): void;
	/** Refuses every call until `reset()`. */
	forceOpen(): void;
	/** Lets every call through, and judges none, until `reset()`. */
	disable(): void;
	/** Closes it and forgets what it remembers; calls that run no longer count. */
	reset(): void;
}
