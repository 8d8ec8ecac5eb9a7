// Over 250 lines: what an exporter asks of its spool, and the window in memory that answers.
import { telemetryFailed } from "@footlight/core";
import { show } from "@footlight/core/option";
import { ignoreRejection, isThenable } from "@footlight/core/telemetry";
import type { Backlog, BacklogEntry, BacklogHost, Refusal, SpoolFigures } from "../backlog.ts";
import { WaitingEntries } from "../waiting-entries.ts";
import { keyOfRecord, type Segment, type SpoolRecord } from "./segment.ts";
import type { ReadRecord } from "./segment-reader.ts";
import type { SpoolLogOptions } from "./settings.ts";
import { SpoolLog } from "./spool-log.ts";

/** How items become bytes, and items again. */
export interface ItemCodec<Item> {
	encode(item: Item): string | Uint8Array;
	decode(bytes: Buffer): Item;
}

/** An item in memory: being written, waiting, or in flight. */
interface SpoolEntry<Item> extends BacklogEntry<Item> {
	/** 0 until it is written. */
	sequence: number;
	record: SpoolRecord | undefined;
}

const mostReadBytes = 2 ** 20;
const retryReadMs = 1_000;

/**
 * A backlog on disk: an item that was written is handed out from memory as long as there is room for it and none waits on
 * disk before it; else it is read from disk when its turn has come.
 */
export class SpoolBacklog<Item> implements Backlog<Item> {
	readonly isDurable: boolean = true;
	readonly spool: SpoolFigures;
	readonly #host: BacklogHost<Item>;
	readonly #codec: ItemCodec<Item>;
	readonly #log: SpoolLog<SpoolEntry<Item> | undefined>;
	#waiting: WaitingEntries<Item>;
	#waitingItems = 0;
	/** Read from disk; there was no room for their items. */
	#stash: ReadRecord[] = [];
	#isReading = false;
	#isClosed = false;
	#size = 0;
	#bytes = 0;
	/** The greatest sequence number of those that wait, or waited, in memory. */
	#lastHandedOut = 0;

	constructor(host: BacklogHost<Item>, codec: ItemCodec<Item>, options: SpoolLogOptions) {
		this.#host = host;
		this.#codec = codec;
		this.#waiting = new WaitingEntries(host.lanes);
		const log = new SpoolLog<SpoolEntry<Item> | undefined>(options, {
			admit: (record, entry) => this.#admit(record, entry),
			written: () => this.#moved(),
			forget: (entry) => {
				if (entry !== undefined) this.#leaveMemory(entry);
			},
			shed: (segment) => this.#shed(segment),
			lost: (records, reason) => host.lost(records, reason),
		});
		this.#log = log;
		this.spool = {
			get sizeBytes() {
				return log.sizeBytes;
			},
			get capacityBytes() {
				return log.capacityBytes;
			},
			get backlog() {
				return log.left;
			},
		};
		queueMicrotask(() => this.#readOn());
	}

	get size(): number {
		return this.#size;
	}

	get bytes(): number {
		return this.#bytes;
	}

	get left(): number {
		return this.#log.left;
	}

	get lastSequence(): number {
		return this.#log.lastSequence;
	}

	get oldestWaiting(): number | undefined {
		const inMemory = this.#waiting.oldestOfAll();
		if (inMemory !== undefined) return inMemory;
		// Those on disk and those being written are behind all that were handed out.
		const { unread, unwritten } = this.#log;
		return this.#stash.length + unread + unwritten > 0 ? this.#lastHandedOut + 1 : undefined;
	}

	offer(item: Item): Refusal | undefined {
		const { traits, maxItems, maxBytes } = this.#host;
		let payload: string | Uint8Array;
		try {
			payload = this.#codec.encode(item);
			if (typeof payload !== "string" && !(payload instanceof Uint8Array)) unfit("encode", "text or bytes", payload);
		} catch (error) {
			telemetryFailed("encode", error);
			return "not_serializable";
		}
		const bytes = traits.bytesOf(item);
		// Read from disk again it would find no room in memory.
		if (bytes > maxBytes) return "item_too_large";
		const rank = traits.rankOf(item);
		const isKept = this.#isUpToDate && this.#size < maxItems && this.#bytes + bytes <= maxBytes;
		if (!isKept) return this.#log.append(payload, rank, undefined);
		const entry = { sequence: 0, item, rank, orderKey: traits.orderKeyOf(item), bytes, record: undefined };
		const refusal = this.#log.append(payload, rank, entry);
		if (refusal === undefined) {
			this.#size++;
			this.#bytes += bytes;
		}
		return refusal;
	}

	/** Nothing on disk waits to be read. */
	get #isUpToDate(): boolean {
		return this.#log.unread === 0 && this.#stash.length === 0 && !this.#isReading;
	}

	kept(): Promise<void> | undefined {
		return this.#log.kept();
	}

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
		const entries = this.#waiting.take(lane, maxItems, maxBytes);
		this.#waitingItems -= entries.length;
		for (const entry of entries) this.#log.take(recordOf(entry));
		this.#readOn();
		return entries;
	}

	keyOf(entry: BacklogEntry<Item>): string {
		return keyOfRecord(recordOf(entry));
	}

	settle(entries: readonly BacklogEntry<Item>[]): void {
		for (const entry of entries) {
			this.#leaveMemory(entry);
			this.#log.settle(recordOf(entry));
		}
		this.#readOn();
	}

	async close(): Promise<void> {
		this.#isClosed = true;
		await this.#log.close();
	}

	letGo(): number {
		return this.#log.abandon();
	}

	#admit(record: SpoolRecord, entry: SpoolEntry<Item> | undefined): boolean {
		if (entry === undefined || !(this.#stash.length === 0 && !this.#isReading)) return false;
		entry.sequence = record.sequence;
		entry.record = record;
		this.#wait(entry);
		return true;
	}

	#wait(entry: SpoolEntry<Item>): void {
		this.#lastHandedOut = entry.sequence;
		this.#waitingItems++;
		this.#waiting.add(entry);
	}

	#moved(): void {
		this.#readOn();
		this.#host.ready();
	}

	#leaveMemory({ bytes }: BacklogEntry<Item>): void {
		this.#size--;
		this.#bytes -= bytes;
	}

	#shed(segment: Segment): void {
		const all: BacklogEntry<Item>[] = [];
		for (let lane = 0; lane < this.#host.lanes; lane++) {
			all.push(...this.#waiting.take(lane, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY));
		}
		this.#waiting = new WaitingEntries(this.#host.lanes);
		this.#waitingItems = 0;
		for (const entry of all.sort((one, other) => one.sequence - other.sequence)) {
			if (recordOf(entry).segment === segment) this.#leaveMemory(entry);
			else {
				this.#waitingItems++;
				this.#waiting.add(entry);
			}
		}
	}

	/** Fetches what waits on disk, when memory is half empty or nothing waits in it. */
	#readOn(): void {
		const { maxItems, maxBytes } = this.#host;
		const hasMore = this.#log.unread > 0 || this.#stash.length > 0;
		const hasRoom = this.#waitingItems === 0 || (this.#size <= maxItems / 2 && this.#bytes <= maxBytes / 2);
		if (this.#isReading || this.#isClosed || !hasMore || !hasRoom || this.#size >= maxItems) return;
		this.#isReading = true;
		void this.#read();
	}

	async #read(): Promise<void> {
		let delayMs = 0;
		try {
			await undefined;
			if (this.#stash.length === 0) {
				this.#stash = await this.#log.read(this.#host.maxItems - this.#size, mostReadBytes);
			}
		} catch (error) {
			telemetryFailed("spool", error);
			delayMs = retryReadMs;
		}
		const isNew = this.#unstash();
		this.#isReading = false;
		if (delayMs > 0) setTimeout(() => this.#readOn(), delayMs).unref();
		else if (isNew) this.#moved();
	}

	/** Gives what was read its place in memory, as far as there is room. */
	#unstash(): boolean {
		let place = 0;
		for (; place < this.#stash.length; place++) {
			const record = this.#stash[place] as ReadRecord;
			if (record.segment.isGone) continue;
			const entry = this.#decoded(record);
			if (entry === undefined) continue;
			const { maxItems, maxBytes } = this.#host;
			if (this.#size >= maxItems || (this.#size > 0 && this.#bytes + entry.bytes > maxBytes)) break;
			this.#size++;
			this.#bytes += entry.bytes;
			this.#wait(entry);
		}
		this.#stash = this.#stash.slice(place);
		return place > 0;
	}

	#decoded(record: ReadRecord): SpoolEntry<Item> | undefined {
		try {
			const item = this.#codec.decode(record.payload);
			if (isThenable(item)) unfit("decode", "an item, not a promise", item);
			const { traits } = this.#host;
			const { sequence, segment, start, end } = record;
			return {
				...{ sequence, item, rank: segment.rank, orderKey: traits.orderKeyOf(item), bytes: traits.bytesOf(item) },
				record: { sequence, segment, start, end },
			};
		} catch (error) {
			telemetryFailed("decode", error);
			this.#log.take(record);
			this.#log.settle(record);
			this.#host.lost(1, "corrupt");
			return undefined;
		}
	}
}

/** Of a function of the user's: as if it had thrown. */
function unfit(name: string, expected: string, value: unknown): never {
	// One written as an async function may reject, too.
	if (isThenable(value)) ignoreRejection(value);
	throw new TypeError(`fileSpool: ${name} must give ${expected}, got ${show(value)}`);
}

function recordOf(entry: BacklogEntry<unknown>): SpoolRecord {
	return (entry as SpoolEntry<unknown>).record as SpoolRecord;
}
