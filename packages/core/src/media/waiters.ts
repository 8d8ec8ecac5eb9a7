import { type Alarm, type Clock, setAlarm } from "../clock.ts";
import { TimeoutError } from "../error.ts";

/** How long to wait for a buffer. */
export interface BufferWait {
	/** Gives the wait up, with its reason. */
	readonly signal?: AbortSignal;
	/** Longest wait, in milliseconds. @default none */
	readonly timeoutMs?: number;
}

/** Those who wait for one thing to happen. */
export class Waiters {
	readonly #waiting = new Set<() => void>();

	/** @param awaited - what is waited for, as a `TimeoutError` says it */
	wait(awaited: string, clock: Clock, { signal, timeoutMs }: BufferWait): Promise<void> {
		return new Promise((resolve, reject) => {
			if (signal?.aborted) return reject(signal.reason);
			let alarm: Alarm | undefined;
			const over = () => {
				this.#waiting.delete(happened);
				alarm?.cancel();
				signal?.removeEventListener("abort", aborted);
			};
			const happened = () => {
				over();
				resolve();
			};
			const aborted = () => {
				over();
				reject(signal?.reason);
			};
			this.#waiting.add(happened);
			signal?.addEventListener("abort", aborted, { once: true });
			if (timeoutMs === undefined) return;
			alarm = setAlarm(clock, timeoutMs, () => {
				over();
				reject(new TimeoutError(awaited, timeoutMs));
			});
		});
	}

	wake(): void {
		if (this.#waiting.size === 0) return;
		for (const happened of [...this.#waiting]) happened();
	}
}
