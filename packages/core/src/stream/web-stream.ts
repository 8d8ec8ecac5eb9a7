import { type Audience, attend } from "./audience.ts";
import { watchIterator } from "./iterator.ts";
import { isPatchable, patchMethod } from "./patch.ts";
import { readsPast } from "./reads-past.ts";
import type { ResultWatcher } from "./watcher.ts";
import { bridge } from "./web-bridge.ts";

type Web = ReadableStream<unknown>;
type Reader = ReadableStreamDefaultReader<unknown> | ReadableStreamBYOBReader;
type Pair = ReadableWritablePair<unknown, unknown>;
type ReaderMode = { mode?: "byob" };

const patched = ["getReader", "cancel", "values", Symbol.asyncIterator, "pipeTo", "pipeThrough", "tee"] as const;

export function isWebStream(value: object): value is Web {
	return typeof ReadableStream === "function" && value instanceof ReadableStream;
}

/**
 * Watches a Web ReadableStream, changed in place: readers, iterators, pipes and branches all report.
 *
 * `pipeTo`, `pipeThrough` and `tee` read inside the platform where nobody can look; they are given a stream that reads
 * from this one only when asked, so the back-pressure is the original's.
 */
export function followWebStream(stream: Web, watcher: ResultWatcher): object {
	return attend(stream, watcher, {
		hook: (audience) => hookWebStream(stream, audience),
		begin(newcomer) {
			newcomer.opened();
			newcomer.countItems();
		},
	});
}

function hookWebStream(stream: Web, audience: Audience): Web {
	const { getReader, values, cancel } = stream;
	const read = (options?: ReaderMode) => {
		const reader = Reflect.apply(getReader, stream, options === undefined ? [] : [options]) as Reader;
		watchReader(reader, audience);
		return reader;
	};
	// A proxy is no ReadableStream to the platform; a stream of its own kind is.
	if (!isPatchable(stream, patched)) return bridge(stream, read).readable;
	const iterate = (options?: ReadableStreamIteratorOptions) =>
		watchIterator(Reflect.apply(values, stream, [options]), audience.present, {
			mode: "async",
			returnsOnly: options?.preventCancel === true,
		});
	patchMethod(stream, "getReader", (options?: ReaderMode) =>
		readsPast() ? bridge(stream, read).readable.getReader() : read(options),
	);
	patchMethod(stream, "cancel", (reason: unknown) => {
		const refused = stream.locked;
		const watcher = audience.present;
		const cancelling = watcher.run(() => Reflect.apply(cancel, stream, [reason]), undefined);
		if (!refused) watcher.cancelled();
		return cancelling;
	});
	if (typeof values === "function") {
		patchMethod(stream, "values", iterate);
		patchMethod(stream, Symbol.asyncIterator, iterate);
	}
	patchPipes(stream, audience, read);
	return stream;
}

/** What the platform would refuse, or nobody needs to hear of any more, goes to the platform as it is. */
function patchPipes(stream: Web, audience: Audience, read: (options?: ReaderMode) => Reader): void {
	const { pipeTo, pipeThrough, tee } = stream;
	const isUnwatchable = () => stream.locked || audience.present.ended;
	const pipe = (destination: WritableStream<unknown>, options?: StreamPipeOptions): Promise<void> => {
		const { readable, release } = bridge(stream, read);
		return Reflect.apply(pipeTo, readable, [destination, options]).finally(release);
	};
	patchMethod(stream, "pipeTo", (destination: WritableStream<unknown>, options?: StreamPipeOptions) =>
		isUnwatchable() ? Reflect.apply(pipeTo, stream, [destination, options]) : pipe(destination, options),
	);
	patchMethod(stream, "pipeThrough", (pair: Pair, options?: StreamPipeOptions) => {
		if (isUnwatchable() || !canPipeThrough(pair, options)) return Reflect.apply(pipeThrough, stream, [pair, options]);
		// As the platform does: whoever reads the other end hears of a failure there.
		pipe(pair.writable, options).catch(() => {});
		return pair.readable;
	});
	patchMethod(stream, "tee", () =>
		// The bridge reads through a watched reader, so it alone counts; it is cancelled when both branches are.
		Reflect.apply(tee, isUnwatchable() ? stream : bridge(stream, read).readable, []),
	);
}

function canPipeThrough(pair: Partial<Pair> | undefined, options: StreamPipeOptions | undefined): boolean {
	const signal = options?.signal ?? undefined;
	return (
		pair?.readable instanceof ReadableStream &&
		pair.writable instanceof WritableStream &&
		!pair.writable.locked &&
		(signal === undefined || signal instanceof AbortSignal)
	);
}

function watchReader(reader: Reader, audience: Audience): void {
	const { read, cancel, releaseLock } = reader as ReadableStreamDefaultReader<unknown>;
	let isOver = false;
	const settle = (watcher: ResultWatcher) => {
		if (isOver) return;
		isOver = true;
		watcher.settled();
	};
	reader.closed.then(
		// It closes as its last item is taken, which is told of first; who knows the length need not read past that.
		() => queueMicrotask(() => settle(audience.present)),
		(error: unknown) => {
			// A read may be refused for a fault of the consumer's; the stream's own error closes the reader as well.
			if (!isOver) audience.present.failed(error);
		},
	);
	patchMethod(reader, "read", (...input: unknown[]) => {
		const step = () => Reflect.apply(read, reader, input) as Promise<ReadableStreamReadResult<unknown>>;
		const watcher = audience.present;
		const reading = watcher.run(step, undefined);
		if (watcher.ended) return reading;
		watcher.awaiting();
		return reading.then(
			(result) => {
				if (result.done) settle(watcher);
				else watcher.item(result.value);
				watcher.answered();
				return result;
			},
			(error) => {
				watcher.answered();
				throw error;
			},
		);
	});
	patchMethod(reader, "cancel", (reason: unknown) => {
		const watcher = audience.present;
		const cancelling = watcher.run(() => Reflect.apply(cancel, reader, [reason]), undefined);
		if (!isOver) watcher.cancelled();
		isOver = true;
		return cancelling;
	});
	patchMethod(reader, "releaseLock", () => {
		isOver = true;
		Reflect.apply(releaseLock, reader, []);
	});
}
