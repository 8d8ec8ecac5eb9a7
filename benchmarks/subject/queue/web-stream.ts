import { type Chunk, drain, type Move } from "../../queue-subject.ts";

/** A readable stream that is fed by hand: whoever enqueues waits for `pull` when no more is wanted. */
export function put(capacity: number): Move {
	return async (chunks) => {
		let wake: (() => void) | undefined;
		let controller: ReadableStreamDefaultController<Chunk> | undefined;
		const stream = new ReadableStream<Chunk>(
			{
				start(given) {
					controller = given;
				},
				pull() {
					wake?.();
				},
			},
			{ highWaterMark: capacity },
		);
		const to = controller as unknown as ReadableStreamDefaultController<Chunk>;
		const drained = drain(stream);
		for (let index = 0; index < chunks; index++) {
			to.enqueue({ index });
			if ((to.desiredSize as number) <= 0) {
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
			}
		}
		to.close();
		return { sum: await drained, dropped: 0 };
	};
}
