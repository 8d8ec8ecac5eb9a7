import { closeAudience } from "./audience.ts";
import { mayBeIterator } from "./iterator.ts";
import { isPatchable, patchMethod, proxyWith } from "./patch.ts";
import { isByteStream } from "./web-bridge.ts";
import { isWebStream } from "./web-stream.ts";

/** One step of a stream: an `IteratorResult`, or a promise of one. */
export type Step = (...input: unknown[]) => unknown;

/** How a stream is read: an iterator's methods, or a reader's. */
export interface Steps {
	next: Step;
	return?: Step | undefined;
	throw?: Step | undefined;
}

/** Takes the steps of one iteration, as it begins, and gives those that its consumer takes instead. */
export type Between = (steps: Steps) => Steps;

const names = ["next", "return", "throw"] as const;

/**
 * Puts something between a stream and its consumer, and hands it outward as what it is: iterators, generators and clients'
 * stream classes stay the objects they are; in place of a Web stream there is another one, which reads from the first as
 * it is read. Undefined for what is not read step by step: Node's streams, and those that push.
 */
export function interpose(stream: object, between: Between): object | undefined {
	if (isWebStream(stream)) return interposedWebStream(stream, between);
	const { [Symbol.asyncIterator]: iterate } = stream as Partial<AsyncIterable<unknown>>;
	if (typeof iterate === "function" && !mayBeIterator(stream, Symbol.asyncIterator)) {
		const iterateBetween = () => interposedIterator(iterate.call(stream), between);
		return withMethods(stream, new Map([[Symbol.asyncIterator, iterateBetween]]));
	}
	if (typeof (stream as Partial<Iterator<unknown>>).next !== "function") return undefined;
	return interposedIterator(stream, between);
}

/** As {@link interpose}, for an iterator. */
export function interposedIterator(iterator: object, between: Between): object {
	const original: Steps = { next: () => undefined };
	for (const name of names) {
		const method = (iterator as Partial<Record<string, unknown>>)[name];
		if (typeof method === "function") original[name] = (...input) => Reflect.apply(method, iterator, input);
	}
	const replaced = between(original);
	const methods = new Map<PropertyKey, Step>();
	for (const name of names) {
		const method = replaced[name];
		if (method !== undefined && method !== original[name]) methods.set(name, method);
	}
	return withMethods(iterator, methods);
}

/** An object with other methods under these names: changed in place where it can be. */
export function withMethods(target: object, methods: ReadonlyMap<PropertyKey, Step>): object {
	if (isPatchable(target, [...methods.keys()])) {
		for (const [name, method] of methods) patchMethod(target, name, method);
		closeAudience(target);
		return target;
	}
	const proxy: object = proxyWith(
		target,
		new Map([
			...methods,
			// What is frozen and iterates itself must iterate what stands in front of it.
			...[Symbol.iterator, Symbol.asyncIterator]
				.filter((symbol) => symbol in target && !methods.has(symbol) && methods.has("next"))
				.map((symbol) => [symbol, () => proxy] as const),
		]),
	);
	return proxy;
}

/** Reads only when its own consumer asks, so the back-pressure is the original's. */
function interposedWebStream(stream: ReadableStream<unknown>, between: Between): ReadableStream<unknown> {
	const type = isByteStream(stream) ? { type: "bytes" } : {};
	const reader = stream.getReader();
	const steps = between({ next: () => reader.read(), return: (reason) => reader.cancel(reason) });
	const source = {
		async pull(controller: ReadableStreamDefaultController & Partial<ReadableByteStreamController>) {
			const { done, value } = (await steps.next()) as IteratorResult<unknown>;
			if (!done) {
				controller.enqueue(value);
				return;
			}
			controller.close();
			// A pending BYOB request of a closed byte stream must be answered, or its reader waits for ever.
			controller.byobRequest?.respond(0);
		},
		cancel: (reason: unknown) => steps.return?.(reason) as Promise<void>,
	};
	return new ReadableStream({ ...source, ...type } as UnderlyingDefaultSource<unknown>, { highWaterMark: 0 });
}
