// Over 250 lines: one entry for each kind of stream there is.
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Probe, Script, Source } from "./contract.fixture.ts";

const encoder = new TextEncoder();

type Make = Source["make"];

const syncGenerator: Make = (script, probe, step) =>
	function* numbers() {
		try {
			for (let index = 1; ; index++) {
				const item = produce(index, script, probe, step);
				if (item === undefined) return "returned";
				yield item;
			}
		} finally {
			probe.closed.push("finally");
		}
	};

const asyncGenerator: Make = (script, probe, step) =>
	async function* numbers() {
		try {
			for (let index = 1; ; index++) {
				await nextTurn();
				const item = produce(index, script, probe, step);
				if (item === undefined) return "returned";
				yield item;
			}
		} finally {
			probe.closed.push("finally");
		}
	};

/** One item, or undefined at the end. */
function produce(index: number, script: Script, probe: Probe, step: () => void): string | undefined {
	probe.pulls++;
	if (script.failAfter !== undefined && index > script.failAfter) throw script.error;
	if (index > script.items) return undefined;
	step();
	return `item-${index}`;
}

/** An iterator with private fields, which breaks wherever a method is called on anything but itself. */
class Counter {
	#index = 0;
	readonly #produce: (index: number) => string | undefined;
	readonly #probe: Probe;

	constructor(script: Script, probe: Probe, step: () => void) {
		this.#produce = (index) => produce(index, script, probe, step);
		this.#probe = probe;
	}
	next() {
		const value = this.#produce(++this.#index);
		return value === undefined ? { done: true, value } : { done: false, value };
	}
	return(value?: unknown) {
		this.#probe.closed.push("return");
		this.#index = Number.MAX_SAFE_INTEGER - 1;
		return { done: true, value };
	}
	[Symbol.iterator]() {
		return this;
	}
}

class Cursor {
	readonly #counter: Counter;
	readonly batchSize = 20;

	constructor(script: Script, probe: Probe, step: () => void) {
		this.#counter = new Counter(script, probe, step);
	}
	async next() {
		await nextTurn();
		return this.#counter.next();
	}
	async return(value?: unknown) {
		return this.#counter.return(value);
	}
	[Symbol.asyncIterator]() {
		return this;
	}
}

/** An async iterable that is no iterator itself. */
class Query {
	readonly #open: () => Cursor;

	constructor(script: Script, probe: Probe, step: () => void) {
		this.#open = () => new Cursor(script, probe, step);
	}
	[Symbol.asyncIterator]() {
		return this.#open();
	}
}

const webSource = (script: Script, probe: Probe, step: () => void, encode: (item: string) => unknown) => {
	let index = 0;
	return {
		async pull(controller: ReadableStreamDefaultController<unknown> | ReadableByteStreamController) {
			await nextTurn();
			const item = produce(++index, script, probe, step);
			if (item !== undefined) (controller as ReadableStreamDefaultController<unknown>).enqueue(encode(item));
			else {
				controller.close();
				(controller as Partial<ReadableByteStreamController>).byobRequest?.respond(0);
			}
		},
		cancel: (reason: unknown) => void probe.closed.push(`cancel ${String(reason)}`),
	};
};

const webStream: Make = (script, probe, step) => () =>
	new ReadableStream(
		webSource(script, probe, step, (item) => item),
		{ highWaterMark: script.highWaterMark ?? 1 },
	);

const byteStream: Make = (script, probe, step) => () =>
	new ReadableStream(
		{ type: "bytes", ...webSource(script, probe, step, (item) => encoder.encode(item)) } as UnderlyingByteSource,
		{ highWaterMark: script.highWaterMark ?? 0 },
	);

const nodeReadable =
	(objectMode: boolean): Make =>
	(script, probe, step) =>
	() => {
		let index = 0;
		return new Readable({
			objectMode,
			highWaterMark: script.highWaterMark ?? (objectMode ? 2 : 12),
			async read() {
				await nextTurn();
				try {
					this.push(produce(++index, script, probe, step) ?? null);
				} catch (error) {
					this.destroy(error as Error);
				}
			},
			destroy(error, callback) {
				probe.closed.push(`destroy ${error?.name}`);
				callback(error);
			},
		});
	};

const promised =
	(make: Make): Make =>
	(...given) => {
		const inner = make(...given);
		return async () => {
			await nextTurn();
			return inner();
		};
	};

const frozen =
	(make: Make): Make =>
	(...given) => {
		const inner = make(...given);
		return () => Object.freeze(inner());
	};

/** The one item of a result that is no stream. */
const produceOne = (script: Script, probe: Probe, step: () => void) =>
	produce(script.failAfter === undefined ? 1 : script.failAfter + 1, script, probe, step);

/** A promise of a class of its own, with a private field and a method. */
class Answer extends Promise<unknown> {
	#source = "answer";
	get source(): string {
		return this.#source;
	}
}

/** A request that is sent when somebody asks for its answer, and only then. */
class Request {
	readonly #send: () => Promise<unknown>;

	constructor(send: () => Promise<unknown>) {
		this.#send = send;
	}
	then(onFulfilled?: (value: unknown) => unknown, onRejected?: (error: unknown) => unknown) {
		return this.#send().then(onFulfilled, onRejected);
	}
	catch(onRejected: (error: unknown) => unknown) {
		return this.then(undefined, onRejected);
	}
	finally(onEnd: () => void) {
		return this.#send().finally(onEnd);
	}
}

const lazyRequest: Make =
	(...given) =>
	() =>
		new Request(async () => {
			await nextTurn();
			return produceOne(...given);
		});

/** Every kind of result. */
export const sources: readonly Source[] = [
	{
		kind: "sync function",
		family: "value",
		make:
			(...given) =>
			() =>
				produceOne(...given),
	},
	{
		kind: "async function",
		family: "promise",
		make:
			(...given) =>
			async () => {
				await nextTurn();
				return produceOne(...given);
			},
	},
	{
		kind: "promise subclass",
		family: "thenable",
		make:
			(...given) =>
			() =>
				new Answer((resolve, reject) => {
					nextTurn()
						.then(() => produceOne(...given))
						.then(resolve, reject);
				}),
	},
	{ kind: "lazy thenable", family: "thenable", make: lazyRequest },
	{ kind: "frozen lazy thenable", family: "thenable", make: frozen(lazyRequest) },
	{ kind: "sync generator", family: "sync", make: syncGenerator },
	{
		kind: "sync iterator",
		family: "sync",
		make:
			(...given) =>
			() =>
				new Counter(...given),
	},
	{
		kind: "frozen sync iterator",
		family: "sync",
		make: frozen(
			(...given) =>
				() =>
					new Counter(...given),
		),
	},
	{ kind: "async generator", family: "async", make: asyncGenerator },
	{
		kind: "async iterator with private fields",
		family: "async",
		make:
			(...given) =>
			() =>
				new Cursor(...given),
	},
	{
		kind: "async iterable",
		family: "async",
		make:
			(...given) =>
			() =>
				new Query(...given),
	},
	{
		kind: "frozen async iterator",
		family: "async",
		make: frozen(
			(...given) =>
				() =>
					new Cursor(...given),
		),
	},
	{
		kind: "frozen async iterable",
		family: "async",
		make: frozen(
			(...given) =>
				() =>
					new Query(...given),
		),
	},
	{ kind: "promise of an async generator", family: "async", promised: true, make: promised(asyncGenerator) },
	{
		kind: "promise of an async iterable",
		family: "async",
		promised: true,
		make: promised(
			(...given) =>
				() =>
					new Query(...given),
		),
	},
	{ kind: "ReadableStream", family: "web", make: webStream },
	{ kind: "promise of a ReadableStream", family: "web", promised: true, make: promised(webStream) },
	{ kind: "ReadableStream of bytes", family: "bytes", make: byteStream },
	{ kind: "Readable of objects", family: "node", make: nodeReadable(true) },
	{ kind: "Readable of bytes", family: "node", make: nodeReadable(false) },
	{ kind: "promise of a Readable", family: "node", promised: true, make: promised(nodeReadable(true)) },
	{
		kind: "Readable from an async generator",
		family: "node",
		make: (...given) => {
			const numbers = asyncGenerator(...given);
			return () => Readable.from(numbers());
		},
	},
];
