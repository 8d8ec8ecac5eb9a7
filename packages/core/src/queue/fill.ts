import { nextTurn } from "../clock.ts";
import { knownOptions, optionalBoolean, refuse } from "../option.ts";
import { isNodeReadable } from "../stream/node-readable.ts";
import { isThenable } from "../thenable.ts";
import { checkSignal } from "./settings.ts";

/** Where items may come from; a Node stream is an async iterable. */
export type QueueSource<T> = AsyncIterable<T> | Iterable<T> | ReadableStream<T>;

/** Options of `fill`. */
export interface FillOptions {
	/** Leaves the queue open at the source's end, and at its failure: for one of several sources. @default false */
	readonly keepOpen?: boolean;
	/** Ends the filling, and leaves the source; the queue fails with its reason. */
	readonly signal?: AbortSignal;
}

/** What sources of all kinds need of a queue. */
export interface Inlet<T> {
	/** Has an item wait for room, by whatever policy does not drop. */
	pour(item: T, signal: AbortSignal | undefined): Promise<void> | undefined;
	close(): void;
	fail(error: unknown): void;
	onClose(listener: (error: Error) => void): () => void;
}

/** Reads a source of any kind. */
interface Reader<T> {
	next(): PromiseLike<IteratorResult<T, unknown>> | IteratorResult<T, unknown>;
	/** The source is not wanted any more. */
	leave(reason: unknown): unknown;
}

const known = ["keepOpen", "signal"];

/** A source that never waits has everybody else wait so many items. */
const itemsPerTurn = 1_000;

export function fill<T>(inlet: Inlet<T>, source: QueueSource<T>, options: FillOptions | undefined): Promise<void> {
	knownOptions("ChunkQueue: fill", options, known);
	const { keepOpen = false, signal } = options ?? {};
	optionalBoolean("ChunkQueue: fill: keepOpen", keepOpen);
	checkSignal("ChunkQueue: fill", signal);
	const end = keepOpen ? undefined : inlet;
	try {
		checkSource(source);
	} catch (error) {
		end?.fail(error);
		throw error;
	}
	return pour(inlet, source, signal, end);
}

/** @param end - what ends with the source, if anything does */
async function pour<T>(
	inlet: Inlet<T>,
	source: QueueSource<T>,
	signal: AbortSignal | undefined,
	end: Inlet<T> | undefined,
): Promise<void> {
	let reader: Reader<T> | undefined;
	const waiting = new Interruptible();
	const aborted = () => waiting.interrupt(signal?.reason);
	signal?.addEventListener("abort", aborted, { once: true });
	if (signal?.aborted) aborted();
	const unlisten = inlet.onClose((error) => waiting.interrupt(error));
	try {
		reader = readerOf(source);
		for (let items = 1; ; items++) {
			const reading = reader.next();
			const { done, value } = await waiting.forThe(reading);
			if (done) break;
			const waits = inlet.pour(value, signal);
			if (waits !== undefined) await waits;
			if (items % itemsPerTurn === 0) await waiting.forThe(nextTurn());
		}
	} catch (error) {
		if (reader !== undefined) leave(reader, error);
		end?.fail(error);
		throw error;
	} finally {
		unlisten();
		signal?.removeEventListener("abort", aborted);
	}
	end?.close();
}

/** Waits for one thing after another, and for none once it was interrupted; a race with one promise would keep them all. */
class Interruptible {
	#reject: ((reason: unknown) => void) | undefined;
	#interruption: { readonly reason: unknown } | undefined;

	forThe<V>(awaited: PromiseLike<V> | V): Promise<V> {
		return new Promise((resolve, reject) => {
			this.#reject = reject;
			if (this.#interruption !== undefined) reject(this.#interruption.reason);
			if (isThenable(awaited)) awaited.then(resolve, reject);
			else resolve(awaited);
		});
	}

	interrupt(reason: unknown): void {
		this.#interruption ??= { reason };
		this.#reject?.(reason);
	}
}

function checkSource(source: unknown): void {
	const given = (source ?? {}) as Partial<ReadableStream & AsyncIterable<unknown> & Iterable<unknown>>;
	const { getReader, locked, [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: synchronous } = given;
	const where = "ChunkQueue: fill: source";
	if (typeof getReader === "function") {
		if (locked === true) refuse(TypeError, where, "a Web stream that nobody reads", source);
	} else if (typeof asynchronous !== "function" && typeof synchronous !== "function") {
		refuse(TypeError, where, "an iterable, a Web stream or a Node stream", source);
	}
}

function readerOf<T>(source: QueueSource<T>): Reader<T> {
	if (typeof (source as Partial<ReadableStream<T>>).getReader === "function") {
		const reader = (source as ReadableStream<T>).getReader();
		return {
			next: () => reader.read() as Promise<IteratorResult<T, unknown>>,
			leave: (reason) => reader.cancel(reason),
		};
	}
	const iterable = source as AsyncIterable<T> & Iterable<T>;
	const isAsync = typeof iterable[Symbol.asyncIterator] === "function";
	const iterator = isAsync ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator]();
	return {
		next: () => iterator.next(),
		// A Node stream that waits for its next chunk would let its iterator return only after that.
		leave: () => (isNodeReadable(source) ? (source as unknown as Destroyable).destroy() : iterator.return?.()),
	};
}

interface Destroyable {
	destroy(): unknown;
}

function leave(reader: Reader<unknown>, reason: unknown): void {
	try {
		Promise.resolve(reader.leave(reason)).catch(() => {});
	} catch {
		// What it throws as it is left is not why it was left.
	}
}
