import type { Tally } from "./tally.ts";

const smallest = 16;

/**
 * The items that wait in a queue, and their sizes where bytes count. How many there are stands in the queue's tally, which
 * is handed in: with one that it keeps itself each call would read it anew.
 */
export class Ring<T> {
	#items: (T | undefined)[] = new Array(smallest);
	#sizes: number[] | undefined;
	/** Where the oldest is. */
	#head = 0;
	#mask = smallest - 1;

	constructor(countsBytes: boolean) {
		if (countsBytes) this.#sizes = [];
	}

	push(tally: Tally, item: T, bytes: number): void {
		const size = tally.size + 1;
		if (size > this.#items.length) this.#grow();
		const index = (this.#head + size - 1) & this.#mask;
		this.#items[index] = item;
		tally.size = size;
		if (size > tally.peak) tally.peak = size;
		if (this.#sizes !== undefined) {
			this.#sizes[index] = bytes;
			tally.bytes += bytes;
		}
	}

	/** Takes out the oldest; there is one. */
	shift(tally: Tally): T {
		const head = this.#head;
		const item = this.#items[head] as T;
		this.#items[head] = undefined;
		this.#head = (head + 1) & this.#mask;
		tally.size--;
		// What is left of a sum of fractions is nothing.
		if (this.#sizes !== undefined) tally.bytes = tally.size === 0 ? 0 : tally.bytes - (this.#sizes[head] as number);
		return item;
	}

	/** Takes out so many of the oldest; there are as many. */
	shiftMany(tally: Tally, count: number): T[] {
		const taken = new Array<T>(count);
		const items = this.#items;
		const sizes = this.#sizes;
		const mask = this.#mask;
		let head = this.#head;
		let bytes = 0;
		for (let index = 0; index < count; index++) {
			taken[index] = items[head] as T;
			items[head] = undefined;
			if (sizes !== undefined) bytes += sizes[head] as number;
			head = (head + 1) & mask;
		}
		this.#head = head;
		tally.size -= count;
		if (sizes !== undefined) tally.bytes = tally.size === 0 ? 0 : tally.bytes - bytes;
		return taken;
	}

	/** Lets the oldest go for another one, where bytes do not count; there is one. */
	slide(tally: Tally, item: T): void {
		const items = this.#items;
		const mask = this.#mask;
		const head = this.#head;
		items[head] = undefined;
		items[(head + tally.size) & mask] = item;
		this.#head = (head + 1) & mask;
	}

	#grow(): void {
		const { length } = this.#items;
		const unrolled = <V>(ring: V[]) => [...ring.slice(this.#head), ...ring.slice(0, this.#head)];
		this.#items = unrolled(this.#items);
		this.#items.length = 2 * length;
		if (this.#sizes !== undefined) this.#sizes = unrolled(this.#sizes);
		this.#head = 0;
		this.#mask = 2 * length - 1;
	}
}
