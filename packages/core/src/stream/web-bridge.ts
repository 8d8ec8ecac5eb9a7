type Reader = ReadableStreamDefaultReader<unknown> | ReadableStreamBYOBReader;
type Mode = { mode?: "byob" };
type Controller = ReadableStreamDefaultController<unknown> & Partial<Pick<ReadableByteStreamController, "byobRequest">>;

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
	let reader: Reader | undefined;
	let intoView = false;
	const acquire = (controller: Controller): Reader => {
		const acquired = getReader(intoView ? { mode: "byob" } : undefined);
		reader = acquired;
		acquired.closed.catch((error) => {
			// A stream that fails does so at once, not when it is read next.
			if (reader === acquired) controller.error(error);
		});
		return acquired;
	};
	const release = () => {
		const released = reader;
		reader = undefined;
		released?.releaseLock();
	};
	/** A byte source may rely on being given the consumer's view, so a read into one is passed on as one. */
	const read = (controller: Controller): Promise<ReadableStreamReadResult<unknown>> => {
		const view = controller.byobRequest?.view;
		if (intoView !== Boolean(view)) {
			release();
			intoView = Boolean(view);
		}
		const current = reader ?? acquire(controller);
		if (!view) return (current as ReadableStreamDefaultReader<unknown>).read();
		return (current as ReadableStreamBYOBReader).read(new Uint8Array(view.byteLength));
	};
	const source = {
		start: (controller: Controller) => void acquire(controller),
		async pull(controller: Controller) {
			const { done, value } = await read(controller);
			if (!done) {
				controller.enqueue(value);
				return;
			}
			controller.close();
			// A pending BYOB request of a closed byte stream must be answered, or its reader waits for ever.
			controller.byobRequest?.respond(0);
		},
		cancel: (reason: unknown) => reader?.cancel(reason),
	};
	const type = isByteStream(stream) ? { type: "bytes" } : {};
	return {
		readable: new ReadableStream({ ...source, ...type } as UnderlyingDefaultSource<unknown>, { highWaterMark: 0 }),
		release,
	};
}

/** Only a byte stream gives a BYOB reader; the reader is given back at once. */
export function isByteStream(stream: ReadableStream<unknown>): boolean {
	try {
		Reflect.apply(ReadableStream.prototype.getReader, stream, [{ mode: "byob" }]).releaseLock();
		return true;
	} catch {
		return false;
	}
}
