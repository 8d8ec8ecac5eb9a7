import { join } from "node:path";
import { sealBytes } from "./acknowledgement.ts";
import { greatestDelta, seedOf, type Trailer, trailerBytes } from "./record.ts";
import type { SettledRange } from "./settled-ranges.ts";
import { SettledRanges } from "./settled-ranges.ts";

/** What the end of a segment takes: a trailer of its own, and a seal in the log beside it. */
export const endBytes: number = trailerBytes + sealBytes;

const namePattern = /^(\d{16})-([0-9a-f]{16})\.log$/;

/** One file of records, of one priority: written by one process, in order, and never again by another. */
export class Segment {
	readonly folder: string;
	readonly rank: number;
	/** The sequence number that its first record has at least. */
	readonly base: number;
	/** Whose records they are: the opening of the spool that wrote them. What makes their keys unlike all others. */
	readonly session: string;
	readonly path: string;
	readonly acknowledgementPath: string;
	readonly seed: number;
	/** Bytes of whole, written records. */
	size = 0;
	/** Records in them, those included that are damaged. */
	count = 0;
	lastDelta = 0;
	/** Nothing is added to it any more. */
	isSealed = false;
	/** It stands in the log of acknowledgements how it was ended. */
	isSealSaved = false;
	/** Its file is deleted. */
	isGone = false;
	readonly settled: SettledRanges = new SettledRanges();
	/** Settled, and not yet in the log of acknowledgements. */
	unsaved: SettledRange[] = [];
	/** Bytes of that log. */
	acknowledgementBytes = 0;
	/** Records that could not be read. */
	damaged = 0;
	/** Records that were handed out and are not settled. */
	handedOut = 0;
	/** Records among these that somebody delivers at this moment. */
	inFlight = 0;

	constructor(folder: string, rank: number, base: number, session: string) {
		const name = `${String(base).padStart(16, "0")}-${session}`;
		this.folder = folder;
		this.rank = rank;
		this.base = base;
		this.session = session;
		this.path = join(folder, `${name}.log`);
		this.acknowledgementPath = join(folder, `${name}.ack`);
		this.seed = seedOf(name);
	}

	/** The segment that a file is by its name. */
	static named(folder: string, rank: number, name: string): Segment | undefined {
		const [, base, session] = namePattern.exec(name) ?? [];
		if (base === undefined || session === undefined) return undefined;
		return new Segment(folder, rank, Number(base), session);
	}

	/** What it takes on disk, counting the trailer and the seal that it will have. */
	get bytesOnDisk(): number {
		return this.size + endBytes + this.acknowledgementBytes - (this.isSealSaved ? sealBytes : 0);
	}

	/** Records that have yet to be settled. */
	get left(): number {
		return this.count - this.settled.count;
	}

	/** Records that were not handed out yet. */
	get unread(): number {
		return this.left - this.handedOut;
	}

	get lastSequence(): number {
		return this.base + this.lastDelta;
	}

	get trailer(): Trailer {
		return { count: this.count, lastDelta: this.lastDelta };
	}

	get isDone(): boolean {
		return this.isSealed && this.settled.mark >= this.size;
	}

	hasNumberFor(sequence: number): boolean {
		return sequence - this.base < greatestDelta && this.count < greatestDelta;
	}

	settle(start: number, end: number, count: number): void {
		const range = { start, end, count };
		this.settled.add(range);
		this.unsaved.push(range);
	}
}

/** A record that was handed out. */
export interface SpoolRecord {
	readonly sequence: number;
	readonly segment: Segment;
	/** Its place in the file. */
	readonly start: number;
	readonly end: number;
}

/** The same for a record wherever and whenever it is read, and for no other. */
export function keyOfRecord({ segment, sequence }: SpoolRecord): string {
	return `${segment.session}-${sequence}`;
}
