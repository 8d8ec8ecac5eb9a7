import { finalized } from "./finalization.ts";
import { watchIterator } from "./iterator.ts";
import { patchMethod } from "./patch.ts";
import type { ResultWatcher } from "./watcher.ts";

type Reader = ReadableStreamDefaultReader<unknown> | ReadableStreamBYOBReader;

export function isWebStream(value: object): value is ReadableStream<unknown> {
	return typeof ReadableStream === "function" && value instanceof ReadableStream;
}

/**
 * Watches a Web ReadableStream, changed in place: readers, iterators, pipes and branches all report.
 *
 * `pipeTo`, `pipeThrough` and `tee` read inside the platform where nobody can look; they are given a stream that reads
 * from this one only when asked, so the back-pressure is the original's.
 */
export function followWebStream(stream: ReadableStream<unknown>, watcher: ResultWatcher): ReadableStream<unknown> {
	watcher.opened();
	watcher.countItems();
	const { getReader, values, cancel } = stream;
	const read = (options?: { mode?: "byob" }) => {
		const reader = Reflect.apply(getReader, stream, options === undefined ? [] : [options]) as Reader;
		watchReader(reader, watcher);
		return reader;
	};
	const iterate = (options?: ReadableStreamIteratorOptions) =>
		watchIterator(Reflect.apply(values, stream, [options]), watcher, "async");
	patchMethod(stream, "getReader", read);
	patchMethod(stream, "cancel", (reason: unknown) => {
		if (!stream.locked) watcher.cancelled();
		return watcher.run(() => Reflect.apply(cancel, stream, [reason]), undefined);
	});
	if (typeof values === "function") {
		patchMethod(stream, "values", iterate);
		patchMethod(stream, Symbol.asyncIterator, iterate);
	}
	const { pipeTo, pipeThrough, tee } = stream;
	patchMethod(stream, "pipeTo", async (destination: WritableStream<unknown>, options?: StreamPipeOptions) => {
		// A pipe that is refused (locked, no stream) must be refused by the platform, in its words.
		if (stream.locked || watcher.ended) return Reflect.apply(pipeTo, stream, [destination, options]);
		return Reflect.apply(pipeTo, bridge(stream, read), [destination, options]);
	});
	patchMethod(stream, "pipeThrough", (pair: ReadableWritablePair<unknown, unknown>, options?: StreamPipeOptions) => {
		if (stream.locked || watcher.ended) return Reflect.apply(pipeThrough, stream, [pair, options]);
		return Reflect.apply(pipeThrough, bridge(stream, read), [pair, options]);
	});
	patchMethod(stream, "tee", () => {
		if (stream.locked || watcher.ended) return Reflect.apply(tee, stream, []);
		// The bridge reads through a watched reader, so it alone counts; the branches say when the last consumer stops.
		return Reflect.apply(tee, bridge(stream, read), []);
	});
	finalized.watch(stream, watcher);
	return stream;
}

function watchReader(reader: Reader, watcher: ResultWatcher): void {
	const { read, cancel } = reader as ReadableStreamDefaultReader<unknown>;
	patchMethod(reader, "read", (...input: unknown[]) => {
		const reading = watcher.run(() => Reflect.apply(read, reader, input) as Promise<ReadableStreamReadResult<unknown>>, undefined);
		if (watcher.ended) return reading;
		return reading.then(
			(result) => {
				if (result.done) watcher.settled();
				else watcher.item(result.value);
				return result;
			},
			(error) => {
				watcher.failed(error);
				throw error;
			},
		);
	});
	patchMethod(reader, "cancel", (reason: unknown) => {
		watcher.cancelled();
		return watcher.run(() => Reflect.apply(cancel, reader, [reason]), undefined);
	});
	finalized.watch(reader, watcher);
}

/** A stream of the same type that takes from another one item at a time, and only when its own consumer asks. */
function bridge(stream: ReadableStream<unknown>, getReader: (options?: { mode?: "byob" }) => Reader): ReadableStream<unknown> {
	const bytes = isByteStream(stream);
	const reader = getReader() as ReadableStreamDefaultReader<unknown>;
	const source = {
		async pull(controller: ReadableStreamDefaultController<unknown> | ReadableByteStreamController) {
			const { done, value } = await reader.read();
			if (!done) {
				(controller as ReadableStreamDefaultController<unknown>).enqueue(value);
				return;
			}
			controller.close();
			// A pending BYOB request of a closed byte stream must be answered, or its reader waits for ever.
			(controller as Partial<ReadableByteStreamController>).byobRequest?.respond(0);
		},
		cancel: (reason: unknown) => reader.cancel(reason),
	};
	return bytes
		? new ReadableStream({ type: "bytes", ...source } as UnderlyingByteSource, { highWaterMark: 0 })
		: new ReadableStream(source as UnderlyingDefaultSource<unknown>, { highWaterMark: 0 });
}

/** Only a byte stream gives a BYOB reader; the reader is given back at once. */
function isByteStream(stream: ReadableStream<unknown>): boolean {
	try {
		Reflect.apply(ReadableStream.prototype.getReader, stream, [{ mode: "byob" }]).releaseLock();
		return true;
	} catch {
		return false;
	}
}
