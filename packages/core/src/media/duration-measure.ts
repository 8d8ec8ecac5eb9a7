import { refuse } from "../option.ts";
import { ignoreRejection, isThenable } from "../thenable.ts";
import type { Line } from "./line.ts";
import type { Divided, Measure } from "./measure.ts";

/** Nanoseconds, which sum up exactly where fractions of a millisecond do not. */
const unitsPerMs = 1_000_000;

/** How long chunks of any kind last, and what can be done with them. */
export interface ChunkDuration<Chunk> {
	/** How long a chunk lasts, in milliseconds; may be 0, and have a fraction. Must not change the buffer, nor may `split`. */
	readonly durationOf: (chunk: Chunk) => number;
	/** Divides a chunk after so many milliseconds, or nearby. @default chunks are given and dropped whole */
	readonly split?: ((chunk: Chunk, ms: number) => readonly [Chunk, Chunk]) | undefined;
	/** Makes one chunk of several, for `read`. @default only `readViews` can be used */
	readonly join?: ((chunks: readonly Chunk[]) => Chunk) | undefined;
}

/** Counts chunks of any kind by how long somebody says they last. */
export class DurationMeasure<Chunk> implements Measure<Chunk> {
	readonly unitsPerSecond: number = unitsPerMs * 1_000;
	readonly join: ((chunks: readonly Chunk[]) => Chunk) | undefined;
	readonly #durationOf: (chunk: Chunk) => number;
	readonly #split: ChunkDuration<Chunk>["split"];

	constructor({ durationOf, split, join }: ChunkDuration<Chunk>) {
		this.#durationOf = durationOf;
		this.#split = split;
		this.join = join && ((chunks) => joined(join(chunks)));
	}

	unitsOf(chunk: Chunk): number {
		const durationOf = this.#durationOf;
		const ms: unknown = durationOf(chunk);
		const expected = "a number of at least 0";
		if (typeof ms !== "number") refuseAnswer("durationOf", expected, ms);
		if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) refuse(RangeError, whatGives("durationOf"), expected, ms);
		return Math.round(ms * unitsPerMs);
	}

	take(chunk: Chunk, units: number, line: Line<Chunk>): void {
		line.push(chunk, units);
	}

	divide(chunk: Chunk, chunkUnits: number, units: number): Divided<Chunk> | undefined {
		const split = this.#split;
		if (split === undefined) return undefined;
		const parts = split(chunk, units / unitsPerMs);
		if (!Array.isArray(parts) || parts.length !== 2) refuseAnswer("split", "an array of two chunks", parts);
		const [first, rest] = parts;
		const firstUnits = this.unitsOf(first);
		// Both parts last some time, and together as long as the whole: whatever the functions say, no time is made or lost.
		return firstUnits > 0 && firstUnits < chunkUnits ? { first, firstUnits, rest } : undefined;
	}

	reset(): void {}
}

function joined<Chunk>(chunk: Chunk): Chunk {
	return chunk === undefined || isThenable(chunk) ? refuseAnswer("join", "a chunk", chunk) : chunk;
}

/** Of functions that are async the promise may reject, which nobody else would hear. */
function refuseAnswer(name: string, expected: string, answer: unknown): never {
	if (isThenable(answer)) ignoreRejection(answer);
	return refuse(TypeError, whatGives(name), expected, answer);
}

function whatGives(name: string): string {
	return `StreamingBuffer: what ${name} gives`;
}
