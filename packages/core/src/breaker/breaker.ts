// Over 250 lines with its public face: all that may happen to a breaker's state, in one place.
import type { Call, Definition } from "../call.ts";
import { type Clock, readNow, systemClock } from "../clock.ts";
import { createCall } from "../create-call.ts";
import { CircuitOpenError, withoutStack } from "../error.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { announce, Observers } from "./announce.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import type { BreakerSettings } from "./settings.ts";
import { type CircuitBreakerSnapshot, checkSnapshot, type Restorable } from "./snapshot.ts";
import type {
	CircuitBreakerChange,
	CircuitBreakerFigures,
	CircuitBreakerReason,
	CircuitBreakerState,
	Verdict,
} from "./state.ts";
import { Tally } from "./tally.ts";
import { type Window, windowOf } from "./window.ts";

/** Tickets of calls whose end says nothing to the breaker, and of calls that it refuses. */
export const uncounted = -1;
export const refused = -2;

/**
 * The state of a circuit breaker. A call that is let through gets a ticket, which is the number of the state it found: a
 * result counts only in the very state that its call began in.
 */
export class Breaker implements CircuitBreaker {
	readonly name: string;
	readonly settings: BreakerSettings;
	readonly observers: Observers = new Observers();
	readonly tally: Tally;
	readonly #definition: Definition;
	readonly #clock: Clock;
	readonly #window: Window;
	#state: CircuitBreakerState = "closed";
	#number = 0;
	#sinceMs: number;
	#sinceWallMs: number;
	#isUnchanged = true;
	#isForgotten = false;
	/** When an open one lets a probe through. */
	#halfOpenAtMs = 0;
	/** When it last looked whether its time is up. */
	#admittedMs = 0;
	#probesOut = 0;
	#successes = 0;

	/** @param definition - the stage it was first made for: its clock is the breaker's, and manual changes are told there */
	constructor(name: string, settings: BreakerSettings, definition: Definition) {
		this.name = name;
		this.settings = settings;
		this.tally = new Tally(settings);
		this.#definition = definition;
		this.#clock = definition.pipeline.clock;
		this.#window = windowOf(settings);
		this.#sinceMs = this.now();
		this.#sinceWallMs = readNow(this.#clock);
	}

	/** An open breaker whose time is up is half-open, though nobody has called yet. */
	get state(): CircuitBreakerState {
		return this.#isDue(this.#state === "open" ? this.now() : 0) ? "half_open" : this.#state;
	}

	/** True once the registry has forgotten it: whoever has its name finds another one there. */
	get isForgotten(): boolean {
		return this.#isForgotten;
	}

	/** What still runs through it counts no more, and it says no more. */
	forget(): void {
		this.#isForgotten = true;
		this.#number++;
	}

	/** The state that the last call found. */
	get found(): CircuitBreakerState {
		return this.#state;
	}

	get figures(): CircuitBreakerFigures {
		return this.#window.figures(this.now());
	}

	/** When its state last changed, in milliseconds since 1970; undefined where it never has. */
	get changedAtMs(): number | undefined {
		if (this.#isDue(this.now())) return this.#sinceWallMs + this.#halfOpenAtMs - this.#sinceMs;
		return this.#isUnchanged ? undefined : this.#sinceWallMs;
	}

	now(): number {
		try {
			return this.#clock.monotonicMs();
		} catch (error) {
			telemetryFailed("clock", error);
			return systemClock.monotonicMs();
		}
	}

	/** Lets a call in, or not: gives its ticket. */
	admit(call: Call): number {
		if (this.#state === "closed") return this.#number;
		if (this.#state === "open") {
			this.#admittedMs = this.now();
			if (this.#isDue(this.#admittedMs)) this.#change("half_open", "time", call);
		}
		return this.#ticket();
	}

	/** Who is told of a change may have changed the state, too: it is looked at anew. */
	#ticket(): number {
		if (this.#state === "closed") return this.#number;
		if (this.#state === "half_open" && this.#probesOut < this.settings.probes) {
			this.#probesOut++;
			return this.#number;
		}
		return this.#state === "disabled" || this.settings.mode === "monitor" ? uncounted : refused;
	}

	/** What a call is told that was refused just now. */
	refusal(): CircuitOpenError {
		this.tally.notPermitted++;
		return withoutStack(() => this.#refusal());
	}

	#refusal(): CircuitOpenError {
		const { name, settings } = this;
		if (this.#state === "forced_open") return new CircuitOpenError(name, undefined, { state: "forced_open" });
		// Should a probe fail at this moment, the next comes after the whole time.
		if (this.#state === "half_open") return new CircuitOpenError(name, settings.openMs, { state: "half_open" });
		return new CircuitOpenError(name, Math.max(0, this.#halfOpenAtMs - this.#admittedMs));
	}

	/** Takes the end of a call in: each call ends once. */
	settle(ticket: number, verdict: Verdict, slow: boolean, call: Call): void {
		this.tally.count(verdict, slow);
		if (ticket !== this.#number) return;
		if (this.#state === "half_open") this.#probeEnded(verdict, slow, call);
		else if (verdict !== "ignored") this.#record(verdict === "failure", slow, call);
	}

	#record(failed: boolean, slow: boolean, call: Call): void {
		const reason = this.#window.record(failed, slow, this.#window.readsClock ? this.now() : 0);
		if (reason !== undefined) this.#change("open", reason, call);
	}

	#probeEnded(verdict: Verdict, slow: boolean, call: Call): void {
		this.#probesOut--;
		if (verdict === "ignored") return;
		const { slowCallRateRatio, successThreshold } = this.settings;
		if (verdict === "failure" || (slow && slowCallRateRatio !== undefined)) this.#change("open", "probe_failed", call);
		else if (++this.#successes >= successThreshold) this.#change("closed", "probes_succeeded", call);
	}

	snapshot(): CircuitBreakerSnapshot {
		const nowMs = this.now();
		const { state, name } = this;
		return {
			name,
			state,
			takenAtMs: readNow(this.#clock),
			sinceMs: this.changedAtMs ?? this.#sinceWallMs,
			...(state === "open" && { halfOpenAtMs: this.#sinceWallMs + this.#halfOpenAtMs - this.#sinceMs }),
			successes: this.#successes,
			...this.#window.figures(nowMs),
			window: this.#window.save(nowMs),
		};
	}

	restore(snapshot: CircuitBreakerSnapshot): void {
		const restored = checkSnapshot(snapshot);
		this.#changeByHand(restored.state, restored);
	}

	forceOpen(): void {
		if (this.#state !== "forced_open") this.#changeByHand("forced_open");
	}

	disable(): void {
		if (this.#state !== "disabled") this.#changeByHand("disabled");
	}

	reset(): void {
		this.#changeByHand("closed");
	}

	/** Seconds spent in each state so far. */
	secondsInState(): Readonly<Record<CircuitBreakerState, number>> {
		const nowMs = this.now();
		const isDue = this.#isDue(nowMs);
		const seconds = { ...this.tally.seconds };
		seconds[this.#state] += Math.max(0, (isDue ? this.#halfOpenAtMs : nowMs) - this.#sinceMs) / 1_000;
		if (isDue) seconds.half_open += (nowMs - this.#halfOpenAtMs) / 1_000;
		return seconds;
	}

	#isDue(nowMs: number): boolean {
		return this.#state === "open" && nowMs >= this.#halfOpenAtMs;
	}

	#changeByHand(to: CircuitBreakerState, restored?: Restorable): void {
		if (this.#isDue(this.now())) this.#change("half_open", "time");
		if (this.#state !== to) {
			this.#change(to, "manual", undefined, restored);
			return;
		}
		// The state is the same, but what runs began before: it no longer counts.
		this.#begin(to, this.now(), readNow(this.#clock), restored);
	}

	/** Every change there is: first all of it is done, then it is told. */
	#change(to: CircuitBreakerState, reason: CircuitBreakerReason, call?: Call, restored?: Restorable): void {
		const from = this.#state;
		const nowMs = this.now();
		// It was half-open as soon as the time was up, whenever somebody noticed.
		const atMs = reason === "time" ? this.#halfOpenAtMs : nowMs;
		const wallMs = reason === "time" ? (this.changedAtMs ?? 0) : readNow(this.#clock);
		const figures = from === "closed" ? this.#window.figures(nowMs) : undefined;
		this.tally.seconds[from] += Math.max(0, atMs - this.#sinceMs) / 1_000;
		this.tally.transition(from, to, reason);
		this.#isUnchanged = false;
		this.#begin(to, atMs, wallMs, restored);
		const openMs = to === "open" ? { openMs: Math.max(0, this.#halfOpenAtMs - nowMs) } : undefined;
		const change: CircuitBreakerChange = Object.freeze({ name: this.name, from, to, reason, ...figures, ...openMs });
		if (this.#isForgotten) return;
		const cause = call ?? createCall(this.#definition, [], undefined, undefined);
		announce({ change, call: cause, observers: this.observers });
	}

	#begin(state: CircuitBreakerState, atMs: number, wallMs: number, restored: Restorable | undefined): void {
		const isSame = state === this.#state;
		this.#state = state;
		this.#number++;
		this.#probesOut = 0;
		this.#successes = 0;
		if (!isSame) {
			this.#sinceMs = atMs;
			this.#sinceWallMs = wallMs;
		}
		if (restored !== undefined) this.#takeOver(restored, atMs, wallMs);
		else if (state === "closed") this.#window.clear();
		else if (state === "open") this.#halfOpenAtMs = atMs + this.settings.openMs;
	}

	/** Times since 1970 become those of the clock; by a clock that is wrong, no breaker may stay open for years. */
	#takeOver({ takenAtMs, halfOpenAtMs = 0, successes, window }: Restorable, nowMs: number, wallMs: number): void {
		this.#window.load(window, nowMs - Math.max(0, wallMs - takenAtMs));
		if (this.#state === "half_open") this.#successes = Math.min(successes, this.settings.successThreshold - 1);
		this.#halfOpenAtMs = nowMs + Math.min(halfOpenAtMs - wallMs, this.settings.openMs);
	}
}
