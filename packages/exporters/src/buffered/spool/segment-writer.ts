import { close, fdatasync, fstat, fsync, ftruncate, open, unlink, write } from "node:fs";
import { promisify } from "node:util";
import { deltaAt, makeTrailer, putHeader } from "./record.ts";
import type { RecordGroup } from "./record-group.ts";
import { Segment } from "./segment.ts";
import type { SpoolSettings } from "./settings.ts";

const openFile = promisify(open);
const writeFile = promisify(write);
const statFile = promisify(fstat);
const truncateFile = promisify(ftruncate);
const syncData = promisify(fdatasync);
const syncFile = promisify(fsync);
const closeFile = promisify(close);
const unlinkFile = promisify(unlink);

interface OpenSegment {
	readonly segment: Segment;
	readonly descriptor: number;
}

/** Records of a group that stand one after the other in one segment. */
export interface WrittenPart {
	readonly segment: Segment;
	/** Indexes into the group. */
	readonly first: number;
	readonly end: number;
	/** Place of the first in the file. */
	readonly position: number;
}

/** Writes the segments of one priority: groups as a whole, or not at all. */
export class SegmentWriter {
	readonly #folder: string;
	readonly #rank: number;
	readonly #session: string;
	readonly #segmentBytes: number;
	readonly #isSynced: boolean;
	readonly #restore: (folder: string) => void;
	/** The last is the one that is written on. */
	#open: OpenSegment[] = [];

	/** @param restore - called where its folder, or files in it, were deleted; makes it anew, or throws */
	constructor(
		folder: string,
		rank: number,
		session: string,
		{ segmentBytes, isSynced }: SpoolSettings,
		restore: (folder: string) => void,
	) {
		this.#folder = folder;
		this.#restore = restore;
		this.#rank = rank;
		this.#session = session;
		this.#segmentBytes = segmentBytes;
		this.#isSynced = isSynced;
	}

	/** Rejects where any of it cannot be written; then {@link rollBack}. */
	async write(group: RecordGroup<unknown>): Promise<WrittenPart[]> {
		const parts = await this.#write(group);
		if (await this.#isOnDisk()) return parts;
		await this.rollBack();
		for (const { segment } of this.#open) segment.isSealed = true;
		this.#restore(this.#folder);
		const again = await this.#write(group);
		if (await this.#isOnDisk()) return again;
		throw Object.assign(new Error("files are deleted as they are written"), { code: "ENOENT" });
	}

	/** A file that somebody deletes can be written on, and is never found again. */
	async #isOnDisk(): Promise<boolean> {
		for (const { segment, descriptor } of this.#open) {
			if (!segment.isGone && (await statFile(descriptor)).nlink === 0) return false;
		}
		return true;
	}

	async #write(group: RecordGroup<unknown>): Promise<WrittenPart[]> {
		await this.#closeGone();
		const parts: WrittenPart[] = [];
		for (let first = 0; first < group.length; ) {
			const part = await this.#nextPart(group, first);
			parts.push(part);
			const { buffer } = group;
			const { descriptor } = this.#open.at(-1) as OpenSegment;
			const start = group.startOf(first);
			await writeWhole(descriptor, buffer.subarray(start, group.startOf(part.end)), part.position);
			first = part.end;
		}
		if (this.#isSynced) for (const { descriptor } of this.#open) await syncData(descriptor);
		return parts;
	}

	/** As many records as the segment has room for, with their headers; of a new one at least one. */
	async #nextPart(group: RecordGroup<unknown>, first: number): Promise<WrittenPart> {
		let last = this.#open.at(-1)?.segment;
		const sequence = group.sequences[first] as number;
		const firstBytes = (group.ends[first] as number) - group.startOf(first);
		const isFull = last !== undefined && (last.size + firstBytes > this.#segmentBytes || !last.hasNumberFor(sequence));
		// What of a group is left when a part is written did not fit behind it.
		if (last === undefined || isFull || first > 0) last = await this.#begin(sequence);
		const position = last.size;
		const start = group.startOf(first);
		let end = first;
		while (end < group.length) {
			const next = group.sequences[end] as number;
			const bytes = position + (group.ends[end] as number) - start;
			if (end > first && (bytes > this.#segmentBytes || !last.hasNumberFor(next))) break;
			const ordinal = last.count + end - first;
			putHeader(group.buffer, group.startOf(end), group.ends[end] as number, next - last.base, ordinal, last.seed);
			end++;
		}
		return { segment: last, first, end, position };
	}

	async #begin(sequence: number): Promise<Segment> {
		const segment = new Segment(this.#folder, this.#rank, sequence, this.#session);
		const descriptor = await this.#create(segment.path);
		this.#open.push({ segment, descriptor });
		if (this.#isSynced) await syncFolder(this.#folder);
		return segment;
	}

	async #create(path: string): Promise<number> {
		try {
			return await openFile(path, "wx", 0o600);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
			this.#restore(this.#folder);
			return await openFile(path, "wx", 0o600);
		}
	}

	/** Makes known what was written; gives the segments that were begun with it. */
	commit(group: RecordGroup<unknown>, parts: readonly WrittenPart[]): Segment[] {
		const begun: Segment[] = [];
		for (const { segment, first, end, position } of parts) {
			if (segment.count === 0) begun.push(segment);
			segment.size = position + group.startOf(end) - group.startOf(first);
			segment.count += end - first;
			segment.lastDelta = deltaAt(group.buffer, group.startOf(end - 1));
		}
		for (const { segment } of this.#open.slice(0, -1)) segment.isSealed = true;
		return begun;
	}

	/** Takes back what was written since the last commit. */
	async rollBack(): Promise<void> {
		const kept: OpenSegment[] = [];
		for (const open of this.#open) {
			const { segment, descriptor } = open;
			try {
				if (segment.count > 0) {
					await truncateFile(descriptor, segment.size);
					kept.push(open);
					continue;
				}
				await unlinkFile(segment.path);
			} catch {
				// What cannot be taken back is given again after a restart, though it was not accepted; nothing is added to it.
				segment.isSealed = true;
			}
			await closeQuietly(descriptor);
		}
		this.#open = kept;
	}

	/** Ends the files that are full; gives them. */
	async seal(): Promise<Segment[]> {
		const full = this.#open.slice(0, -1);
		this.#open = this.#open.slice(-1);
		for (const open of full) await this.#end(open);
		return full.map(({ segment }) => segment);
	}

	async #closeGone(): Promise<void> {
		const over = this.#open.filter(({ segment }) => segment.isGone || segment.isSealed);
		if (over.length === 0) return;
		this.#open = this.#open.filter((open) => !over.includes(open));
		for (const open of over) await this.#end(open);
	}

	async #end({ segment, descriptor }: OpenSegment): Promise<void> {
		try {
			if (!segment.isGone) {
				await writeWhole(descriptor, makeTrailer(segment.trailer, segment.seed), segment.size);
				if (this.#isSynced) await syncData(descriptor);
			}
		} catch {
			// Without its trailer it is read whole when the spool is opened again.
		}
		await closeQuietly(descriptor);
	}

	async close(): Promise<Segment[]> {
		const open = this.#open;
		this.#open = [];
		for (const { segment } of open) segment.isSealed = true;
		for (const each of open) await this.#end(each);
		return open.map(({ segment }) => segment);
	}
}

async function writeWhole(descriptor: number, bytes: Buffer, position: number): Promise<void> {
	for (let written = 0; written < bytes.length; ) {
		const { bytesWritten } = await writeFile(descriptor, bytes, written, bytes.length - written, position + written);
		if (bytesWritten === 0) throw Object.assign(new Error("nothing was written"), { code: "ENOSPC" });
		written += bytesWritten;
	}
}

async function syncFolder(folder: string): Promise<void> {
	const descriptor = await openFile(folder, "r");
	try {
		await syncFile(descriptor);
	} finally {
		await closeQuietly(descriptor);
	}
}

async function closeQuietly(descriptor: number): Promise<void> {
	try {
		await closeFile(descriptor);
	} catch {
		// It is closed all the same.
	}
}
