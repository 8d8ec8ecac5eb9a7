import { headerBytes } from "./record.ts";

const leastBytes = 64 * 1024;
/** A buffer that a flood has made larger than this is let go. */
const mostIdleBytes = 2 ** 20;
const mostBytesOfCharacter = 3;
/** The room that a text needs is reckoned up to this length, and counted beyond it. */
const mostReckonedLength = 64 * 1024;

/** Records of one priority that are written together: payloads stand in one buffer, each with room for its header. */
export class RecordGroup<Tag> {
	buffer: Buffer = Buffer.alloc(0);
	used = 0;
	/** Where each record ends. */
	readonly ends: number[] = [];
	readonly sequences: number[] = [];
	/** Undefined for those that were handed out. */
	readonly tags: (Tag | undefined)[] = [];

	get length(): number {
		return this.ends.length;
	}

	/** Puts a payload behind the others and gives how long its record is: for {@link keep} or to be forgotten. */
	put(payload: string | Uint8Array): number {
		this.#reserve(this.used + headerBytes + roomFor(payload));
		const start = this.used + headerBytes;
		if (typeof payload === "string") return headerBytes + this.buffer.write(payload, start);
		this.buffer.set(payload, start);
		return headerBytes + payload.length;
	}

	keep(bytes: number, sequence: number, tag: Tag): void {
		this.used += bytes;
		this.ends.push(this.used);
		this.sequences.push(sequence);
		this.tags.push(tag);
	}

	startOf(index: number): number {
		return index === 0 ? 0 : (this.ends[index - 1] as number);
	}

	clear(): void {
		this.used = 0;
		this.ends.length = 0;
		this.sequences.length = 0;
		this.tags.length = 0;
		if (this.buffer.length > mostIdleBytes) this.buffer = Buffer.alloc(0);
	}

	#reserve(bytes: number): void {
		if (bytes <= this.buffer.length) return;
		const larger = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * this.buffer.length, leastBytes));
		this.buffer.copy(larger, 0, 0, this.used);
		this.buffer = larger;
	}
}

function roomFor(payload: string | Uint8Array): number {
	if (typeof payload !== "string") return payload.length;
	if (payload.length > mostReckonedLength) return Buffer.byteLength(payload);
	return payload.length * mostBytesOfCharacter;
}
