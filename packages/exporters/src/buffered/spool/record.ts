import { crc32 } from "node:zlib";

// A record of a segment, little endian: [checksum u32][length u32][delta u32][ordinal u32][payload]. The checksum is over
// all that follows it and begins with the segment's seed, so that no payload can pass for a record. The delta is how far the
// sequence number is from the segment's first; the ordinal counts the records of the segment, so that it can be told how
// many of them a damaged place held. A sealed segment ends with a trailer: a record without payload whose length no payload has.

export const headerBytes: number = 16;
export const trailerBytes: number = headerBytes;
/** A segment's numbers are of 32 bits. */
export const greatestDelta: number = 2 ** 32 - 1;

const trailerLength = 2 ** 32 - 1;

/** What a segment's checksums begin with. */
export function seedOf(name: string): number {
	return crc32(name);
}

/** Writes the header of the record whose payload stands in the buffer already. */
export function putHeader(
	buffer: Buffer,
	start: number,
	end: number,
	delta: number,
	ordinal: number,
	seed: number,
): void {
	putNumber(buffer, start + 4, end - start - headerBytes);
	putNumber(buffer, start + 8, delta);
	putNumber(buffer, start + 12, ordinal);
	putNumber(buffer, start, crc32(buffer.subarray(start + 4, end), seed));
}

/** Where the record ends that begins here; undefined where none does. */
export function recordEnd(buffer: Buffer, start: number, limit: number, seed: number): number | undefined {
	if (start + headerBytes > limit) return undefined;
	const end = start + headerBytes + lengthAt(buffer, start);
	if (end > limit) return undefined;
	return crc32(buffer.subarray(start + 4, end), seed) === buffer.readUInt32LE(start) ? end : undefined;
}

export function lengthAt(buffer: Buffer, start: number): number {
	return buffer.readUInt32LE(start + 4);
}

export function deltaAt(buffer: Buffer, start: number): number {
	return buffer.readUInt32LE(start + 8);
}

export function ordinalAt(buffer: Buffer, start: number): number {
	return buffer.readUInt32LE(start + 12);
}

/**
 * Finds the next record after a damaged place, which begins where the record of that ordinal should.
 *
 * @param bytesBefore - damaged earlier, with how many records is not known
 */
export function findRecord(
	buffer: Buffer,
	damaged: number,
	limit: number,
	seed: number,
	ordinal: number,
	bytesBefore = 0,
): number | undefined {
	for (let start = damaged + 1; start + headerBytes <= limit; start++) {
		// Almost every place is ruled out by these two, which cost less than a checksum.
		if (lengthAt(buffer, start) > limit - start - headerBytes) continue;
		const skipped = ordinalAt(buffer, start) - ordinal;
		if (skipped < 0 || skipped > (start - damaged + bytesBefore) / headerBytes + 1) continue;
		if (recordEnd(buffer, start, limit, seed) !== undefined) return start;
	}
	return undefined;
}

export interface Trailer {
	readonly count: number;
	readonly lastDelta: number;
}

export function makeTrailer({ count, lastDelta }: Trailer, seed: number): Buffer {
	const buffer = Buffer.alloc(trailerBytes);
	putNumber(buffer, 4, trailerLength);
	putNumber(buffer, 8, lastDelta);
	putNumber(buffer, 12, count);
	putNumber(buffer, 0, crc32(buffer.subarray(4), seed));
	return buffer;
}

export function readTrailer(buffer: Buffer, seed: number): Trailer | undefined {
	if (buffer.length !== trailerBytes || lengthAt(buffer, 0) !== trailerLength) return undefined;
	if (crc32(buffer.subarray(4), seed) !== buffer.readUInt32LE(0)) return undefined;
	return { count: ordinalAt(buffer, 0), lastDelta: deltaAt(buffer, 0) };
}

// Half the time of writeUInt32LE, which checks its arguments.
function putNumber(buffer: Buffer, at: number, value: number): void {
	buffer[at] = value;
	buffer[at + 1] = value >>> 8;
	buffer[at + 2] = value >>> 16;
	buffer[at + 3] = value >>> 24;
}
