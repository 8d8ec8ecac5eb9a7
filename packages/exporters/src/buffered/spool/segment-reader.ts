import { close, open, read } from "node:fs";
import { promisify } from "node:util";
import { deltaAt, findRecord, headerBytes, lengthAt, ordinalAt, recordEnd } from "./record.ts";
import type { Segment, SpoolRecord } from "./segment.ts";

const openFile = promisify(open);
const readFile = promisify(read);
const closeFile = promisify(close);

const chunkBytes = 256 * 1024;

export interface ReadRecord extends SpoolRecord {
	/** Bytes of a buffer that it shares with others: to be decoded at once. */
	readonly payload: Buffer;
	readonly ordinal: number;
}

/** What the next record of a reader is: `undefined` where it must {@link SegmentReader.load} first, null at the end. */
export type Peeked = ReadRecord | undefined | null;

/** Reads the segments of one priority from where it stands, past what is settled and what is damaged. */
export class SegmentReader {
	readonly #segments: readonly Segment[];
	readonly #damaged: (segment: Segment, records: number) => void;
	#segment: Segment | undefined;
	#position = 0;
	/** What the next record's ordinal is unless something is damaged. */
	#ordinal = 0;
	#head: ReadRecord | undefined;
	#buffer: Buffer = Buffer.alloc(0);
	/** Place of the buffer in the file. */
	#from = 0;
	#wanted = chunkBytes;
	#file: { readonly segment: Segment; readonly descriptor: number } | undefined;
	/** Places that hold no record, and how many they held is not known yet. */
	#holes: { readonly start: number; readonly end: number }[] = [];

	/** @param damaged - told how many records cannot be read, each once */
	constructor(segments: readonly Segment[], damaged: (segment: Segment, records: number) => void) {
		this.#segments = segments;
		this.#damaged = damaged;
	}

	/** Goes on behind a record that need not be read: it was handed out as it was written. */
	skipTo(segment: Segment, end: number, ordinal: number): void {
		if (this.#segment !== segment) this.#enter(segment);
		this.#position = end;
		this.#ordinal = ordinal + 1;
		this.#head = undefined;
	}

	/** Steps behind the record that was found last. */
	pass({ segment, end, ordinal }: ReadRecord): void {
		this.skipTo(segment, end, ordinal);
	}

	peek(): Peeked {
		if (this.#head !== undefined && !this.#head.segment.isGone) return this.#head;
		this.#head = undefined;
		for (;;) {
			const segment = this.#segment;
			if (segment === undefined || segment.isGone || this.#isAtEnd(segment)) {
				if (segment !== undefined && !segment.isGone) {
					this.#countLost(segment, segment.count);
					if (!segment.isSealed) return null;
				}
				if (!this.#enterNext()) return null;
				continue;
			}
			if (this.#skipSettled(segment)) continue;
			const found = this.#parse(segment);
			if (found !== "again") return found;
		}
	}

	#isAtEnd(segment: Segment): boolean {
		return this.#position >= segment.size;
	}

	#enterNext(): boolean {
		const base = this.#segment?.base ?? -1;
		const next = this.#segments.find((candidate) => candidate.base > base);
		if (next === undefined) return false;
		this.#enter(next);
		return true;
	}

	#enter(segment: Segment): void {
		this.#segment = segment;
		this.#position = 0;
		this.#ordinal = 0;
		this.#holes = [];
		this.#buffer = Buffer.alloc(0);
		this.#from = 0;
		this.#wanted = chunkBytes;
	}

	#skipSettled({ settled }: Segment): boolean {
		if (this.#position < settled.mark) {
			this.#position = settled.mark;
			this.#ordinal = settled.countBelowMark;
			return true;
		}
		const range = settled.at(this.#position);
		if (range === undefined) return false;
		this.#position = range.end;
		this.#ordinal += range.count;
		return true;
	}

	#parse(segment: Segment): Peeked | "again" {
		const { size, seed, base } = segment;
		const start = this.#position - this.#from;
		const limit = this.#buffer.length;
		const needed = this.#bytesAt(start, limit, size);
		if (needed > limit - start) return this.#want(needed);
		const end = recordEnd(this.#buffer, start, limit, seed);
		if (end === undefined) return this.#skipDamaged(segment, start);
		const ordinal = ordinalAt(this.#buffer, start);
		this.#countLost(segment, ordinal);
		this.#head = {
			sequence: base + deltaAt(this.#buffer, start),
			segment,
			start: this.#position,
			end: this.#from + end,
			ordinal,
			payload: this.#buffer.subarray(start + headerBytes, end),
		};
		return this.#head;
	}

	/** How much of the file must be there to read the record; as much as there is where its length cannot be true. */
	#bytesAt(start: number, limit: number, size: number): number {
		const left = size - this.#position;
		if (start < 0 || start + headerBytes > limit) return Math.min(headerBytes, left);
		return Math.min(headerBytes + lengthAt(this.#buffer, start), left);
	}

	#want(bytes: number): undefined {
		this.#wanted = Math.max(chunkBytes, bytes);
		return undefined;
	}

	#skipDamaged(segment: Segment, start: number): undefined | "again" {
		const limit = segment.settled.nextStart(this.#position, segment.size);
		if (this.#from + this.#buffer.length < limit) return this.#want(limit - this.#position);
		const end = limit - this.#from;
		const bytesBefore = this.#holes.reduce((sum, hole) => sum + hole.end - hole.start, 0);
		const next = findRecord(this.#buffer, start, end, segment.seed, this.#ordinal, bytesBefore) ?? end;
		const hole = { start: this.#position, end: this.#from + next };
		this.#holes.push(hole);
		this.#position = hole.end;
		return "again";
	}

	/** Settles the holes, now that the ordinal after them tells how many records were in them. */
	#countLost(segment: Segment, ordinal: number): void {
		// Those that were found missing before a restart are not missed again.
		const lost = Math.min(ordinal - this.#ordinal, segment.unread);
		this.#ordinal = ordinal;
		if (this.#holes.length === 0 && lost <= 0) return;
		const holes = this.#holes.length === 0 ? [{ start: this.#position, end: this.#position }] : this.#holes;
		for (const [index, { start, end }] of holes.entries())
			segment.settle(start, end, index === 0 ? Math.max(0, lost) : 0);
		this.#holes = [];
		this.#damaged(segment, Math.max(0, lost));
	}

	/** Reads on in the file; after {@link peek} gave undefined. */
	async load(): Promise<void> {
		const segment = this.#segment;
		if (segment === undefined) return;
		const from = this.#position;
		const bytes = Math.min(this.#wanted, segment.size - from);
		const descriptor = await this.#open(segment);
		if (this.#segment !== segment) return;
		const buffer = Buffer.allocUnsafeSlow(bytes);
		let filled = 0;
		while (filled < bytes) {
			const { bytesRead } = await readFile(descriptor, buffer, filled, bytes - filled, from + filled);
			if (bytesRead === 0) break;
			filled += bytesRead;
		}
		// Somebody has cut the file: zeros are no record.
		buffer.fill(0, filled);
		if (this.#segment !== segment) return;
		this.#buffer = buffer;
		this.#from = from;
	}

	async #open(segment: Segment): Promise<number> {
		if (this.#file?.segment === segment) return this.#file.descriptor;
		await this.close();
		const descriptor = await openFile(segment.path, "r");
		this.#file = { segment, descriptor };
		return descriptor;
	}

	/** Nothing can be read of the segment it stands in: the rest of it counts as damaged. False where it was shed meanwhile. */
	giveUp(): boolean {
		const segment = this.#segment;
		if (segment === undefined || segment.isGone) return false;
		this.#holes.push({ start: this.#position, end: segment.size });
		this.#position = segment.size;
		this.#head = undefined;
		this.#countLost(segment, segment.count);
		return true;
	}

	async close(): Promise<void> {
		const file = this.#file;
		this.#file = undefined;
		if (file !== undefined) await closeFile(file.descriptor);
	}
}
