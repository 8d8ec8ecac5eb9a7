import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { endAbandonedStreams, footlight } from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";
import type { Probe, Script, Source } from "./bake-off/contract.fixture.ts";
import { sources } from "./bake-off/sources.fixture.ts";

const sdk = registerSdk();
const light = footlight("differential");

beforeEach(() => {
	endAbandonedStreams();
	sdk.reset();
});

/** What a consumer did and saw, in an order that does not hang on microtasks. */
type Log = unknown[];
// biome-ignore lint/suspicious/noExplicitAny: operations take the members of their kind for granted
type Operation = (stream: any, held: { reader?: any; iterator?: any; error: unknown }) => unknown;

const onIterators: Readonly<Record<string, Operation>> = {
	next: (iterator) => iterator.next("sent"),
	return: (iterator) => iterator.return?.("mine"),
	throw: (iterator, { error }) => iterator.throw?.(error),
	iterate: (iterator) => (iterator[Symbol.asyncIterator] ?? iterator[Symbol.iterator]).call(iterator) === iterator,
	inspect: (iterator) => [Object.keys(iterator), iterator.constructor.name, String(iterator)],
};

const onWebStreams: Readonly<Record<string, Operation>> = {
	getReader: (stream, held) => {
		held.reader = stream.getReader();
	},
	byobReader: (stream, held) => {
		held.reader = stream.getReader({ mode: "byob" });
	},
	read: (_, { reader }) => reader?.read(),
	readInto: (_, { reader }) => reader?.read(new Uint8Array(4)),
	release: (_, { reader }) => reader?.releaseLock(),
	cancelReader: (_, { reader }) => reader?.cancel("reader"),
	cancel: (stream) => stream.cancel("stream"),
	values: (stream, held) => {
		held.iterator = stream.values({ preventCancel: true });
	},
	next: (_, { iterator }) => iterator?.next(),
	return: (_, { iterator }) => iterator?.return("mine"),
	locked: (stream) => stream.locked,
	tee: (stream, held) => {
		held.reader = stream.tee()[1].getReader();
	},
	pipeTo: (stream) => stream.pipeTo(new WritableStream()),
};

const onNodeStreams: Readonly<Record<string, Operation>> = {
	read: (stream) => textOf(stream.read()),
	pause: (stream) => void stream.pause(),
	resume: (stream) => void stream.resume(),
	flowing: (stream) => [stream.readableFlowing, stream.readableEnded, stream.destroyed],
	next(stream, held) {
		held.iterator ??= stream[Symbol.asyncIterator]();
		return held.iterator.next();
	},
	return: (_, { iterator }) => iterator?.return(),
	destroy: (stream) => void stream.destroy(),
	destroyWith: (stream, { error }) => void stream.destroy(error),
	unshift: (stream) => void stream.unshift("put back"),
};

const operations = {
	sync: onIterators,
	async: onIterators,
	web: onWebStreams,
	bytes: onWebStreams,
	node: onNodeStreams,
} as const;

interface Step {
	readonly name: string;
	/** Goes on without waiting for the answer. */
	readonly atOnce: boolean;
}

async function perform(result: object, family: StreamFamily, steps: readonly Step[], error: unknown): Promise<Log> {
	const log: Log = [];
	const held = { error };
	const note = (index: number, what: unknown) => {
		log[index] = what;
	};
	if (family === "node")
		(result as NodeJS.ReadableStream).on("error", (failure: Error) => log.push(`error event ${failure.message}`));
	for (const [index, { name, atOnce }] of steps.entries()) {
		note(index, "pending");
		(async () => operations[family][name]?.(result, held))().then(
			(value) => note(index, textOf(value)),
			(failure: Error) => note(index, `${failure.name}: ${failure.message}`),
		);
		// Long enough for a whole pipe to end: the last turn it takes is not the same.
		if (!atOnce) await quiet(12);
	}
	await quiet(8);
	return log;
}

type StreamFamily = keyof typeof operations;

const cases = sources
	.filter((source): source is Source & { family: StreamFamily } => source.family in operations)
	.filter(({ kind, family, promised }) => !promised && !(family === "async" && kind.endsWith("async iterable")));

describe("any script of a consumer's steps sees and does the same on a wrapped result as on a bare one:", () => {
	test.each(cases.map((source) => [source.kind, source] as const))("%s", async (_, source) => {
		const step = fc.record({ name: fc.constantFrom(...Object.keys(operations[source.family])), atOnce: fc.boolean() });
		const script = fc.record({
			items: fc.integer({ min: 0, max: 3 }),
			failAfter: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
		});
		await fc.assert(
			fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), script, async (steps, { items, failAfter }) => {
				const error = new Error("the source failed");
				const how: Script = { items, error, ...(failAfter !== undefined && { failAfter }) };
				const [bare, wrapped] = await Promise.all(
					[false, true].map(async (wraps) => {
						const probe: Probe = { pulls: 0, closed: [] };
						const make = source.make(how, probe, () => {});
						const result = (wraps ? light.stage("wrapped", make) : make)();
						const log = await perform(result, source.family, steps, error);
						// How far a source is ahead of a consumer that does not wait is a matter of microtasks.
						const waits = steps.every(({ atOnce }) => !atOnce);
						return { log, closed: probe.closed, ...(waits && { pulls: probe.pulls }) };
					}),
				);
				expect(wrapped).toEqual(bare);
			}),
			{ numRuns: 60 },
		);
		endAbandonedStreams();
		expect(sdk.spans().length).toBeLessThanOrEqual(60 * 2);
	});
});

function textOf(value: unknown): unknown {
	if (value instanceof Uint8Array) return new TextDecoder().decode(value);
	if (typeof value !== "object" || value === null) return value;
	if (Array.isArray(value)) return value.map(textOf);
	return "done" in value ? { done: value.done, value: textOf((value as { value?: unknown }).value) } : value;
}

async function quiet(turns: number): Promise<void> {
	for (let turn = 0; turn < turns; turn++) await nextTurn();
}
