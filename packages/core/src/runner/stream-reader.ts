import { show } from "../option.ts";
import { mayBeIterator } from "../stream/iterator.ts";
import { isNodeReadable } from "../stream/node-readable.ts";
import { isWebStream } from "../stream/web-stream.ts";
import type { StageNode } from "./stage-node.ts";

type Step = IteratorResult<unknown>;

/** True for a step that is still to come. */
export function isPending(step: Step | PromiseLike<Step>): step is PromiseLike<Step> {
	return typeof (step as PromiseLike<Step> | undefined)?.then === "function";
}

/** Reads any stream item by item. */
export interface StreamReader {
	next(): Step | PromiseLike<Step>;
	/** Gives the stream up; what that brings about is nobody's concern. */
	cancel(reason: unknown): void;
}

/** True for what gives its items one after the other and only once: not for an array or a set. */
export function isStream(value: unknown): value is object {
	if (value === null || typeof value !== "object") return false;
	try {
		return (
			isWebStream(value) ||
			isNodeReadable(value) ||
			typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === "function" ||
			mayBeIterator(value, Symbol.iterator)
		);
	} catch {
		// A getter of the user's object threw while it was looked at.
		return false;
	}
}

/** Makes a reader of a stream or of any iterable; undefined for what is neither. */
export function readerOf(value: unknown): StreamReader | undefined {
	if (typeof value === "string") return iteratorReader(value[Symbol.iterator](), value);
	if (value === null || typeof value !== "object") return undefined;
	if (isWebStream(value)) {
		const reader = value.getReader();
		return { next: () => reader.read() as Promise<Step>, cancel: (reason) => quietly(() => reader.cancel(reason)) };
	}
	const iterable = value as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
	const iterator = iterable[Symbol.asyncIterator]?.() ?? iterable[Symbol.iterator]?.();
	return typeof iterator?.next === "function" ? iteratorReader(iterator, value) : undefined;
}

/** A step as it was given; throws for what is none, which some would take for an item and others for the end. */
export function stepOf(given: unknown, { name, definition, items }: StageNode): Step {
	if (given !== null && typeof given === "object") return given as Step;
	const what = items === undefined ? `the stream of ${name}` : `items of ${name}`;
	throw new TypeError(
		`pipeline ${definition.pipeline.name}: ${what} cannot be read: next() gave ${show(given)}, not { done, value }`,
	);
}

/** Lets go of a stream that nobody reads. */
export function closeStream(stream: unknown, reason: unknown): void {
	const { cancel, destroy, return: end } = stream as Partial<Record<string, (reason?: unknown) => unknown>>;
	if (isWebStream(stream as object)) quietly(() => cancel?.call(stream, reason));
	else if (isNodeReadable(stream as object)) quietly(() => destroy?.call(stream));
	else quietly(() => end?.call(stream));
}

function iteratorReader(iterator: AsyncIterator<unknown> | Iterator<unknown>, source: string | object): StreamReader {
	return {
		next: () => iterator.next(),
		cancel: () => {
			// An iterator answers `return` only after the item that is waited for; Node's streams can do it at once.
			if (typeof source === "object" && isNodeReadable(source)) closeStream(source, undefined);
			quietly(() => iterator.return?.());
		},
	};
}

/** Runs what may throw or reject; neither is to be heard. */
function quietly(step: () => unknown): void {
	try {
		Promise.resolve(step()).catch(() => {});
	} catch {
		// It is given up in any case.
	}
}
