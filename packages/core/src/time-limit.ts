import type { Clock } from "./clock.ts";
import { TimeoutError } from "./error.ts";
import { awaited } from "./thenable.ts";
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

	/**
	 * What comes in time; rejects with a `TimeoutError` where nothing does, or with the reason of a signal that aborts
	 * before: then no timer is left for what nobody waits for.
	 *
	 * @param left - told of the abort at once, while the call that is given up can still be described
	 */
	of<T>(given: PromiseLike<T>, signal?: AbortSignal, left?: () => void): Promise<T> {
		return new Promise((resolve, reject) => {
			const over = () => {
				this.#alarms.remove(wait);
				signal?.removeEventListener("abort", aborted);
			};
			const failed = (error: unknown) => {
				over();
				reject(error);
			};
			const aborted = () => {
				failed(signal?.reason);
				left?.();
			};
			const wait = new Wait(() => failed(new TimeoutError(this.#name, this.#limitMs)));
			this.#alarms.add(wait, this.#limitMs, readMonotonic(this.#clock));
			signal?.addEventListener("abort", aborted, { once: true });
			awaited(
				given,
				(value) => {
					over();
					resolve(value as T);
				},
				failed,
			);
			if (signal?.aborted) aborted();
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
