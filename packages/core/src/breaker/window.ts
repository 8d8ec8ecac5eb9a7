import { CallResults } from "./call-results.ts";
import type { BreakerSettings } from "./settings.ts";
import type { CircuitBreakerFigures, OpenReason } from "./state.ts";
import { Streak } from "./streak.ts";
import { TimedResults } from "./timed-results.ts";

/** What a window holds, as JSON keeps it. */
export type WindowSnapshot =
	| { readonly failuresInRow: number }
	/** A digit for each call, the oldest first: 1 a failure, 2 slow, 3 both. */
	| { readonly results: string }
	/** Calls, failures and slow calls of each slice of the time, and how many slices ago that began. */
	| { readonly slices: readonly (readonly [ago: number, calls: number, failures: number, slowCalls: number])[] };

/** What a closed breaker remembers of its calls. */
export interface Window {
	/** True for one that forgets as time goes by: it must be told the time. */
	readonly readsClock: boolean;
	/** Takes a call in, and says why the breaker opens, where it does. */
	record(failed: boolean, slow: boolean, nowMs: number): OpenReason | undefined;
	figures(nowMs: number): CircuitBreakerFigures;
	clear(): void;
	save(nowMs: number): WindowSnapshot;
	/** Takes over what was saved at a time; of another kind of window, nothing. */
	load(saved: WindowSnapshot, savedAtMs: number): void;
}

/** Results of calls, of which a window forgets the oldest. */
export interface Results extends Pick<Window, "readsClock" | "clear" | "save" | "load"> {
	readonly calls: number;
	readonly failures: number;
	readonly slowCalls: number;
	add(failed: boolean, slow: boolean, nowMs: number): void;
	/** Forgets what is older than the window. */
	forget(nowMs: number): void;
}

/** Opens by shares: of failures first, then of slow calls. */
class Rates implements Window {
	readonly readsClock: boolean;
	readonly #results: Results;
	readonly #settings: BreakerSettings;

	constructor(results: Results, settings: BreakerSettings) {
		this.#results = results;
		this.#settings = settings;
		this.readsClock = results.readsClock;
	}

	record(failed: boolean, slow: boolean, nowMs: number): OpenReason | undefined {
		this.#results.add(failed, slow, nowMs);
		const { calls, failures, slowCalls } = this.#results;
		const { minimumCalls = 1, failureRateRatio = 2, slowCallRateRatio = 2 } = this.#settings;
		if (calls < minimumCalls) return undefined;
		if (failures / calls >= failureRateRatio) return "failure_rate";
		return slowCalls / calls >= slowCallRateRatio ? "slow_call_rate" : undefined;
	}

	figures(nowMs: number): CircuitBreakerFigures {
		this.#results.forget(nowMs);
		const { calls, failures, slowCalls } = this.#results;
		const { minimumCalls = 1, slowCallRateRatio } = this.#settings;
		return {
			failures,
			calls,
			...(calls >= minimumCalls && {
				failureRateRatio: failures / calls,
				...(slowCallRateRatio !== undefined && { slowCallRateRatio: slowCalls / calls }),
			}),
		};
	}

	clear(): void {
		this.#results.clear();
	}

	save(nowMs: number): WindowSnapshot {
		return this.#results.save(nowMs);
	}

	load(saved: WindowSnapshot, savedAtMs: number): void {
		this.#results.load(saved, savedAtMs);
	}
}

export function windowOf(settings: BreakerSettings): Window {
	const { failureThreshold = 1, windowCalls, windowDurationMs } = settings;
	if (windowCalls !== undefined) return new Rates(new CallResults(windowCalls), settings);
	if (windowDurationMs !== undefined) return new Rates(new TimedResults(windowDurationMs), settings);
	return new Streak(failureThreshold);
}
