// Over 250 lines: what is accepted, written, read, settled and shed is one account, kept in one place.
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync } from "node:fs";
import { rename, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { telemetryFailed } from "@footlight/core";
import { withoutTelemetry } from "@footlight/core/telemetry";
import { type Priority, priorities, type Refusal } from "../backlog.ts";
import { Acknowledger } from "./acknowledger.ts";
import { type Lock, lockFolder } from "./lock.ts";
import { makeFolder } from "./make-folder.ts";
import { headerBytes } from "./record.ts";
import { RecordGroup } from "./record-group.ts";
import { recoverSegments } from "./recovery.ts";
import { endBytes, type Segment, type SpoolRecord } from "./segment.ts";
import { type ReadRecord, SegmentReader } from "./segment-reader.ts";
import { SegmentWriter, type WrittenPart } from "./segment-writer.ts";
import { type SpoolLogOptions, type SpoolSettings, spoolSettings } from "./settings.ts";
import { SpoolError, writeError } from "./spool-error.ts";

/** Records that are not written yet are refused beyond so many bytes: the disk does not keep up. */
const mostUnwrittenBytes = 64 * 2 ** 20;

/** Who uses a {@link SpoolLog}. */
export interface SpoolLogHost<Tag> {
	/**
	 * A record is written and all before it were handed out: true to have it handed out as well, with nothing read. The tag
	 * is what it was appended with.
	 */
	admit?(record: SpoolRecord, tag: Tag): boolean;
	/** All of a group is on disk. */
	written?(): void;
	/** Records are given up, each once: shed, not written after all, or damaged on disk. */
	lost?(records: number, reason: Refusal | "corrupt"): void;
	/** A record was not admitted, or not written: its tag is let go. */
	forget?(tag: Tag): void;
	/** Records of a segment are shed, those included that were handed out and are not in flight: they are counted as lost. */
	shed?(segment: Segment): void;
}

interface Lane<Tag> {
	readonly segments: Segment[];
	readonly writer: SegmentWriter;
	readonly reader: SegmentReader;
	/** Accepted, and not written yet. */
	gathering: RecordGroup<Tag>;
	/** Being written, or idle. */
	other: RecordGroup<Tag>;
}

interface Round {
	isAbandoned?: boolean;
	records: number;
	bytes: number;
	kept?: PromiseWithResolvers<void>;
}

/**
 * Keeps records on disk until they are settled, across restarts of the process: append-only files, checksummed, of bounded
 * size, one folder for each priority.
 *
 * Records are read in the order they were appended, and each has a key that never changes and is no other's. What is not
 * settled when the process ends is read again. One process uses a folder at a time.
 *
 * **Throws** {@link SpoolError} where the folder cannot be opened, or somebody has it.
 */
export class SpoolLog<Tag = undefined> {
	readonly directory: string;
	readonly #settings: SpoolSettings;
	readonly #host: SpoolLogHost<Tag>;
	readonly #lock: Lock;
	readonly #lanes: readonly Lane<Tag>[];
	readonly #acknowledger: Acknowledger;
	readonly #removing = new Set<Promise<void>>();
	#nextSequence = 1;
	#diskBytes = 0;
	#unread = 0;
	#left = 0;
	#gathering: Round = { records: 0, bytes: 0 };
	#underWay: Round | undefined;
	#writing: Promise<void> | undefined;
	#reading: Promise<unknown> | undefined;
	#isClosed = false;

	constructor(options: SpoolLogOptions, host: SpoolLogHost<Tag> = {}) {
		const settings = spoolSettings("SpoolLog", options);
		const { directory, isSynced } = settings;
		this.directory = directory;
		this.#settings = settings;
		this.#host = host;
		this.#acknowledger = new Acknowledger((bytes) => {
			this.#diskBytes += bytes;
		});
		const session = randomBytes(8).toString("hex");
		this.#lock = open(directory, () => lockFolder(directory, session, (error) => this.#lockLost(error)));
		try {
			this.#lanes = open(directory, () =>
				priorities.map((priority: Priority, rank) => {
					const folder = join(directory, priority);
					const segments = recoverSegments(folder, rank);
					if (isSynced) syncFolder(folder);
					return {
						segments,
						writer: new SegmentWriter(folder, rank, session, settings, (gone) => this.#restore(gone)),
						reader: new SegmentReader(segments, (segment, records) => this.#damaged(segment, records)),
						gathering: new RecordGroup<Tag>(),
						other: new RecordGroup<Tag>(),
					};
				}),
			);
			if (isSynced) open(directory, () => [directory, dirname(resolve(directory))].forEach(syncFolder));
		} catch (error) {
			this.#lock.release();
			throw error;
		}
		for (const segment of this.#lanes.flatMap(({ segments }) => segments)) {
			this.#diskBytes += segment.bytesOnDisk;
			this.#unread += segment.left;
			this.#left += segment.left;
			this.#nextSequence = Math.max(this.#nextSequence, segment.lastSequence + 1);
			// Its process did not come to say how it was ended.
			if (!segment.isSealSaved) this.#acknowledger.save(segment);
		}
	}

	/** Bytes on disk. */
	get sizeBytes(): number {
		return this.#diskBytes;
	}

	get capacityBytes(): number {
		return this.#settings.maxBytes;
	}

	/** Records that are not settled, those included that are not written yet. */
	get left(): number {
		return this.#left;
	}

	/** Written records that were not handed out yet. */
	get unread(): number {
		return this.#unread;
	}

	/** Accepted records that are not on disk yet. */
	get unwritten(): number {
		const underWay = this.#underWay?.isAbandoned === true ? 0 : (this.#underWay?.records ?? 0);
		return this.#gathering.records + underWay;
	}

	/** The greatest sequence number that was given: 0 before the first. */
	get lastSequence(): number {
		return this.#nextSequence - 1;
	}

	/**
	 * Accepts a record, to be written with all that come in this turn, or says why not. Where the spool is full, whole
	 * segments of the same or a lower priority are shed, the lowest first and of these the oldest; none of which something is
	 * in flight.
	 *
	 * @param rank - index of the priority
	 * @param tag - kept in memory for the host until the record is written
	 */
	append(payload: string | Uint8Array, rank: number, tag: Tag): Refusal | undefined {
		if (this.#isClosed) return "spool_failed";
		const group = (this.#lanes[rank] as Lane<Tag>).gathering;
		const { maxBytes } = this.#settings;
		const mostBytes = Math.min(maxBytes - endBytes, mostUnwrittenBytes);
		// Each character is a byte at least: what is longer is not to be encoded only to be refused.
		if (headerBytes + payload.length > mostBytes) return "item_too_large";
		const bytes = group.put(payload);
		if (bytes > mostBytes) return "item_too_large";
		const unwritten = this.#gathering.bytes + (this.#underWay?.bytes ?? 0) + bytes;
		if (unwritten > mostUnwrittenBytes) return "queue_full";
		const over = this.#diskBytes + this.#withEnds(unwritten) - maxBytes;
		if (over > 0 && !this.#makeRoom(over, rank)) return "queue_full";
		group.keep(bytes, this.#nextSequence++, tag);
		this.#gathering.records++;
		this.#gathering.bytes += bytes;
		this.#left++;
		this.#writing ??= withoutTelemetry(() => this.#writeAll());
		return undefined;
	}

	/** As much as records take at most with the ends of the segments that are begun for them. */
	#withEnds(bytes: number): number {
		return bytes + endBytes * (priorities.length + 2 * Math.ceil(bytes / this.#settings.segmentBytes));
	}

	/** Resolves when all that was appended is written, rejects with a {@link SpoolError} where it cannot be. */
	kept(): Promise<void> | undefined {
		const round = this.#gathering.records > 0 ? this.#gathering : this.#underWay;
		if (round === undefined) return undefined;
		round.kept ??= Promise.withResolvers();
		return round.kept.promise;
	}

	/** Gives the next records that were not handed out, in the order they were appended; of so many bytes, but at least one. */
	read(maxRecords: number, maxBytes: number): Promise<ReadRecord[]> {
		if (this.#reading !== undefined) throw new Error("SpoolLog: records are being read already");
		const reading = withoutTelemetry(() => this.#read(maxRecords, maxBytes)).finally(() => {
			this.#reading = undefined;
		});
		this.#reading = reading;
		return reading;
	}

	async #read(maxRecords: number, maxBytes: number): Promise<ReadRecord[]> {
		const records: ReadRecord[] = [];
		for (let bytes = 0; records.length < maxRecords && bytes < maxBytes; ) {
			const next = this.#peek();
			if (next === null) break;
			if (next === undefined) {
				for (const { reader } of this.#lanes) if (reader.peek() === undefined) await this.#load(reader);
				continue;
			}
			bytes += next.payload.length;
			if (records.length > 0 && bytes > maxBytes) break;
			records.push(next);
			this.#lanes[next.segment.rank]?.reader.pass(next);
			next.segment.handedOut++;
			this.#unread--;
		}
		return records.filter(({ segment }) => !segment.isGone);
	}

	/** The first record of all; undefined where something must be loaded to tell. */
	#peek(): ReadRecord | undefined | null {
		let first: ReadRecord | null = null;
		for (const { reader } of this.#lanes) {
			const head = reader.peek();
			if (head === undefined) return undefined;
			if (head !== null && (first === null || head.sequence < first.sequence)) first = head;
		}
		return first;
	}

	async #load(reader: SegmentReader): Promise<void> {
		try {
			await reader.load();
		} catch (error) {
			const code = (error as NodeJS.ErrnoException).code;
			if (code !== "ENOENT" && code !== "EIO") throw error;
			if (reader.giveUp()) telemetryFailed("spool", error);
		}
	}

	/** A record that was handed out is on its way: its segment is not shed. */
	take({ segment }: SpoolRecord): void {
		segment.inFlight++;
	}

	/** Forgets a record that was taken. */
	settle({ segment, start, end }: SpoolRecord): void {
		segment.inFlight--;
		if (segment.isGone) return;
		segment.handedOut--;
		this.#left--;
		segment.settle(start, end, 1);
		this.#settled(segment);
	}

	#damaged(segment: Segment, records: number): void {
		this.#unread -= records;
		this.#left -= records;
		segment.damaged += records;
		this.#settled(segment);
		if (records === 0) return;
		const said = `${records} records of ${segment.path} are damaged or missing`;
		telemetryFailed("spool", new SpoolError("spool_failed", this.directory, said));
		this.#host.lost?.(records, "corrupt");
	}

	#settled(segment: Segment): void {
		if (segment.isDone) this.#remove(segment);
		else this.#acknowledger.save(segment);
	}

	async #writeAll(): Promise<void> {
		await undefined;
		while (this.#gathering.records > 0) await this.#writeRound();
		this.#writing = undefined;
	}

	async #writeRound(): Promise<void> {
		const round = this.#gathering;
		this.#underWay = round;
		this.#gathering = { records: 0, bytes: 0 };
		for (const lane of this.#lanes) [lane.gathering, lane.other] = [lane.other, lane.gathering];
		const lanes = this.#lanes.filter(({ other }) => other.length > 0);
		let failure: SpoolError | undefined;
		try {
			// Room that was made must be there before it is used.
			if (this.#removing.size > 0) await Promise.all(this.#removing);
			const written = await Promise.allSettled(lanes.map(({ writer, other }) => writer.write(other)));
			const parts = written.map((result) => {
				if (result.status === "rejected") throw result.reason;
				return result.value;
			});
			this.#publish(lanes, parts);
		} catch (error) {
			failure = writeError(this.directory, error);
			await Promise.all(lanes.map(({ writer }) => writer.rollBack()));
			if (round.isAbandoned !== true) this.#left -= round.records;
		}
		for (const { other } of lanes) this.#clear(other);
		this.#underWay = undefined;
		if (failure === undefined) {
			round.kept?.resolve();
			this.#host.written?.();
			const sealed = await Promise.all(lanes.map(({ writer }) => writer.seal()));
			for (const segment of sealed.flat()) this.#acknowledger.save(segment);
		} else {
			round.kept?.reject(failure);
			if (round.isAbandoned !== true)
				this.#host.lost?.(round.records, failure.code === "disk_full" ? "disk_full" : "spool_failed");
		}
	}

	#clear(group: RecordGroup<Tag>): void {
		for (const tag of group.tags) if (tag !== undefined) this.#host.forget?.(tag);
		group.clear();
	}

	#publish(lanes: readonly Lane<Tag>[], written: readonly WrittenPart[][]): void {
		for (const [index, lane] of lanes.entries()) {
			const sizes = lane.segments.reduce((sum, { bytesOnDisk }) => sum + bytesOnDisk, 0);
			lane.segments.push(...lane.writer.commit(lane.other, written[index] ?? []));
			this.#diskBytes += lane.segments.reduce((sum, { bytesOnDisk }) => sum + bytesOnDisk, 0) - sizes;
			this.#unread += lane.other.length;
		}
		this.#admitAll(lanes, written);
		for (const lane of lanes) for (const segment of [...lane.segments]) if (segment.isDone) this.#remove(segment);
	}

	/** Hands out what was written just now, as long as nothing before it waits on disk and there is room for it. */
	#admitAll(lanes: readonly Lane<Tag>[], written: readonly WrittenPart[][]): void {
		const next = lanes.map(() => 0);
		let behind = lanes.reduce((sum, { other }) => sum + other.length, 0);
		if (this.#host.admit === undefined || this.#reading !== undefined) return;
		while (behind > 0 && this.#unread === behind) {
			let first = -1;
			for (const [index, { other }] of lanes.entries()) {
				const sequence = other.sequences[next[index] as number] ?? Number.POSITIVE_INFINITY;
				const least =
					first < 0 ? Number.POSITIVE_INFINITY : (lanes[first]?.other.sequences[next[first] as number] ?? 0);
				if (sequence < least) first = index;
			}
			const { other, reader } = lanes[first] as Lane<Tag>;
			const at = next[first] as number;
			const part = written[first]?.find(({ end }) => at < end) as WrittenPart;
			const { segment, position } = part;
			const offset = position - other.startOf(part.first);
			const record = {
				sequence: other.sequences[at] as number,
				segment,
				start: offset + other.startOf(at),
				end: offset + (other.ends[at] as number),
			};
			if (!this.#host.admit(record, other.tags[at] as Tag)) return;
			other.tags[at] = undefined;
			reader.skipTo(segment, record.end, segment.count - (part.end - at));
			segment.handedOut++;
			this.#unread--;
			behind--;
			next[first] = at + 1;
		}
	}

	/** Sheds so many bytes at least; nothing where that cannot be. */
	#makeRoom(bytes: number, rank: number): boolean {
		const victims: Segment[] = [];
		let room = 0;
		for (const lane of this.#lanes.slice(0, rank + 1)) {
			for (const segment of lane.segments) {
				if (room >= bytes) break;
				// One that is being written at this moment cannot be taken from under its writer.
				if (segment.inFlight > 0 || (!segment.isSealed && this.#underWay !== undefined)) continue;
				victims.push(segment);
				room += segment.bytesOnDisk;
			}
		}
		if (room < bytes) return false;
		for (const segment of victims) {
			const { left, unread } = segment;
			this.#unread -= unread;
			this.#left -= left;
			this.#remove(segment);
			this.#host.shed?.(segment);
			this.#host.lost?.(left, "queue_full");
		}
		return true;
	}

	#remove(segment: Segment): void {
		segment.isGone = true;
		const { segments } = this.#lanes[segment.rank] as Lane<Tag>;
		segments.splice(segments.indexOf(segment), 1);
		this.#diskBytes -= segment.bytesOnDisk;
		const removing = withoutTelemetry(() => deleteFiles(segment)).finally(() => this.#removing.delete(removing));
		this.#removing.add(removing);
	}

	/** Files were deleted while they were in use, their folder perhaps, and perhaps another process has made it anew. */
	#restore(folder: string): void {
		const said = "files were deleted while it was in use; it goes on in new ones";
		telemetryFailed("spool", new SpoolError("spool_failed", this.directory, said));
		try {
			this.#lock.renew();
			makeFolder(folder);
		} catch (error) {
			if (error instanceof SpoolError) this.#lockLost(error);
			throw error;
		}
	}

	#lockLost(error: unknown): void {
		this.#isClosed = true;
		telemetryFailed("spool", error);
	}

	/** Resolves when all that was appended is written or has failed, and what was settled is written down. */
	async flush(): Promise<void> {
		await this.#writing;
		await this.#acknowledger.flush();
		await Promise.all(this.#removing);
	}

	/** Accepts nothing more, writes what there is, and lets go of the folder. */
	async close(): Promise<void> {
		this.#isClosed = true;
		await this.#writing;
		await this.#reading?.catch(() => {});
		for (const { writer, reader } of this.#lanes) {
			for (const segment of await writer.close()) this.#acknowledger.save(segment);
			await reader.close();
		}
		for (const segment of this.#lanes.flatMap(({ segments }) => segments)) if (segment.isDone) this.#remove(segment);
		await this.flush();
		this.#lock.release();
	}

	/**
	 * Gives up what is not written yet, and lets go of the folder at once. Gives how many records that are; those among them
	 * that are being written at this moment may be there all the same when it is opened again.
	 */
	abandon(): number {
		const records = this.unwritten;
		const round = this.#gathering;
		this.#isClosed = true;
		this.#gathering = { records: 0, bytes: 0 };
		for (const { gathering } of this.#lanes) this.#clear(gathering);
		round.kept?.reject(new SpoolError("spool_failed", this.directory, "it was closed before all was written"));
		if (this.#underWay !== undefined) this.#underWay.isAbandoned = true;
		this.#left -= records;
		this.#lock.release();
		return records;
	}
}

function open<T>(directory: string, work: () => T): T {
	try {
		return withoutTelemetry(work);
	} catch (error) {
		if (error instanceof SpoolError) throw error;
		const { code = String(error) } = error as NodeJS.ErrnoException;
		throw new SpoolError("spool_failed", directory, `cannot be opened (${code})`, { cause: error });
	}
}

/** The records first: acknowledgements of no records are harmless, records without theirs would be given again. */
async function deleteFiles({ path, acknowledgementPath, damaged, count }: Segment): Promise<void> {
	// Of which nothing could be read is put aside: to be looked at, and no segment any more.
	const isUnreadable = damaged > 0 && damaged === count;
	for (const file of [path, acknowledgementPath]) {
		try {
			if (isUnreadable && file === path) await rename(path, `${path}.damaged`);
			else await unlink(file);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "ENOENT") telemetryFailed("spool", error);
		}
	}
}

/** So that what is in it is there after the machine has ended. */
function syncFolder(folder: string): void {
	const descriptor = openSync(folder, "r");
	try {
		fsyncSync(descriptor);
	} finally {
		closeSync(descriptor);
	}
}
