import { isStream } from "../runner/stream-reader.ts";
import { isEventStream } from "./event-stream.ts";
import { mayBeIterator } from "./iterator.ts";
import { isNodeReadable } from "./node-readable.ts";
import { type Between, interpose, interposedIterator, type Steps, withMethods } from "./steps.ts";
import { isWebStream } from "./web-stream.ts";

/**
 * Waits for the first item of a stream, or its end, and gives the stream with nothing taken from it; a failure before the
 * first item rejects. Anything that is no stream is given as it is.
 *
 * Iterators, generators, clients' stream classes and Node's streams stay the object they are; in place of a Web stream
 * there is another one, which reads from the first as it is read.
 */
export async function primed(result: unknown): Promise<unknown> {
	if (!isStream(result)) return result;
	if (isNodeReadable(result)) return primedNodeReadable(result);
	// A stream that pushes begins when somebody listens, and there is no asking it for the first.
	if (isEventStream(result)) return result;
	const first = new FirstStep();
	const { [Symbol.asyncIterator]: iterate } = result as Partial<AsyncIterable<unknown>>;
	if (typeof iterate !== "function" || isWebStream(result) || mayBeIterator(result, Symbol.asyncIterator)) {
		const outward = interpose(result, first.between);
		await first.take();
		return outward;
	}
	// Its iteration is begun here, and its consumer has that: many can be iterated only once.
	const begun = interposedIterator(iterate.call(result), first.between);
	await first.take();
	let isTaken = false;
	const iterateOnce = () => {
		if (isTaken) return iterate.call(result);
		isTaken = true;
		return begun;
	};
	return withMethods(result, new Map([[Symbol.asyncIterator, iterateOnce]]));
}

/** The first step of a stream, taken before its consumer asks for it. */
class FirstStep {
	#steps: Steps | undefined;
	#taken: { readonly step: unknown } | undefined;
	#isAsync = true;

	readonly between: Between = (steps) => {
		this.#steps = steps;
		const { return: leave, throw: fail } = steps;
		return {
			next: (...input) => {
				const taken = this.#taken;
				if (taken === undefined) return steps.next(...input);
				this.#taken = undefined;
				return this.#isAsync ? Promise.resolve(taken.step) : taken.step;
			},
			// Who leaves does not want it.
			return: leave && ((...input) => this.#forget(leave, input)),
			throw: fail && ((...input) => this.#forget(fail, input)),
		};
	};

	async take(): Promise<void> {
		const step = this.#steps?.next();
		this.#isAsync = typeof (step as Partial<PromiseLike<unknown>> | undefined)?.then === "function";
		this.#taken = { step: await step };
	}

	#forget(leave: NonNullable<Steps["return"]>, input: unknown[]): unknown {
		this.#taken = undefined;
		return leave(...input);
	}
}

interface NodeReadable {
	readonly readableLength: number;
	readonly readableEnded: boolean;
	readonly destroyed: boolean;
	readonly errored?: unknown;
	on(event: string, listener: (value?: unknown) => void): unknown;
	off(event: string, listener: (value?: unknown) => void): unknown;
}

/** What was buffered by then stays in the stream's own buffer. */
function primedNodeReadable(given: object): Promise<object> {
	const stream = given as NodeReadable;
	return new Promise((resolve, reject) => {
		if (stream.errored) return reject(stream.errored);
		if (stream.readableLength > 0 || stream.readableEnded || stream.destroyed) return resolve(given);
		const failed = (error: unknown) => over(() => reject(error));
		const arrived = () => over(() => resolve(given));
		const over = (settle: () => void) => {
			for (const event of ["readable", "end", "close"]) stream.off(event, arrived);
			stream.off("error", failed);
			settle();
		};
		for (const event of ["readable", "end", "close"]) stream.on(event, arrived);
		stream.on("error", failed);
	});
}
