/** A small object, as a chunk of a stream is. */
export interface Chunk {
	readonly index: number;
}

/** Moves so many chunks through a queue, and gives the sum of what came out and how many were dropped. */
export type Move = (chunks: number) => Promise<Moved> | Moved;

export interface Moved {
	readonly sum: number;
	readonly dropped: number;
}

/** What a file of `subject/queue/` exports: the duties that it can do, each with a queue of its own. */
export type QueueSubject = {
	readonly [duty in QueueDuty]?: (capacity: number) => Move;
};

/**
 * `awaited`: an awaited put for each chunk, and `for await`; `put`: awaited only where there is something to wait for;
 * `batch`: the same, and the taker takes all there is; `sync`: neither side waits, in turns of as many as have room;
 * `drop`: into a full queue that lets the oldest go.
 */
export type QueueDuty = "awaited" | "put" | "batch" | "sync" | "drop";

/** Takes everything with `for await`. */
export async function drain(chunks: AsyncIterable<Chunk>): Promise<number> {
	let sum = 0;
	for await (const { index } of chunks) sum += index;
	return sum;
}

/** Refuses a subject that loses chunks, or gives other ones. */
export function check(duty: QueueDuty, chunks: number, capacity: number, { sum, dropped }: Moved): void {
	const kept = duty === "drop" ? capacity : chunks;
	const first = chunks - kept;
	const expected = ((first + chunks - 1) * kept) / 2;
	if (sum !== expected || dropped !== first) {
		throw new Error(
			`${duty} of ${chunks} chunks gave ${sum} and dropped ${dropped} instead of ${expected} and ${first}`,
		);
	}
}
