import { nextTurn, systemClock } from "../clock.ts";

/** How long items that come without waiting may hold up everything else: a timer, a signal, another request. */
const longestMs = 50;

/** As often as that the time is read. */
const itemsPerLook = 16;

/** Counts items that may all come within one turn of the event loop; the machine's time is what others wait for. */
export class Turn {
	readonly #mostItems: number;
	#items = 0;
	#sinceMs = 0;

	/** @param mostItems - so many are enough for one turn, however fast they came */
	constructor(mostItems: number = Infinity) {
		this.#mostItems = mostItems;
	}

	/** Called between two items; gives what to wait for where others have waited long enough. */
	pause(): Promise<void> | undefined {
		if (++this.#items % itemsPerLook > 0) return undefined;
		const nowMs = systemClock.monotonicMs();
		if (this.#sinceMs === 0) this.#sinceMs = nowMs;
		if (nowMs - this.#sinceMs < longestMs && this.#items < this.#mostItems) return undefined;
		this.#sinceMs = 0;
		this.#items = 0;
		return nextTurn();
	}
}
