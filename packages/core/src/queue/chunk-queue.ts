import { knownOptions, optionalBoolean, positiveInteger } from "../option.ts";
import { type FillOptions, fill, type Inlet, type QueueSource } from "./fill.ts";
import { Flow } from "./flow.ts";
import { iterationOf } from "./iteration.ts";
import { type QueueParts, queueParts } from "./parts.ts";
import type { ChunkQueueOptions, QueuePolicy, QueueWait, ValuesOptions } from "./settings.ts";
import { type ChunkQueueSnapshot, snapshotOf } from "./snapshot.ts";
import { type StreamOptions, webReadableOf, webWritableOf } from "./web-stream.ts";

/**
 * A queue between those who make items and those who use them: bounded in items and in bytes, with back-pressure, and
 * with telemetry of its own.
 *
 * Any value is an item, `undefined` and `null` too. Items come out in the order they came in; producers that wait for
 * room have it in the order they came, and so have consumers that wait for items. A `put` that need not wait returns no
 * promise. Who breaks out of a `for await` leaves the queue open for others.
 *
 * **Placement** make it in the call whose stream it is (its events are that call's, its metrics are labelled with it), and
 * close it when that ends. Made outside of any call it tells the registered providers.
 * **Emits** the events `stream.chunk_dropped`, `.producer_blocked`, `.throttle_started`, `.throttle_ended` and
 * `.queue_closed`; the metrics `pipeline.stream.queue.depth`, `.queue.capacity`, `.queue.depth_max`, `.items`, `.dropped`,
 * `.producer.blocked_time`, `.throttled_time` and `.time_to_first_item`.
 *
 * @example
 * const tokens = new ChunkQueue<string>({ name: "tokens", capacity: 16 });
 * async function produce() {
 * 	for (const token of ["to", "be"]) await tokens.put(token);
 * 	tokens.close();
 * }
 * const [said] = await Promise.all([Array.fromAsync(tokens), produce()]);
 * said; // => ["to", "be"]
 */
export class ChunkQueue<T> implements AsyncIterable<T, undefined, undefined> {
	readonly #parts: QueueParts<T>;
	readonly #flow: Flow<T>;

	/**
	 * A queue with everything of a source in it as there is room, as {@link fill} puts it there: an iterable, a Web stream, a
	 * Node stream. It is closed after the last item, and fails with the source's error; once it is closed the source is left.
	 *
	 * **Throws** TypeError or RangeError for wrong options, and for what is no source.
	 *
	 * @example
	 * const queue = ChunkQueue.from(streamOf("to", "be"), { name: "tokens" });
	 * await Array.fromAsync(queue); // => ["to", "be"]
	 */
	static from<T>(source: QueueSource<T>, options: ChunkQueueOptions<T>): ChunkQueue<T> {
		const queue = new ChunkQueue<T>(options);
		// Whoever takes from the queue is told.
		queue.fill(source).catch(() => {});
		return queue;
	}

	constructor(options: ChunkQueueOptions<T>) {
		this.#parts = queueParts(options);
		this.#flow = new Flow(this.#parts);
	}

	get name(): string {
		return this.#parts.settings.name;
	}

	/** Most items that wait in it. */
	get capacity(): number {
		return this.#parts.settings.capacity;
	}

	get policy(): QueuePolicy {
		return this.#parts.settings.policy;
	}

	/** Items in it. */
	get size(): number {
		return this.#parts.tally.size;
	}

	/** Bytes in it; 0 where it has no `maxBytes`. */
	get bytes(): number {
		return this.#parts.tally.bytes;
	}

	/** True once it takes nothing more; what is in it may still be taken. */
	get isClosed(): boolean {
		return this.#parts.ending.hasCome;
	}

	/** True from the high water mark until the low one: for producers that can slow down. */
	get isThrottled(): boolean {
		return this.#parts.tally.isThrottled;
	}

	/** The queue in figures, at this moment. */
	snapshot(): ChunkQueueSnapshot {
		return snapshotOf(this, this.#parts.tally, this.#flow.waitingConsumers);
	}

	/**
	 * Puts an item in; undefined where it need not wait, so that `await` costs only where there is something to wait for.
	 *
	 * A full queue does what its policy says: `block` waits, `drop-oldest` lets the oldest items go, `drop-newest` this one,
	 * `reject` refuses. What is dropped is counted. A promise is done as soon as the item is in, at the latest in the next
	 * turn of the event loop.
	 *
	 * **Always await it.** A `put` that nobody awaits goes well until the queue is full; then it waits all the same, one more
	 * with each call, and rejects later (when the queue is closed, or the time is over), which ends the process as an
	 * unhandled rejection. Fire and forget is {@link tryPut}.
	 *
	 * **Throws** as a rejection: `QueueFullError` by the policy `reject`, `QueueClosedError` once the queue is closed (its cause
	 * is what the queue failed with), `TimeoutError`, the reason of the signal; RangeError for an item larger than `maxBytes`.
	 * At once: TypeError or RangeError for wrong options, and for what `sizeOf` gives; what that throws itself.
	 */
	put(item: T, options?: QueueWait): Promise<void> | undefined {
		return this.#flow.put(item, options);
	}

	/**
	 * Puts an item in if that can be done now; false where it cannot. It never waits and never rejects: for fire and forget.
	 *
	 * A full queue of the policy `block` leaves the item with the caller, and counts nothing; any other drops and counts as
	 * with `put`.
	 */
	tryPut(item: T): boolean {
		return this.#flow.tryPut(item);
	}

	/**
	 * Takes the next item, or tells the end: `{ done: false, value }` or `{ done: true }`, so that any value is an item.
	 *
	 * **Throws** as a rejection: what the queue failed with, once it is empty; `TimeoutError`, the reason of the signal. Who
	 * gives up waiting takes no item with it.
	 */
	take(options?: QueueWait): Promise<IteratorResult<T, undefined>> {
		return this.#flow.take(options);
	}

	/** Takes the next item if there is one now; undefined where there is none yet. Throws what the queue failed with, once it is empty. */
	tryTake(): IteratorResult<T, undefined> | undefined {
		return this.#flow.tryTake();
	}

	/**
	 * Takes all items there are, or the first so many; waits where there is none. An empty array is the end.
	 *
	 * **Throws** as `take` does.
	 */
	takeMany(max?: number, options?: QueueWait): T[] | Promise<T[]> {
		if (max !== undefined) positiveInteger("ChunkQueue: takeMany: max", max);
		return this.#flow.takeMany(max, options);
	}

	/** Takes items one by one until the end; what is left when the loop is left stays for others. */
	[Symbol.asyncIterator](): AsyncIterableIterator<T, undefined, undefined> {
		return this.values();
	}

	/**
	 * The items, as `for await` over the queue itself takes them; `closeWhenLeft` closes the queue when the loop is left,
	 * so that producers learn that nobody wants more. A Node stream of them is `Readable.from(queue.values(...))`.
	 */
	values(options?: ValuesOptions): AsyncIterableIterator<T, undefined, undefined> {
		knownOptions("ChunkQueue: values", options, ["closeWhenLeft"]);
		const { closeWhenLeft = false } = options ?? {};
		optionalBoolean("ChunkQueue: values: closeWhenLeft", closeWhenLeft);
		return iterationOf(this.#flow, () => {
			if (closeWhenLeft) this.close();
		});
	}

	/** Closes it: what is in it may still be taken, nothing more comes in, and whoever waits is told. A second time does nothing. */
	close(): void {
		this.#flow.end(undefined);
	}

	/** Closes it because of an error, which consumers are told once they have taken what is in it. */
	fail(error: unknown): void {
		this.#flow.end({ error });
	}

	/**
	 * Puts everything of a source in, as there is room: an iterable, a Web stream, a Node stream. Then the queue is closed,
	 * or fails with what went wrong; once somebody else closes it the source is left.
	 *
	 * A source can wait, so it waits for room by the policy `reject`, too; `drop-oldest` and `drop-newest` drop as with `put`.
	 *
	 * **Throws** as a rejection: the source's error, what `sizeOf` throws, the reason of the signal, `QueueClosedError`,
	 * RangeError for an item larger than `maxBytes`. At once: TypeError for wrong options, and for what is no source, which
	 * fails the queue as well.
	 */
	fill(source: QueueSource<T>, options?: FillOptions): Promise<void> {
		return fill(this.#inlet(), source, options);
	}

	/** A Web stream of its items, which takes one when it is asked for one. Cancelled, it closes the queue. */
	toReadableStream(options?: StreamOptions): ReadableStream<T> {
		return webReadableOf(this, options);
	}

	/**
	 * A Web stream that puts into the queue as {@link fill} does; it closes it, and fails it when it is aborted or an item is
	 * refused. A write that waits for room is given up when the stream is aborted; a `pipeTo` that is aborted by its signal
	 * waits for that write before it says so, as Web streams do.
	 */
	toWritableStream(options?: StreamOptions): WritableStream<T> {
		return webWritableOf(this.#inlet(), options);
	}

	#inlet(): Inlet<T> {
		return {
			pour: (item, signal) => this.#flow.pour(item, signal),
			close: () => this.close(),
			fail: (error) => this.fail(error),
			onClose: (listener) => this.#parts.ending.listen(listener),
		};
	}
}
