import type { Clock } from "@footlight/core";
import { setAlarm } from "@footlight/core/telemetry";

interface Waiter {
	readonly isOver: () => boolean;
	readonly end: (isOver: boolean) => void;
}

/** Those who wait until something is over, each no longer than its time; somebody waits, so a process stays alive for it. */
export class Waiters {
	readonly #clock: Clock;
	readonly #waiting = new Set<Waiter>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** True once it is over, false where it is not in time. */
	wait(isOver: () => boolean, timeoutMs: number): Promise<boolean> {
		if (isOver()) return Promise.resolve(true);
		return new Promise((resolve) => {
			const waiter: Waiter = {
				isOver,
				end: (outcome) => {
					this.#waiting.delete(waiter);
					alarm.cancel();
					resolve(outcome);
				},
			};
			const alarm = setAlarm(this.#clock, timeoutMs, () => waiter.end(false));
			this.#waiting.add(waiter);
		});
	}

	/** To be called where something may have come to its end. */
	mayBeOver(): void {
		for (const waiter of this.#waiting) if (waiter.isOver()) waiter.end(true);
	}

	/** Waits for a promise that never rejects, but no longer than a time. */
	async within(awaited: Promise<unknown>, timeoutMs: number): Promise<void> {
		let isSettled = false;
		awaited.then(() => {
			isSettled = true;
			this.mayBeOver();
		});
		await this.wait(() => isSettled, timeoutMs);
	}
}
