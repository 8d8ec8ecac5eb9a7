/** What a sink is given at once. */
export interface Batch<Item> {
	readonly items: readonly Item[];
	/**
	 * For each item a key of its own, the same at every delivery of that item, after a restart of the process too: by it a
	 * receiver knows one that comes again.
	 */
	readonly keys: readonly string[];
	/**
	 * The same for every attempt at this batch; after a restart items may come in other batches, and so they do after a
	 * 413 (content too large), each half in one of its own.
	 */
	readonly id: string;
}

/** Of a batch that was taken, the items that never will be. */
export interface BatchReceipt {
	/** Indexes of items that the other side refused for good. */
	readonly rejected: readonly number[];
	readonly reason: string;
}

/** Takes batches: over HTTP, into a database, to a file. */
export interface BatchSink<Item> {
	/**
	 * Resolves when the batch is kept. What it rejects with decides: a transient error (as `retry` knows them, Retry-After
	 * included) and refused credentials (HTTP 401, 403) are tried again; HTTP 413 has a batch of several come again in
	 * halves; any other gives the batch up. A status is looked for where `retry` does, and in `answeredStatus`.
	 *
	 * @param signal - aborts when the attempt's time is over, or the exporter is
	 */
	// biome-ignore lint/suspicious/noConfusingVoidType: an async function that says nothing gives this
	write(batch: Batch<Item>, signal: AbortSignal): Promise<BatchReceipt | void> | BatchReceipt | void;
	/** Called once, after the last batch. */
	close?(): Promise<void> | void;
}
