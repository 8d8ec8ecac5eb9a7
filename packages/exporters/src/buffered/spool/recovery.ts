import {
	closeSync,
	fstatSync,
	ftruncateSync,
	openSync,
	readdirSync,
	readFileSync,
	readSync,
	unlinkSync,
	writeSync,
} from "node:fs";
import { join } from "node:path";
import { decodeRanges, decodeSeal, type Seal, wholeEntries } from "./acknowledgement.ts";
import { makeFolder } from "./make-folder.ts";
import {
	deltaAt,
	findRecord,
	headerBytes,
	lengthAt,
	makeTrailer,
	ordinalAt,
	readTrailer,
	recordEnd,
	trailerBytes,
} from "./record.ts";
import { Segment } from "./segment.ts";

/**
 * The segments of a priority that have something left, the oldest first. Of a sealed one the last bytes are read; only what
 * its process did not come to seal is read whole, its torn tail is cut, and it is sealed.
 */
export function recoverSegments(folder: string, rank: number): Segment[] {
	makeFolder(folder);
	const names = readdirSync(folder);
	const segments: Segment[] = [];
	for (const name of names) {
		const segment = Segment.named(folder, rank, name);
		if (segment === undefined) continue;
		recover(segment);
		if (segment.isDone && segment.left === 0) {
			unlinkSync(segment.path);
			forget(segment.acknowledgementPath);
		} else segments.push(segment);
	}
	for (const name of names) {
		if (name.endsWith(".ack") && !names.includes(name.replace(/ack$/, "log"))) forget(join(folder, name));
	}
	return segments.sort((one, other) => one.base - other.base);
}

function recover(segment: Segment): void {
	const file = openSync(segment.path, "r+");
	try {
		const { size } = fstatSync(file);
		const last = Buffer.alloc(Math.min(trailerBytes, size));
		readSync(file, last, 0, last.length, size - last.length);
		const trailer = readTrailer(last, segment.seed);
		segment.size = trailer === undefined ? size : size - trailerBytes;
		const seal = settleAcknowledged(segment);
		if (trailer === undefined) scan(segment, file, seal);
		else {
			segment.count = trailer.count;
			segment.lastDelta = trailer.lastDelta;
		}
	} finally {
		closeSync(file);
	}
	segment.isSealed = true;
}

/** Gives what the log says of how the segment was ended. */
function settleAcknowledged(segment: Segment): Seal | undefined {
	const bytes = readIfThere(segment.acknowledgementPath);
	segment.acknowledgementBytes = wholeEntries(bytes.length);
	for (const range of decodeRanges(bytes, segment.seed, segment.size)) {
		// Of two that overlap, which only damage could bring about, the later says nothing that can be relied on.
		if (range.start >= segment.settled.mark) segment.settled.add(range);
	}
	const seal = decodeSeal(bytes, segment.seed);
	segment.isSealSaved = seal !== undefined;
	return seal;
}

/** Counts the records, those that are damaged and not the last included, and cuts what is torn. */
function scan(segment: Segment, file: number, seal: Seal | undefined): void {
	const { settled, seed } = segment;
	const buffer = Buffer.allocUnsafe(Math.min(segment.size, seal?.size ?? segment.size));
	const limit = readSync(file, buffer, 0, buffer.length, 0);
	let position = settled.mark;
	let ordinal = settled.countBelowMark;
	let damagedBytes = 0;
	for (;;) {
		const range = settled.at(position);
		const end = range?.end ?? recordEnd(buffer, position, limit, seed);
		if (end !== undefined) {
			ordinal = range === undefined ? ordinalAt(buffer, position) + 1 : ordinal + range.count;
			if (range === undefined) segment.lastDelta = deltaAt(buffer, position);
			position = end;
			continue;
		}
		const nextSettled = settled.nextStart(position, limit);
		const next = findRecord(buffer, position, nextSettled, seed, ordinal, damagedBytes) ?? nextSettled;
		if (next === limit) break;
		damagedBytes += next - position;
		position = next;
	}
	if (seal === undefined) {
		const isDamaged = position < limit && !isCutOff(buffer, position, limit, ordinal);
		segment.size = isDamaged ? limit : position;
		segment.count = isDamaged ? ordinal + 1 : ordinal;
	} else {
		segment.size = limit;
		segment.count = Math.max(ordinal, seal.count);
		segment.lastDelta = Math.max(segment.lastDelta, segment.count - 1);
	}
	try {
		ftruncateSync(file, segment.size);
		writeSync(file, makeTrailer(segment.trailer, seed), 0, trailerBytes, segment.size);
	} catch {
		// On a full disk: it is read whole the next time too.
	}
}

/** True for the beginning of the record that is next: its process ended as it wrote it. All else was accepted, and is damaged. */
function isCutOff(buffer: Buffer, position: number, limit: number, ordinal: number): boolean {
	if (position + headerBytes > limit) return true;
	return position + headerBytes + lengthAt(buffer, position) > limit && ordinalAt(buffer, position) === ordinal;
}

function readIfThere(path: string): Buffer {
	try {
		return readFileSync(path);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
		throw error;
	}
}

function forget(path: string): void {
	try {
		unlinkSync(path);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
	}
}
