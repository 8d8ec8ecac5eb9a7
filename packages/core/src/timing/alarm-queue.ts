import * as api from "@opentelemetry/api";
import { type Alarm, type Clock, setAlarm, systemClock } from "../clock.ts";
import { withContext } from "../context.ts";
import { telemetryFailed } from "../telemetry-failure.ts";

/** Something that is due at a time, unless it is taken out of its queue before. */
export abstract class Due {
	dueMs = 0;
	/** Its neighbours, as long as it is in a queue. */
	previous: Due | undefined;
	next: Due | undefined;

	abstract due(): void;
}

/** Stands before the first and after the last. */
class Ends extends Due {
	due(): void {}
}

/**
 * Many that are due at a time, with one timer among them: for what waits equally long, so that whoever comes last is due
 * last. To come and to go costs no timer, and whoever has gone leaves nothing behind.
 */
export class AlarmQueue {
	readonly #clock: Clock;
	readonly #ends: Due = new Ends();
	#alarm: Alarm | undefined;
	#alarmMs = 0;
	#keepsAlive = true;

	constructor(clock: Clock) {
		this.#clock = clock;
		this.#ends.previous = this.#ends;
		this.#ends.next = this.#ends;
	}

	get isEmpty(): boolean {
		return this.#ends.next === this.#ends;
	}

	/** @param nowMs - by {@link readMonotonic}, as the caller has read it */
	add(item: Due, afterMs: number, nowMs: number): void {
		const dueMs = nowMs + afterMs;
		item.dueMs = dueMs;
		let before = this.#ends.previous as Due;
		while (before !== this.#ends && before.dueMs > dueMs) before = before.previous as Due;
		const after = before.next as Due;
		item.previous = before;
		item.next = after;
		before.next = item;
		after.previous = item;
		if (this.#alarm === undefined) this.#arm(afterMs, dueMs);
		else if (before === this.#ends && dueMs < this.#alarmMs) {
			this.#alarm.cancel();
			this.#arm(afterMs, dueMs);
		} else if (!this.#keepsAlive) this.#keepAlive(true);
	}

	/** Takes out what is in the queue; what is not stays as it is. */
	remove(item: Due): void {
		const { previous, next } = item;
		if (previous === undefined || next === undefined) return;
		previous.next = next;
		next.previous = previous;
		item.previous = undefined;
		item.next = undefined;
		if (this.isEmpty) this.#keepAlive(false);
	}

	#keepAlive(keeps: boolean): void {
		this.#keepsAlive = keeps;
		this.#alarm?.keepsAlive(keeps);
	}

	#arm(afterMs: number, dueMs: number): void {
		this.#alarmMs = dueMs;
		this.#keepsAlive = true;
		// A timer remembers the context it was set in, and this one is nobody's.
		this.#alarm = withContext(
			api.ROOT_CONTEXT,
			(ms) => setAlarm(this.#clock, ms, () => this.#fire()),
			Math.max(afterMs, 0),
		);
	}

	#fire(): void {
		this.#alarm = undefined;
		const nowMs = readMonotonic(this.#clock);
		for (;;) {
			const first = this.#ends.next as Due;
			if (first === this.#ends) return;
			if (first.dueMs > nowMs) {
				if (this.#alarm === undefined) this.#arm(first.dueMs - nowMs, first.dueMs);
				return;
			}
			this.remove(first);
			try {
				first.due();
			} catch (error) {
				// Whoever is due later must not wait for ever.
				telemetryFailed("alarm", error);
			}
		}
	}
}

/** The time that only moves on, by a clock that may be the user's own: where that throws, the machine's. */
export function readMonotonic(clock: Clock): number {
	try {
		return clock.monotonicMs();
	} catch (error) {
		telemetryFailed("clock", error);
		return systemClock.monotonicMs();
	}
}
