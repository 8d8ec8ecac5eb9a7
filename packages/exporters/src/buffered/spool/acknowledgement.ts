import { crc32 } from "node:zlib";
import type { SettledRange } from "./settled-ranges.ts";

// Beside a segment stands the log of what of it is settled: [checksum u32][start u32][end u32][count u32], little endian.

const entryBytes = 16;

export const sealBytes: number = entryBytes;

export function encodeRanges(ranges: readonly SettledRange[], seed: number): Buffer {
	const buffer = Buffer.allocUnsafe(ranges.length * entryBytes);
	for (const [index, { start, end, count }] of ranges.entries()) {
		const at = index * entryBytes;
		buffer.writeUInt32LE(start, at + 4);
		buffer.writeUInt32LE(end, at + 8);
		buffer.writeUInt32LE(count, at + 12);
		buffer.writeUInt32LE(crc32(buffer.subarray(at + 4, at + entryBytes), seed), at);
	}
	return buffer;
}

/** Those that are whole and of a segment of this size, in order; what is damaged is settled again. */
export function decodeRanges(buffer: Buffer, seed: number, size: number): SettledRange[] {
	return decodeEntries(buffer, seed)
		.filter(({ start, end }) => start <= end && end <= size)
		.sort((one, other) => one.start - other.start || one.end - other.end);
}

function decodeEntries(buffer: Buffer, seed: number): SettledRange[] {
	const entries: SettledRange[] = [];
	for (let at = 0; at + entryBytes <= buffer.length; at += entryBytes) {
		if (crc32(buffer.subarray(at + 4, at + entryBytes), seed) !== buffer.readUInt32LE(at)) continue;
		const [start, end, count] = [4, 8, 12].map((offset) => buffer.readUInt32LE(at + offset)) as [
			number,
			number,
			number,
		];
		entries.push({ start, end, count });
	}
	return entries;
}

/** How large a segment is that was ended, and how many records it has: of a file that is damaged nothing else tells. */
export interface Seal {
	readonly size: number;
	readonly count: number;
}

// A range that ends before it begins.
const sealEnd = 0;

export function encodeSeal({ size, count }: Seal, seed: number): Buffer {
	return encodeRanges([{ start: size, end: sealEnd, count }], seed);
}

export function decodeSeal(buffer: Buffer, seed: number): Seal | undefined {
	const seal = decodeEntries(buffer, seed).find(({ start, end }) => start > end);
	return seal === undefined ? undefined : { size: seal.start, count: seal.count };
}

/** Joins ranges that touch each other. */
export function joinRanges(ranges: SettledRange[]): SettledRange[] {
	const joined: SettledRange[] = [];
	for (const range of ranges.sort((one, other) => one.start - other.start)) {
		const last = joined.at(-1);
		if (last?.end !== range.start) joined.push(range);
		else joined[joined.length - 1] = { start: last.start, end: range.end, count: last.count + range.count };
	}
	return joined;
}

/** How long the log is without an entry that was cut off. */
export function wholeEntries(bytes: number): number {
	return bytes - (bytes % entryBytes);
}
