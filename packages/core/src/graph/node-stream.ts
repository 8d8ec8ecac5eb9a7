import type { Context } from "@opentelemetry/api";
import { withContext } from "../context.ts";
import { readerOf, type StreamReader } from "../runner/stream-reader.ts";
import { isThenable, untilAborted } from "./until-aborted.ts";

/** All items of a stream. */
export async function collected(stream: object): Promise<unknown[]> {
	const items: unknown[] = [];
	for await (const item of stream as AsyncIterable<unknown>) items.push(item);
	return items;
}

/**
 * A node's stream as the runner reads it: in the context of its node, whoever asks, and no longer than until the signal
 * aborts, even if its source never answers.
 */
export class NodeStream implements AsyncIterableIterator<unknown> {
	readonly #reader: StreamReader;
	readonly #context: Context;
	readonly #signal: AbortSignal | undefined;

	constructor(stream: object, context: Context, signal: AbortSignal | undefined) {
		this.#reader = withContext(context, readerOf, stream) as StreamReader;
		this.#context = context;
		this.#signal = signal;
	}

	async next(): Promise<IteratorResult<unknown>> {
		if (this.#signal?.aborted) {
			this.#reader.cancel(this.#signal.reason);
			throw this.#signal.reason;
		}
		const step = withContext(this.#context, () => this.#reader.next(), undefined);
		if (!isThenable(step)) return step as IteratorResult<unknown>;
		try {
			return await untilAborted(step as Promise<IteratorResult<unknown>>, this.#signal);
		} catch (error) {
			if (this.#signal?.aborted) this.#reader.cancel(this.#signal.reason);
			throw error;
		}
	}

	async return(): Promise<IteratorResult<unknown>> {
		this.#reader.cancel(undefined);
		return { done: true, value: undefined };
	}

	[Symbol.asyncIterator](): this {
		return this;
	}
}
