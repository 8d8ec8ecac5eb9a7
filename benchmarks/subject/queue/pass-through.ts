import { once } from "node:events";
import { PassThrough } from "node:stream";
import { type Chunk, drain, type Move } from "../../queue-subject.ts";

/** As its documentation has it: whoever writes waits for `drain` when it is told to. */
export function put(capacity: number): Move {
	return async (chunks) => {
		const stream = new PassThrough({ objectMode: true, highWaterMark: capacity });
		const drained = drain(stream as AsyncIterable<Chunk>);
		for (let index = 0; index < chunks; index++) {
			if (!stream.write({ index })) await once(stream, "drain");
		}
		stream.end();
		return { sum: await drained, dropped: 0 };
	};
}
