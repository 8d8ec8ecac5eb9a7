type Reader = ReadableStreamDefaultReader<unknown> | ReadableStreamBYOBReader;
type Mode = { mode?: "byob" };

/** A stream that reads from another one on demand, and the way to let go of that one. */
export interface Bridge {
	readonly readable: ReadableStream<unknown>;
	release(): void;
}

/**
 * A stream of the same type that takes from another one item at a time, and only when its own consumer asks.
 *
 * The platform's `pipeTo` and `tee` are given it in place of a watched stream, since they read where nobody can look.
 */
export function bridge(stream: ReadableStream<unknown>, getReader: (options?: Mode) => Reader): Bridge {
	const isBytes = isByteStream(stream);
	let reader = getReader();
	let intoView = false;
	/** A byte source may rely on being given the consumer's view, so a read into one is passed on as one. */
	const read = (view: ArrayBufferView | null | undefined): Promise<ReadableStreamReadResult<unknown>> => {
		if (intoView !== Boolean(view)) {
			reader.releaseLock();
			intoView = Boolean(view);
			reader = getReader(intoView ? { mode: "byob" } : undefined);
		}
		return view
			? (reader as ReadableStreamBYOBReader).read(new Uint8Array(view.byteLength))
			: (reader as ReadableStreamDefaultReader<unknown>).read();
	};
	const source = {
		async pull(controller: ReadableStreamDefaultController<unknown> | ReadableByteStreamController) {
			const { byobRequest } = controller as Partial<ReadableByteStreamController>;
			const { done, value } = await read(byobRequest?.view);
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
	return {
		readable: new ReadableStream(
			(isBytes ? { type: "bytes", ...source } : source) as UnderlyingDefaultSource<unknown>,
			{
				highWaterMark: 0,
			},
		),
		release: () => reader.releaseLock(),
	};
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
