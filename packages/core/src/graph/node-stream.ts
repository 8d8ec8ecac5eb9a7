import type { Context } from "@opentelemetry/api";
import type { Call } from "../call.ts";
import { withContext } from "../context.ts";
import { show } from "../option.ts";
import { checkTime } from "../runner/check-time.ts";
import { closingRuns } from "../runner/inner-runs.ts";
import { readerOf, type StreamReader } from "../runner/stream-reader.ts";
import { Turn } from "../runner/turn.ts";
import type { Scope } from "../scope.ts";
import { isThenable } from "../thenable.ts";
import { untilAborted } from "../until-aborted.ts";

/** All items of a stream; where they come without waiting, the run's time and everything else have their turn. */
export async function collected(stream: object, scope: Scope): Promise<unknown[]> {
	const items: unknown[] = [];
	const turn = new Turn();
	for await (const item of stream as AsyncIterable<unknown>) {
		items.push(item);
		const pause = turn.pause();
		if (pause !== undefined) await pause;
		checkTime(scope);
	}
	return items;
}

/**
 * A node's stream as the runner reads it: in the context of its node, whoever asks, and no longer than until the signal
 * aborts, even if its source never answers.
 */
export class NodeStream implements AsyncIterableIterator<unknown> {
	readonly #name: string;
	readonly #reader: StreamReader;
	readonly #context: Context;
	readonly #call: Call;

	constructor(name: string, stream: object, context: Context, call: Call) {
		const reader = withContext(context, readerOf, stream);
		if (reader === undefined) {
			throw new TypeError(`graph: node ${name} gave a stream that cannot be read: its iteration gave no iterator`);
		}
		this.#name = name;
		this.#reader = reader;
		this.#context = context;
		this.#call = call;
	}

	async next(): Promise<IteratorResult<unknown>> {
		const { signal, scope } = this.#call;
		if (signal?.aborted) {
			this.#reader.cancel(signal.reason);
			throw signal.reason;
		}
		const step = withContext(this.#context, () => this.#reader.next(), undefined);
		if (!isThenable(step)) return this.#checked(step);
		const settled = async (): Promise<unknown> => step;
		try {
			return this.#checked(await untilAborted(settled(), signal, { closing: () => closingRuns(scope) }));
		} catch (error) {
			if (signal?.aborted) this.#reader.cancel(signal.reason);
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

	/** What is no step would be taken for the end by those who watch, and for an error by those who read. */
	#checked(step: unknown): IteratorResult<unknown> {
		if (step !== null && typeof step === "object") return step as IteratorResult<unknown>;
		throw new TypeError(
			`graph: node ${this.#name} gave a stream that cannot be read: next() gave ${show(step)}, not { done, value }`,
		);
	}
}
