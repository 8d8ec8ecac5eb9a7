import type { Call } from "../call.ts";
import { type Alarm, setAlarm } from "../clock.ts";
import { BulkheadFullError, TimeoutError, withoutStack } from "../error.ts";
import { readMonotonic } from "../timing/alarm-queue.ts";

/** How many places there are, and how many may wait for one. */
export interface PoolSize {
	readonly concurrency: number;
	readonly queueSize: number;
}

/** One call that waits for a place. */
interface Waiting {
	admitted(): void;
}

/** The places of one bulkhead: who comes when all are taken waits in a line, and the first in it has the next that is free. */
export class Pool implements PoolSize {
	readonly name: string;
	readonly concurrency: number;
	readonly queueSize: number;
	#active = 0;
	readonly #line = new Set<Waiting>();

	constructor(name: string, { concurrency, queueSize }: PoolSize) {
		this.name = name;
		this.concurrency = concurrency;
		this.queueSize = queueSize;
	}

	/** Calls that have a place. */
	get active(): number {
		return this.#active;
	}

	/** Calls that wait for one. */
	get queued(): number {
		return this.#line.size;
	}

	get isLineFull(): boolean {
		return this.#line.size >= this.queueSize;
	}

	/** Takes a place, if there is one. */
	enter(): boolean {
		if (this.#active >= this.concurrency) return false;
		this.#active++;
		return true;
	}

	/** Gives a place back: to the first in line, or to whoever comes. */
	leave(): void {
		const [first] = this.#line;
		if (first === undefined) {
			this.#active--;
			return;
		}
		this.#line.delete(first);
		first.admitted();
	}

	/**
	 * Waits in line for a place.
	 *
	 * Rejects with the reason of the call's signal, with a `BulkheadFullError` once the wait has taken too
	 * long, or with a `TimeoutError` at the call's deadline.
	 */
	wait(call: Call, maxWaitMs: number): Promise<void> {
		const { signal, clock, deadlineMs } = call;
		return new Promise((resolve, reject) => {
			let alarm: Alarm | undefined;
			const over = () => {
				alarm?.cancel();
				signal?.removeEventListener("abort", aborted);
			};
			const waiting: Waiting = {
				admitted: () => {
					over();
					resolve();
				},
			};
			const leave = (reason: unknown) => {
				over();
				this.#line.delete(waiting);
				reject(reason);
			};
			const aborted = () => leave(signal?.reason);
			if (signal?.aborted) return reject(signal.reason);
			const leftMs = deadlineMs === undefined ? Number.POSITIVE_INFINITY : deadlineMs - readMonotonic(clock);
			const isDeadline = leftMs < maxWaitMs;
			const waitMs = isDeadline ? leftMs : maxWaitMs;
			const late = () =>
				leave(
					isDeadline
						? new TimeoutError(call.name, waitMs)
						: new BulkheadFullError(this.name, `no place became free within ${maxWaitMs} ms`),
				);
			if (waitMs <= 0) return late();
			this.#line.add(waiting);
			signal?.addEventListener("abort", aborted, { once: true });
			if (waitMs < longestTimerMs) alarm = setAlarm(clock, waitMs, late);
		});
	}

	/** What a call is told that can neither run nor wait. */
	refusal(): BulkheadFullError {
		const running = `${this.concurrency} ${this.concurrency === 1 ? "call runs" : "calls run"}`;
		const waiting = this.queueSize === 0 ? "" : ` and ${this.queueSize} ${this.queueSize === 1 ? "waits" : "wait"}`;
		return withoutStack(() => new BulkheadFullError(this.name, `${running}${waiting} already`));
	}
}

const longestTimerMs = 2 ** 31 - 1;
