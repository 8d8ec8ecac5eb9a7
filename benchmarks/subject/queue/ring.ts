import type { Chunk, Move } from "../../queue-subject.ts";

/** The least that does the work: one producer, one consumer, nobody leaves, nothing is counted. */
class Ring {
	readonly #items: (Chunk | undefined)[];
	readonly #capacity: number;
	readonly #mask: number;
	#head = 0;
	size = 0;
	dropped = 0;
	#isClosed = false;
	#wakeProducer: (() => void) | undefined;
	#wakeConsumer: ((step: IteratorResult<Chunk, undefined>) => void) | undefined;

	constructor(capacity: number) {
		this.#items = new Array(capacity);
		this.#capacity = capacity;
		this.#mask = capacity - 1;
	}

	/** Undefined where there is room. */
	push(item: Chunk): Promise<void> | undefined {
		const wake = this.#wakeConsumer;
		if (wake !== undefined) {
			this.#wakeConsumer = undefined;
			wake({ done: false, value: item });
			return undefined;
		}
		this.#items[(this.#head + this.size++) & this.#mask] = item;
		if (this.size < this.#capacity) return undefined;
		return new Promise((resolve) => {
			this.#wakeProducer = resolve;
		});
	}

	/** Lets the oldest go where there is no room. */
	slide(item: Chunk): void {
		if (this.size === this.#capacity) {
			this.shift();
			this.dropped++;
		}
		this.#items[(this.#head + this.size++) & this.#mask] = item;
	}

	shift(): Chunk {
		const item = this.#items[this.#head] as Chunk;
		this.#items[this.#head] = undefined;
		this.#head = (this.#head + 1) & this.#mask;
		this.size--;
		if (this.#wakeProducer !== undefined && this.size <= this.#capacity >> 1) {
			this.#wakeProducer();
			this.#wakeProducer = undefined;
		}
		return item;
	}

	close(): void {
		this.#isClosed = true;
		this.#wakeConsumer?.({ done: true, value: undefined });
	}

	[Symbol.asyncIterator](): AsyncIterator<Chunk, undefined> {
		return {
			next: () => {
				if (this.size > 0) return Promise.resolve({ done: false, value: this.shift() });
				if (this.#isClosed) return Promise.resolve({ done: true, value: undefined });
				return new Promise((resolve) => {
					this.#wakeConsumer = resolve;
				});
			},
		};
	}
}

export function awaited(capacity: number): Move {
	return async (chunks) => {
		const ring = new Ring(capacity);
		const drained = drain(ring);
		for (let index = 0; index < chunks; index++) await ring.push({ index });
		ring.close();
		return { sum: await drained, dropped: 0 };
	};
}

export function put(capacity: number): Move {
	return async (chunks) => {
		const ring = new Ring(capacity);
		const drained = drain(ring);
		for (let index = 0; index < chunks; index++) {
			const waits = ring.push({ index });
			if (waits !== undefined) await waits;
		}
		ring.close();
		return { sum: await drained, dropped: 0 };
	};
}

export function sync(capacity: number): Move {
	const ring = new Ring(capacity);
	return (chunks) => {
		let sum = 0;
		for (let index = 0; index < chunks; ) {
			for (; ring.size < capacity && index < chunks; index++) ring.push({ index });
			while (ring.size > 0) sum += ring.shift().index;
		}
		return { sum, dropped: 0 };
	};
}

export function drop(capacity: number): Move {
	return (chunks) => {
		const ring = new Ring(capacity);
		let sum = 0;
		for (let index = 0; index < chunks; index++) ring.slide({ index });
		while (ring.size > 0) sum += ring.shift().index;
		return { sum, dropped: ring.dropped };
	};
}

/** Its own: one that has other queues to read, too, is slower for each. */
async function drain(chunks: AsyncIterable<Chunk>): Promise<number> {
	let sum = 0;
	for await (const { index } of chunks) sum += index;
	return sum;
}
