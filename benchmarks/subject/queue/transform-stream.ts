import { type Chunk, drain, type Move } from "../../queue-subject.ts";

/** A writable side with back-pressure of its own, as `pipeThrough` uses it. */
export function put(capacity: number): Move {
	return async (chunks) => {
		const { readable, writable } = new TransformStream<Chunk, Chunk>(
			{},
			{ highWaterMark: capacity },
			{ highWaterMark: capacity },
		);
		const drained = drain(readable);
		const writer = writable.getWriter();
		for (let index = 0; index < chunks; index++) {
			if ((writer.desiredSize as number) <= 0) await writer.ready;
			void writer.write({ index });
		}
		void writer.close();
		return { sum: await drained, dropped: 0 };
	};
}
