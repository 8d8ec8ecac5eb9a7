import { knownOptions, optionalBoolean } from "../option.ts";
import type { Inlet } from "./fill.ts";

/** Options of a stream from or to a queue. */
export interface StreamOptions {
	/** Leaves the queue open when the stream ends before the queue does: for one of several streams. @default false */
	readonly keepOpen?: boolean;
}

/** What a stream of a queue's items needs of it. */
interface Outlet<T> {
	values(options: { readonly closeWhenLeft: boolean }): AsyncIterator<T, undefined, undefined>;
}

const known = ["keepOpen"];

function keepsOpen(where: string, options: StreamOptions | undefined): boolean {
	knownOptions(`ChunkQueue: ${where}`, options, known);
	const { keepOpen = false } = options ?? {};
	optionalBoolean(`ChunkQueue: ${where}: keepOpen`, keepOpen);
	return keepOpen;
}

export function webReadableOf<T>(outlet: Outlet<T>, options: StreamOptions | undefined): ReadableStream<T> {
	const items = outlet.values({ closeWhenLeft: !keepsOpen("toReadableStream", options) });
	return new ReadableStream<T>(
		{
			async pull(controller) {
				const { done, value } = await items.next();
				if (done) controller.close();
				else controller.enqueue(value);
			},
			async cancel() {
				await items.return?.();
			},
		},
		// The queue is the buffer: with one of its own the stream would take an item that nobody has asked for.
		{ highWaterMark: 0 },
	);
}

export function webWritableOf<T>(inlet: Inlet<T>, options: StreamOptions | undefined): WritableStream<T> {
	const end = keepsOpen("toWritableStream", options) ? undefined : inlet;
	let unlisten: (() => void) | undefined;
	const fail = (reason: unknown) => {
		// First: what it fails with itself is no news to the stream.
		unlisten?.();
		end?.fail(reason);
	};
	return new WritableStream<T>({
		start(controller) {
			// Whoever pipes into it learns of a closed queue without writing to it.
			unlisten = inlet.onClose((error) => controller.error(error));
		},
		async write(item, { signal }) {
			try {
				await inlet.pour(item, signal);
			} catch (error) {
				// A stream whose write fails is neither closed nor aborted.
				fail(error);
				throw error;
			}
		},
		close() {
			unlisten?.();
			end?.close();
		},
		abort: fail,
	});
}
