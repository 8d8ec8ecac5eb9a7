import { randomUUID } from "node:crypto";
import type { Backlog, BacklogEntry, BacklogHost, Refusal } from "./backlog.ts";
import { WaitingEntries } from "./waiting-entries.ts";

/** A backlog that ends with its process. */
export class MemoryBacklog<Item> implements Backlog<Item> {
	readonly isDurable: boolean = false;
	readonly spool: undefined;
	readonly #host: BacklogHost<Item>;
	#waiting: WaitingEntries<Item>;
	readonly #id: string = randomUUID();
	#size = 0;
	#bytes = 0;
	#lastSequence = 0;

	constructor(host: BacklogHost<Item>) {
		this.#host = host;
		this.#waiting = new WaitingEntries(host.lanes);
	}

	get size(): number {
		return this.#size;
	}

	get bytes(): number {
		return this.#bytes;
	}

	get left(): number {
		return this.#size;
	}

	get lastSequence(): number {
		return this.#lastSequence;
	}

	get oldestWaiting(): number | undefined {
		return this.#waiting.oldestOfAll();
	}

	offer(item: Item): Refusal | undefined {
		const { traits, maxItems, maxBytes } = this.#host;
		const bytes = traits.bytesOf(item);
		if (bytes > maxBytes) return "item_too_large";
		const rank = traits.rankOf(item);
		// Asked before anything is changed: the user's function may itself emit.
		const orderKey = traits.orderKeyOf(item);
		if ((this.#size >= maxItems || this.#bytes + bytes > maxBytes) && !this.#makeRoom(rank, bytes)) return "queue_full";
		this.#size++;
		this.#bytes += bytes;
		this.#waiting.add({ sequence: ++this.#lastSequence, item, rank, orderKey, bytes });
		return undefined;
	}

	kept(): undefined {}

	waiting(lane: number): number {
		return this.#waiting.items(lane);
	}

	waitingBytes(lane: number): number {
		return this.#waiting.bytes(lane);
	}

	oldest(lane: number): number | undefined {
		return this.#waiting.oldest(lane);
	}

	take(lane: number, maxItems: number, maxBytes: number): BacklogEntry<Item>[] {
		return this.#waiting.take(lane, maxItems, maxBytes);
	}

	keyOf({ sequence }: BacklogEntry<Item>): string {
		return `${this.#id}-${sequence}`;
	}

	settle(entries: readonly BacklogEntry<Item>[]): void {
		for (const entry of entries) this.#forget(entry);
	}

	close(): void {
		this.#size = 0;
		this.#bytes = 0;
		this.#waiting = new WaitingEntries(this.#host.lanes);
	}

	letGo(): number {
		return 0;
	}

	/** Sheds for an item of a rank and so many bytes: all that it takes, or nothing where that would not do. */
	#makeRoom(rank: number, bytes: number): boolean {
		const { maxItems, maxBytes, lost } = this.#host;
		const overItems = this.#size + 1 - maxItems;
		const overBytes = this.#bytes + bytes - maxBytes;
		if (overItems > this.#waiting.itemsUpTo(rank) || overBytes > this.#waiting.bytesUpTo(rank)) return false;
		let shed = 0;
		while (this.#size >= maxItems || this.#bytes + bytes > maxBytes) {
			const entry = this.#waiting.shed();
			if (entry === undefined) break;
			this.#forget(entry);
			shed++;
		}
		lost.call(this.#host, shed, "queue_full");
		return true;
	}

	#forget({ bytes }: BacklogEntry<Item>): void {
		this.#size--;
		this.#bytes -= bytes;
	}
}
