/**
 * A circuit breaker as simply as it can be said: every result is kept, every question answered by going through all of them.
 * What the real one does is held against it.
 */
import type { BreakerSettings } from "./settings.ts";
import type { CircuitBreakerChange, CircuitBreakerState, Verdict } from "./state.ts";

interface Result {
	readonly failed: boolean;
	readonly slow: boolean;
	readonly atMs: number;
}

/** Calls that began in one period count in that and in no other. */
type Period = Readonly<Record<never, never>>;

export interface ModelCall {
	/** How often the breaker had been forgotten. */
	readonly life: number;
	readonly period: Period | undefined;
	readonly startMs: number;
	/** Of a stream that has begun, it has no say in how slow the call is. */
	readonly arrives: "at its end" | "at once";
}

export interface Refused {
	readonly retryAfterMs: number | undefined;
}

export interface ModelSnapshot {
	readonly state: CircuitBreakerState;
	readonly halfOpenAtMs: number;
	readonly successes: number;
	readonly results: readonly Result[];
}

export type ModelChange = Omit<CircuitBreakerChange, "name">;

export class Model {
	nowMs = 0;
	changes: ModelChange[] = [];
	counts: Record<string, number> = {};
	seconds: Record<CircuitBreakerState, number> = { closed: 0, open: 0, half_open: 0, forced_open: 0, disabled: 0 };
	transitions: Record<string, number> = {};
	saved: ModelSnapshot | undefined;
	readonly settings: BreakerSettings;
	#state: CircuitBreakerState = "closed";
	#sinceMs = 0;
	#halfOpenAtMs = 0;
	#successes = 0;
	#life = 0;
	#period: Period = {};
	#probes = new Set<ModelCall>();
	#results: readonly Result[] = [];

	constructor(settings: BreakerSettings) {
		this.settings = settings;
	}

	get state(): CircuitBreakerState {
		return this.#isDue ? "half_open" : this.#state;
	}

	get #isDue(): boolean {
		return this.#state === "open" && this.nowMs >= this.#halfOpenAtMs;
	}

	get #window(): readonly Result[] {
		const { windowCalls, windowDurationMs } = this.settings;
		if (windowCalls !== undefined) return this.#results.slice(-windowCalls);
		if (windowDurationMs === undefined) return this.#results;
		const tenth = (atMs: number) => Math.floor((atMs * 10) / windowDurationMs);
		return this.#results.filter(({ atMs }) => tenth(atMs) > tenth(this.nowMs) - 10);
	}

	get figures(): Pick<ModelChange, "failures" | "calls" | "failureRateRatio" | "slowCallRateRatio"> {
		const { failureThreshold, minimumCalls = 1, slowCallRateRatio } = this.settings;
		const window = this.#window;
		if (failureThreshold !== undefined) {
			const lastSuccess = window.findLastIndex(({ failed }) => !failed);
			return { failures: window.length - 1 - lastSuccess };
		}
		const failures = window.filter(({ failed }) => failed).length;
		const slow = window.filter((result) => result.slow).length;
		const calls = window.length;
		if (calls < minimumCalls) return { failures, calls };
		const rates = { failures, calls, failureRateRatio: failures / calls };
		return slowCallRateRatio === undefined ? rates : { ...rates, slowCallRateRatio: slow / calls };
	}

	begin(arrives: ModelCall["arrives"]): ModelCall | Refused {
		this.#notice();
		const { mode, probes, openMs } = this.settings;
		const counted = { life: this.#life, period: this.#period, startMs: this.nowMs, arrives };
		if (this.#state === "closed") return counted;
		if (this.#state === "half_open" && this.#probes.size < probes) {
			this.#probes.add(counted);
			return counted;
		}
		if (this.#state === "disabled" || mode === "monitor") return { ...counted, period: undefined };
		this.#count("not_permitted", false);
		if (this.#state === "forced_open") return { retryAfterMs: undefined };
		return { retryAfterMs: this.#state === "half_open" ? openMs : this.#halfOpenAtMs - this.nowMs };
	}

	end(call: ModelCall, verdict: Verdict): void {
		if (call.life !== this.#life) return;
		const { slowCallMs = Number.POSITIVE_INFINITY, slowCallRateRatio, successThreshold } = this.settings;
		const slow = call.arrives === "at its end" && this.nowMs - call.startMs >= slowCallMs;
		this.#count(verdict, slow && verdict !== "ignored");
		if (call.period !== this.#period) return;
		this.#probes.delete(call);
		if (verdict === "ignored") return;
		const failed = verdict === "failure";
		if (this.#state === "half_open") {
			if (failed || (slow && slowCallRateRatio !== undefined)) this.#change("open", "probe_failed");
			else if (++this.#successes === successThreshold) this.#change("closed", "probes_succeeded");
			return;
		}
		this.#results = [...this.#results, { failed, slow, atMs: this.nowMs }];
		const reason = this.#reasonToOpen();
		if (reason !== undefined) this.#change("open", reason);
	}

	#reasonToOpen(): ModelChange["reason"] | undefined {
		const { failureThreshold, failureRateRatio = 2, slowCallRateRatio = 2 } = this.settings;
		const { failures = 0, failureRateRatio: failureRate = 0, slowCallRateRatio: slowCallRate = 0 } = this.figures;
		if (failureThreshold !== undefined) return failures >= failureThreshold ? "consecutive_failures" : undefined;
		if (failureRate >= failureRateRatio) return "failure_rate";
		return slowCallRate >= slowCallRateRatio ? "slow_call_rate" : undefined;
	}

	byHand(to: "closed" | "forced_open" | "disabled"): void {
		if (to !== "closed" && this.#state === to) return;
		this.#notice();
		if (this.#state === to) this.#beginPeriod();
		else this.#change(to, "manual");
		if (to === "closed") this.#results = [];
	}

	save(): ModelSnapshot {
		const { state } = this;
		return { state, halfOpenAtMs: this.#halfOpenAtMs, successes: this.#successes, results: this.#window };
	}

	restore({ state, halfOpenAtMs, successes, results }: ModelSnapshot): void {
		this.#notice();
		const atMs = Math.min(halfOpenAtMs, this.nowMs + this.settings.openMs);
		if (this.#state === state) this.#beginPeriod();
		else this.#change(state, "manual", Math.max(0, atMs - this.nowMs));
		this.#halfOpenAtMs = atMs;
		if (state === "half_open") this.#successes = successes;
		this.#results = results;
	}

	/** A new breaker of the same name. */
	forget(): void {
		this.#life++;
		this.counts = {};
		this.transitions = {};
		for (const state of Object.keys(this.seconds)) this.seconds[state as CircuitBreakerState] = 0;
		this.#state = "closed";
		this.#sinceMs = this.nowMs;
		this.#results = [];
		this.#beginPeriod();
	}

	/** Until now. */
	secondsInState(): Record<CircuitBreakerState, number> {
		const seconds = { ...this.seconds };
		const untilMs = this.#isDue ? this.#halfOpenAtMs : this.nowMs;
		seconds[this.#state] += Math.max(0, untilMs - this.#sinceMs) / 1_000;
		if (this.#isDue) seconds.half_open += (this.nowMs - this.#halfOpenAtMs) / 1_000;
		return seconds;
	}

	#notice(): void {
		if (this.#isDue) this.#change("half_open", "time");
	}

	#change(to: CircuitBreakerState, reason: ModelChange["reason"], openMs = this.settings.openMs): void {
		const from = this.#state;
		const atMs = reason === "time" ? this.#halfOpenAtMs : this.nowMs;
		const figures = from === "closed" ? this.figures : {};
		this.changes.push({ from, to, reason, ...figures, ...(to === "open" && { openMs }) });
		const key = `${from} ${to} ${reason}`;
		this.transitions[key] = (this.transitions[key] ?? 0) + 1;
		this.seconds[from] += Math.max(0, atMs - this.#sinceMs) / 1_000;
		this.#state = to;
		this.#sinceMs = atMs;
		this.#beginPeriod();
		if (to === "open") this.#halfOpenAtMs = this.nowMs + openMs;
		if (to === "closed") this.#results = [];
	}

	#beginPeriod(): void {
		this.#period = {};
		this.#probes.clear();
		this.#successes = 0;
	}

	#count(result: string, slow: boolean): void {
		const key = `${result} ${slow}`;
		this.counts[key] = (this.counts[key] ?? 0) + 1;
	}
}
