import { type Cause, Effect, Fiber, Queue } from "effect";
import type { Chunk, Move } from "../../queue-subject.ts";

/** One fiber offers, another one takes. */
export function put(capacity: number): Move {
	return (chunks) => run(capacity, chunks, (queue, add) => Effect.map(Queue.take(queue), add));
}

/** The same, and the taker takes all there is. */
export function batch(capacity: number): Move {
	return (chunks) => run(capacity, chunks, (queue, add) => Effect.map(Queue.takeAll(queue), (all) => all.forEach(add)));
}

type Chunks = Queue.Queue<Chunk, Cause.Done>;

function run(
	capacity: number,
	chunks: number,
	take: (queue: Chunks, add: (chunk: Chunk) => void) => Effect.Effect<void, Cause.Done>,
): Promise<{ sum: number; dropped: number }> {
	return Effect.runPromise(
		Effect.gen(function* () {
			const queue: Chunks = yield* Queue.bounded<Chunk, Cause.Done>(capacity);
			let sum = 0;
			const taker = yield* Effect.forkChild(
				Effect.ignore(
					Effect.forever(
						take(queue, ({ index }) => {
							sum += index;
						}),
					),
				),
			);
			for (let index = 0; index < chunks; index++) yield* Queue.offer(queue, { index });
			yield* Queue.end(queue);
			yield* Fiber.join(taker);
			return { sum, dropped: 0 };
		}),
	);
}

/** A queue that lets the oldest go. */
export function drop(capacity: number): Move {
	return (chunks) =>
		Effect.runPromise(
			Effect.gen(function* () {
				const queue = yield* Queue.sliding<Chunk>(capacity);
				for (let index = 0; index < chunks; index++) yield* Queue.offer(queue, { index });
				const kept = yield* Queue.takeAll(queue);
				// It does not count what it lets go.
				return { sum: kept.reduce((sum, { index }) => sum + index, 0), dropped: chunks - kept.length };
			}),
		);
}
