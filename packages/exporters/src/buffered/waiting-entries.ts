import { type BacklogEntry, priorities } from "./backlog.ts";
import { EntryDeque } from "./entry-deque.ts";

const ranks = priorities.length;

/**
 * The entries of a backlog that wait in memory, by lane and rank: each queue is in order of acceptance, so what is next for
 * a lane, and what is shed first, stands at the front of one.
 */
export class WaitingEntries<Item> {
	readonly #lanes: number;
	/** For each lane, and at the end for all of them together, one queue for each rank. */
	readonly #queues: readonly EntryDeque<Item>[];
	readonly #items: number[];
	readonly #bytes: number[];
	readonly #itemsOfRank: number[] = Array(ranks).fill(0);
	readonly #bytesOfRank: number[] = Array(ranks).fill(0);

	constructor(lanes: number) {
		this.#lanes = lanes;
		this.#queues = Array.from({ length: (lanes + 1) * ranks }, () => new EntryDeque<Item>());
		this.#items = Array(lanes + 1).fill(0);
		this.#bytes = Array(lanes + 1).fill(0);
	}

	/** How many a lane could be given: its own, and those of no order key. */
	items(lane: number): number {
		return at(this.#items, lane) + at(this.#items, this.#lanes);
	}

	bytes(lane: number): number {
		return at(this.#bytes, lane) + at(this.#bytes, this.#lanes);
	}

	/** How many are of a rank or a lower one. */
	itemsUpTo(rank: number): number {
		return sumUpTo(this.#itemsOfRank, rank);
	}

	bytesUpTo(rank: number): number {
		return sumUpTo(this.#bytesOfRank, rank);
	}

	/** Entries are added in order of acceptance. */
	add(entry: BacklogEntry<Item>): void {
		this.#count(this.#placeOf(entry), entry, 1).push(entry);
	}

	/** The sequence number of the first entry that a lane would be given. */
	oldest(lane: number): number | undefined {
		const place = this.#nextFor(lane);
		return place === undefined ? undefined : this.#queues[place]?.first?.sequence;
	}

	oldestOfAll(): number | undefined {
		let oldest: number | undefined;
		for (const { first } of this.#queues) {
			if (first !== undefined && (oldest === undefined || first.sequence < oldest)) oldest = first.sequence;
		}
		return oldest;
	}

	/** A lane's next entries in order of acceptance: so many and of so many bytes at most, but one where there is one. */
	take(lane: number, maxItems: number, maxBytes: number): BacklogEntry<Item>[] {
		const taken: BacklogEntry<Item>[] = [];
		let bytes = 0;
		while (taken.length < maxItems) {
			const index = this.#nextFor(lane);
			const next = index === undefined ? undefined : this.#queues[index]?.first;
			if (next === undefined || (taken.length > 0 && bytes + next.bytes > maxBytes)) break;
			bytes += next.bytes;
			this.#count(this.#placeOf(next), next, -1).shift();
			taken.push(next);
		}
		return taken;
	}

	/** Takes out what is shed first: the oldest of the lowest rank. */
	shed(): BacklogEntry<Item> | undefined {
		const rank = this.#itemsOfRank.findIndex((items) => items > 0);
		let oldest: BacklogEntry<Item> | undefined;
		for (let index = rank; index >= 0 && index < this.#queues.length; index += ranks) {
			const first = this.#queues[index]?.first;
			if (first !== undefined && (oldest === undefined || first.sequence < oldest.sequence)) oldest = first;
		}
		if (oldest !== undefined) this.#count(this.#placeOf(oldest), oldest, -1).shift();
		return oldest;
	}

	/** Index of the queue whose front is next for a lane. */
	#nextFor(lane: number): number | undefined {
		let next: number | undefined;
		let sequence = Number.POSITIVE_INFINITY;
		for (const place of [lane, this.#lanes]) {
			if (this.#items[place] === 0) continue;
			for (let index = place * ranks; index < (place + 1) * ranks; index++) {
				const first = this.#queues[index]?.first;
				if (first !== undefined && first.sequence < sequence) {
					next = index;
					sequence = first.sequence;
				}
			}
		}
		return next;
	}

	#placeOf({ orderKey }: BacklogEntry<Item>): number {
		return orderKey === undefined ? this.#lanes : laneOf(orderKey, this.#lanes);
	}

	/** Counts an entry in or out of its queue. */
	#count(place: number, { rank, bytes }: BacklogEntry<Item>, sign: 1 | -1): EntryDeque<Item> {
		this.#items[place] = at(this.#items, place) + sign;
		this.#bytes[place] = at(this.#bytes, place) + sign * bytes;
		this.#itemsOfRank[rank] = at(this.#itemsOfRank, rank) + sign;
		this.#bytesOfRank[rank] = at(this.#bytesOfRank, rank) + sign * bytes;
		return this.#queues[place * ranks + rank] as EntryDeque<Item>;
	}
}

/** The lane of an order key: the same for all of its items. */
function laneOf(orderKey: string, lanes: number): number {
	if (lanes === 1) return 0;
	let hash = 0x811c9dc5;
	for (let index = 0; index < orderKey.length; index++) {
		hash = Math.imul(hash ^ orderKey.charCodeAt(index), 0x01000193);
	}
	return (hash >>> 0) % lanes;
}

function at(numbers: readonly number[], index: number): number {
	return numbers[index] ?? 0;
}

function sumUpTo(numbers: readonly number[], last: number): number {
	let sum = 0;
	for (let index = 0; index <= last; index++) sum += at(numbers, index);
	return sum;
}
