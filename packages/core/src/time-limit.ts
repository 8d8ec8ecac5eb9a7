import type { Clock } from "./clock.ts";
import { TimeoutError } from "./error.ts";
import { AlarmQueue, Due, readMonotonic } from "./timing/alarm-queue.ts";

/** Waits for others no longer than a time, with one timer for all; what they give later is ignored. */
export class TimeLimit {
	readonly #name: string;
	readonly #limitMs: number;
	readonly #clock: Clock;
	readonly #alarms: AlarmQueue;

	/** @param name - of what is waited for, as its `TimeoutError` says it */
	constructor(name: string, limitMs: number, clock: Clock) {
		this.#name = name;
		this.#limitMs = limitMs;
		this.#clock = clock;
		this.#alarms = new AlarmQueue(clock);
	}

	/** What comes in time; rejects with a `TimeoutError` where nothing does. */
	of<T>(awaited: PromiseLike<T>): Promise<T> {
		return new Promise((resolve, reject) => {
			const wait = new Wait(() => reject(new TimeoutError(this.#name, this.#limitMs)));
			this.#alarms.add(wait, this.#limitMs, readMonotonic(this.#clock));
			awaited.then(
				(value) => {
					this.#alarms.remove(wait);
					resolve(value);
				},
				(error) => {
					this.#alarms.remove(wait);
					reject(error);
				},
			);
		});
	}
}

class Wait extends Due {
	readonly #isDue: () => void;

	constructor(isDue: () => void) {
		super();
		this.#isDue = isDue;
	}

	due(): void {
		this.#isDue();
	}
}
