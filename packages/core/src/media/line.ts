import type { Divided } from "./measure.ts";

type Divide<Chunk> = (chunk: Chunk, chunkUnits: number, units: number) => Divided<Chunk> | undefined;

/** What was taken off the front of a line. */
export interface Taken<Chunk> {
	readonly chunks: readonly Chunk[];
	readonly units: number;
}

/** Gaps at the front are closed once there are so many, and as many as what waits. */
const mostGaps = 8;

/** Chunks that wait in order, and how long they last together. */
export class Line<Chunk> {
	/** Of all that waits. */
	units = 0;
	/** True while a chunk is being divided: nothing else must change then. */
	isDividing = false;
	readonly #divide: Divide<Chunk>;
	#chunks: (Chunk | undefined)[] = [];
	#lengths: number[] = [];
	#head = 0;

	constructor(divide: Divide<Chunk>) {
		this.#divide = divide;
	}

	get count(): number {
		return this.#chunks.length - this.#head;
	}

	push(chunk: Chunk, units: number): void {
		this.#chunks.push(chunk);
		this.#lengths.push(units);
		this.units += units;
	}

	/**
	 * Takes what lasts so many units off the front. Less where no more waits, or where the last chunk is divided before;
	 * more where it can only be had whole.
	 */
	take(units: number): Taken<Chunk> {
		const lengths = this.#lengths;
		let end = this.#head;
		let taken = 0;
		while (end < lengths.length && taken + (lengths[end] as number) <= units) taken += lengths[end++] as number;
		// Before anything is changed: it may throw.
		const divided = taken < units && end < lengths.length ? this.#divideAt(end, units - taken) : undefined;
		if (divided === undefined && taken < units && end < lengths.length) taken += lengths[end++] as number;
		const chunks = this.#chunks.slice(this.#head, end) as Chunk[];
		this.units -= taken;
		this.#removeTo(end);
		if (divided !== undefined) {
			chunks.push(divided.first);
			taken += divided.firstUnits;
			this.#keepRest(divided);
		}
		return { chunks, units: taken };
	}

	/** Gives up the oldest until what waits is within bounds: of a chunk that is too long by itself, all but the end. */
	dropOldest(mostUnits: number, mostChunks: number): void {
		if ((this.#lengths.at(-1) as number) > mostUnits) this.#keepEndOfLast(mostUnits);
		while (this.units > mostUnits) {
			const excess = this.units - mostUnits;
			const divided = (this.#lengths[this.#head] as number) > excess ? this.#tryDivide(this.#head, excess) : undefined;
			if (divided === undefined) this.#shift();
			else this.#keepRest(divided);
		}
		while (this.count > mostChunks) this.#shift();
	}

	/** Gives up the newest until what waits is within bounds. */
	dropNewest(mostUnits: number, mostChunks: number): void {
		while (this.units > mostUnits) this.#keepBeginOfLast(this.units - mostUnits);
		while (this.count > mostChunks) this.#pop();
	}

	clear(): void {
		this.#chunks = [];
		this.#lengths = [];
		this.#head = 0;
		this.units = 0;
	}

	#divideAt(index: number, units: number): Divided<Chunk> | undefined {
		this.isDividing = true;
		try {
			return this.#divide(this.#chunks[index] as Chunk, this.#lengths[index] as number, units);
		} finally {
			this.isDividing = false;
		}
	}

	/** A chunk that fails to be divided is dropped whole: what is wrong with it is for those to hear who read it. */
	#tryDivide(index: number, units: number): Divided<Chunk> | undefined {
		try {
			return this.#divideAt(index, units);
		} catch {
			return undefined;
		}
	}

	/** The front is what is left of it. */
	#keepRest({ firstUnits, rest }: Divided<Chunk>): void {
		this.#chunks[this.#head] = rest;
		this.#lengths[this.#head] = (this.#lengths[this.#head] as number) - firstUnits;
		this.units -= firstUnits;
	}

	#keepBeginOfLast(excess: number): void {
		const last = this.#chunks.length - 1;
		const keptUnits = (this.#lengths[last] as number) - excess;
		const divided = keptUnits > 0 ? this.#tryDivide(last, keptUnits) : undefined;
		this.#pop();
		if (divided !== undefined && divided.firstUnits <= keptUnits) this.push(divided.first, divided.firstUnits);
	}

	#keepEndOfLast(mostUnits: number): void {
		const last = this.#chunks.length - 1;
		const units = this.#lengths[last] as number;
		const divided = this.#tryDivide(last, units - mostUnits);
		this.#pop();
		if (divided === undefined) return;
		const restUnits = units - divided.firstUnits;
		if (restUnits <= mostUnits) this.push(divided.rest, restUnits);
	}

	#pop(): void {
		this.#chunks.pop();
		this.units -= this.#lengths.pop() as number;
	}

	#shift(): void {
		this.units -= this.#lengths[this.#head] as number;
		this.#removeTo(this.#head + 1);
	}

	/** Forgets chunks at once, and closes the gap they leave once in a while: each chunk is moved once at most, on average. */
	#removeTo(end: number): void {
		this.#chunks.fill(undefined, this.#head, end);
		this.#head = end;
		if (end < mostGaps || end * 2 < this.#chunks.length) return;
		this.#chunks = this.#chunks.slice(end);
		this.#lengths.splice(0, end);
		this.#head = 0;
	}
}
