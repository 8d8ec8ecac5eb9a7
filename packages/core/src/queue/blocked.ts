import { nextTurn } from "../clock.ts";
import { Line, Waiting } from "./line.ts";
import type { QueueParts } from "./parts.ts";
import type { QueueWait } from "./settings.ts";
import type { Tally } from "./tally.ts";
import type { Leaving, WaitLimits } from "./wait-limit.ts";

class Producer<T> extends Waiting<void> {
	readonly item: T;
	readonly bytes: number;

	constructor(resolve: Waiting<void>["resolve"], item: T, bytes: number) {
		super(resolve);
		this.item = item;
		this.bytes = bytes;
	}
}

/** Producers that wait for room, and those whose item is in the queue by now, and who are yet to hear of it. */
export class Blocked<T> {
	readonly #tally: Tally;
	readonly #limits: WaitLimits;
	readonly #half: number;
	readonly #waiting = new Line<Producer<T>>();
	#admitted: Producer<T>[] = [];
	#wakesSoon = false;

	constructor({ settings, tally, limits }: QueueParts<T>) {
		this.#tally = tally;
		this.#limits = limits;
		this.#half = settings.capacity >> 1;
	}

	/** Who waits longest. */
	get first(): { readonly item: T; readonly bytes: number } | undefined {
		return this.#waiting.first;
	}

	/** True where somebody waits for room or for the news. */
	get isAnybody(): boolean {
		return this.#waiting.first !== undefined || this.#admitted.length > 0;
	}

	/** @param left - told of who gives up, once that is done */
	wait(item: T, bytes: number, options: QueueWait | undefined, left: (why: Leaving) => void): Promise<void> {
		this.#tally.block(1);
		return new Promise((resolve) => {
			const producer = new Producer<T>(resolve, item, bytes);
			this.#waiting.push(producer);
			if (options !== undefined) {
				producer.limit = this.#limits.limit("put to", options, (why, reason) => {
					this.#waiting.remove(producer);
					this.#tally.block(-1);
					producer.reject(reason);
					left(why);
				});
			}
		});
	}

	/** Lets in who waits longest, as far as the waiting goes: the item is the caller's to put in. */
	admit(): void {
		this.#admitted.push(this.#waiting.shift());
	}

	/** Who is woken for every item, puts one and waits again: that is better done when the queue is half empty, or soon. */
	wakeSoon(): void {
		if (this.#admitted.length === 0) return;
		if (this.#tally.size <= this.#half) {
			this.#wake();
			return;
		}
		if (this.#wakesSoon) return;
		this.#wakesSoon = true;
		void nextTurn().then(() => {
			this.#wakesSoon = false;
			this.#wake();
		});
	}

	/** Has nobody wait any longer; gives how many had no room. */
	end(error: () => Error): number {
		this.#wake();
		const { length } = this.#waiting;
		while (this.#waiting.first !== undefined) {
			this.#waiting.shift().reject(error());
			this.#tally.drop("closed");
		}
		if (length > 0) this.#tally.block(-length);
		return length;
	}

	#wake(): void {
		if (this.#admitted.length === 0) return;
		const admitted = this.#admitted;
		this.#admitted = [];
		for (const producer of admitted) producer.resolve();
	}
}
