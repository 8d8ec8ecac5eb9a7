import type { Line } from "./line.ts";

/** A chunk in two, and how many units the first part has. */
export interface Divided<Chunk> {
	readonly first: Chunk;
	readonly firstUnits: number;
	readonly rest: Chunk;
}

/** What a buffer counts the time of its chunks in: whole units, so that no sum of them is ever off. */
export interface Measure<Chunk> {
	readonly unitsPerSecond: number;
	/** Units that come in with a chunk; changes nothing. */
	unitsOf(chunk: Chunk): number;
	/** Puts a chunk of so many units in line. */
	take(chunk: Chunk, units: number, line: Line<Chunk>): void;
	/** Divides a chunk after so many of its units, or nearby; undefined where it can only be given whole. */
	divide(chunk: Chunk, chunkUnits: number, units: number): Divided<Chunk> | undefined;
	/** One chunk of several; absent where nobody has said how. */
	readonly join: ((chunks: readonly Chunk[]) => Chunk) | undefined;
	/** Forgets what has come in of a unit that is not whole yet. */
	reset(): void;
}
