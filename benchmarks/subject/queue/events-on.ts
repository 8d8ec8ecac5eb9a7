import { EventEmitter, on } from "node:events";
import type { Chunk, Move } from "../../queue-subject.ts";

/** An emitter that is paused and resumed by the iterator over its events. */
export function put(capacity: number): Move {
	return async (chunks) => {
		const source = new Source();
		const read = on(source, "chunk", {
			close: ["end"],
			highWaterMark: capacity,
			lowWaterMark: Math.max(1, capacity >> 1),
		});
		const drained = drainArguments(read);
		for (let index = 0; index < chunks; index++) {
			source.emit("chunk", { index });
			if (source.wakes !== undefined) await source.wakes;
		}
		source.emit("end");
		return { sum: await drained, dropped: 0 };
	};
}

class Source extends EventEmitter {
	wakes: Promise<void> | undefined;
	#wake: (() => void) | undefined;

	pause(): void {
		this.wakes = new Promise((resolve) => {
			this.#wake = resolve;
		});
	}

	resume(): void {
		this.wakes = undefined;
		this.#wake?.();
	}
}

async function drainArguments(events: AsyncIterable<unknown[]>): Promise<number> {
	let sum = 0;
	for await (const [chunk] of events) sum += (chunk as Chunk).index;
	return sum;
}
