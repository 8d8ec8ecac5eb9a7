import type { Clock } from "../clock.ts";
import { readMonotonic } from "../timing/alarm-queue.ts";

/**
 * Times are read in these steps, about a microsecond, of which any sum is exact: in whatever order queues end, what is
 * counted of them never falls.
 */
const stepsPerMs = 2 ** 10;

/** Why an item that was put to a queue never came out of it. */
export type DropReason = (typeof dropReasons)[number];

export const dropReasons = ["drop_oldest", "drop_newest", "rejected", "timeout", "cancelled", "closed"] as const;

/** Items by the reason why they were dropped. */
export type Dropped = Record<DropReason, number>;

export function noneDropped(): Dropped {
	return { drop_oldest: 0, drop_newest: 0, rejected: 0, timeout: 0, cancelled: 0, closed: 0 };
}

/**
 * The figures of a queue, and all that its metrics hold of it: the queue and its items may be garbage while these are
 * still to be collected.
 */
export class Tally {
	readonly clock: Clock;
	/** Items that it has room for; none once it is closed. */
	capacity: number;
	size = 0;
	bytes = 0;
	itemsIn = 0;
	itemsOut = 0;
	readonly dropped: Dropped = noneDropped();
	/** Most items at a time since somebody collected, and before. */
	peak = 0;
	earlierPeak = 0;
	blockedPuts = 0;
	blockedProducers = 0;
	isThrottled = false;
	/** Where what comes late is added too, once this one is no longer collected by itself. */
	heir: Tally | undefined;
	#blockedMs = 0;
	#throttledMs = 0;
	/** Up to when the time that producers are blocked is summed, and since when the queue is throttled. */
	#blockedSinceMs = 0;
	#throttledSinceMs = 0;

	constructor(clock: Clock, capacity: number) {
		this.clock = clock;
		this.capacity = capacity;
	}

	/** Time that producers have waited, summed over them; it grows while they wait. */
	get blockedMs(): number {
		if (this.blockedProducers === 0) return this.#blockedMs;
		return this.#blockedMs + this.blockedProducers * (this.#nowMs() - this.#blockedSinceMs);
	}

	/** Time that the queue was throttled; it grows while it is. */
	get throttledMs(): number {
		return this.#throttledMs + this.throttledNowMs;
	}

	/** For how long it has been throttled by now. */
	get throttledNowMs(): number {
		return this.isThrottled ? this.#nowMs() - this.#throttledSinceMs : 0;
	}

	get peakSize(): number {
		return Math.max(this.peak, this.earlierPeak);
	}

	get totalDropped(): number {
		return dropReasons.reduce((sum, reason) => sum + this.dropped[reason], 0);
	}

	/** So many producers more are blocked, or fewer. */
	block(producers: number): void {
		const nowMs = this.#nowMs();
		this.#blockedMs += this.blockedProducers * (nowMs - this.#blockedSinceMs);
		this.#blockedSinceMs = nowMs;
		this.blockedProducers += producers;
		if (producers > 0) this.blockedPuts += producers;
	}

	throttle(): void {
		this.#throttledSinceMs = this.#nowMs();
		this.isThrottled = true;
	}

	/** Gives for how long it was throttled. */
	unthrottle(): number {
		const ms = this.throttledNowMs;
		this.#throttledMs += ms;
		this.isThrottled = false;
		return ms;
	}

	drop(reason: DropReason): void {
		this.dropped[reason]++;
		if (this.heir !== undefined) this.heir.dropped[reason]++;
	}

	/** The most since it was asked last. */
	takePeak(): number {
		const { peak } = this;
		this.earlierPeak = this.peakSize;
		this.peak = this.size;
		return peak;
	}

	/** Takes over what another one has counted, for good: no level, which ends with a queue. */
	inherit(other: Tally): void {
		this.itemsIn += other.itemsIn;
		this.itemsOut += other.itemsOut;
		for (const reason of dropReasons) this.dropped[reason] += other.dropped[reason];
		this.#blockedMs += other.blockedMs;
		this.#throttledMs += other.throttledMs;
		this.peak = Math.max(this.peak, other.peak);
		other.heir = this;
	}

	#nowMs(): number {
		return Math.round(readMonotonic(this.clock) * stepsPerMs) / stepsPerMs;
	}
}
