import { refuse } from "../option.ts";
import type { Line } from "./line.ts";
import type { Divided, Measure } from "./measure.ts";
import { frameBytesOf, type PcmFormat } from "./pcm-format.ts";

/** Counts PCM audio in frames, of which it never breaks one; chunks may end anywhere, as those of a network do. */
export class PcmMeasure implements Measure<Uint8Array> {
	readonly unitsPerSecond: number;
	readonly #frameBytes: number;
	/** A frame of which the first bytes have come in. */
	#begun: Uint8Array;
	#begunBytes = 0;

	constructor(format: PcmFormat) {
		this.unitsPerSecond = format.sampleRateHz;
		this.#frameBytes = frameBytesOf(format);
		this.#begun = new Uint8Array(this.#frameBytes);
	}

	unitsOf(chunk: Uint8Array): number {
		if (!ArrayBuffer.isView(chunk)) refuse(TypeError, "StreamingBuffer: chunk", "a Uint8Array", chunk);
		return Math.floor((this.#begunBytes + chunk.byteLength) / this.#frameBytes);
	}

	take(chunk: Uint8Array, units: number, line: Line<Uint8Array>): void {
		const frameBytes = this.#frameBytes;
		let startByte = 0;
		let whole = units;
		if (this.#begunBytes > 0) {
			startByte = this.#begin(chunk, 0, frameBytes - this.#begunBytes);
			if (this.#begunBytes < frameBytes) return;
			line.push(this.#begun, 1);
			this.reset();
			whole--;
		}
		const wholeBytes = whole * frameBytes;
		if (whole > 0) line.push(bytesOf(chunk, startByte, wholeBytes), whole);
		this.#begin(chunk, startByte + wholeBytes, frameBytes);
	}

	/** Keeps the bytes of a chunk that begin, or go on with, a frame. */
	#begin(chunk: Uint8Array, startByte: number, mostBytes: number): number {
		const bytes = Math.min(mostBytes, chunk.byteLength - startByte);
		if (bytes > 0) this.#begun.set(bytesOf(chunk, startByte, bytes), this.#begunBytes);
		this.#begunBytes += bytes;
		return bytes;
	}

	divide(chunk: Uint8Array, _: number, units: number): Divided<Uint8Array> {
		const bytes = units * this.#frameBytes;
		return { first: chunk.subarray(0, bytes), firstUnits: units, rest: chunk.subarray(bytes) };
	}

	join(chunks: readonly Uint8Array[]): Uint8Array {
		const joined = new Uint8Array(chunks.reduce((bytes, chunk) => bytes + chunk.byteLength, 0));
		let atByte = 0;
		for (const chunk of chunks) {
			joined.set(chunk, atByte);
			atByte += chunk.byteLength;
		}
		return joined;
	}

	reset(): void {
		this.#begun = new Uint8Array(this.#frameBytes);
		this.#begunBytes = 0;
	}
}

/** A view that is a plain Uint8Array, whatever came in: a Buffer of Node for one, of which a joined read would be none. */
function bytesOf(chunk: Uint8Array, startByte: number, bytes: number): Uint8Array {
	return new Uint8Array(chunk.buffer, chunk.byteOffset + startByte, bytes);
}
