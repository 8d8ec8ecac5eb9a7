// Over 250 lines: one entry for each way there is to read a stream.
import { addAbortSignal, Readable, Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { ReadableStream as WebStream } from "node:stream/web";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Consumer, Note } from "./contract.fixture.ts";

/** What consumers throw themselves; never to be blamed on the source. */
export const consumerError: Error = new Error("the consumer failed");

type Web = ReadableStream<unknown>;

async function readAll(reader: ReadableStreamDefaultReader<unknown>, note: Note): Promise<void> {
	for (;;) {
		const { done, value } = await reader.read();
		if (done) return;
		note(value);
	}
}

const sink = (note: Note) => new WritableStream({ write: (item) => note(item) });

const writable = (note: Note) =>
	new Writable({
		objectMode: true,
		write(item, _, callback) {
			note(item);
			callback();
		},
	});

const noteAny = (value: unknown, note: Note) => (value === undefined ? undefined : note(value));

/** What of an object its consumer may look at before it uses it. */
const lookOf = (value: object) => [
	value.constructor.name,
	Object.keys(value),
	"source" in value ? value.source : undefined,
];

const single: Consumer[] = [
	{ way: "a call", families: ["value"], does: "reads", consume: noteAny },
	{
		way: "await",
		families: ["promise", "thenable"],
		does: "reads",
		async consume(promise, note) {
			noteAny(await promise, note);
			return lookOf(promise);
		},
	},
	{
		way: "then with both reactions",
		families: ["promise", "thenable"],
		does: "reads",
		consume: (promise, note) =>
			promise.then(
				(value: unknown) => noteAny(value, note),
				(error: unknown) => Promise.reject(error),
			),
	},
	{
		way: "then and catch",
		families: ["promise", "thenable"],
		does: "reads",
		consume: (promise, note) =>
			promise.then((value: unknown) => noteAny(value, note)).catch((error: unknown) => Promise.reject(error)),
	},
	{
		way: "finally",
		families: ["promise", "thenable"],
		does: "reads",
		consume: (promise, note) => promise.finally(() => note("finally")),
	},
	{
		way: "catch, which handles it",
		families: ["promise", "thenable"],
		does: "reads",
		consume: (promise, note) => promise.catch((error: Error) => note(error.message)),
	},
	{
		way: "Promise.all",
		families: ["promise", "thenable"],
		does: "reads",
		consume: async (promise, note) => noteAny((await Promise.all([promise]))[0], note),
	},
	{
		way: "await, twice",
		families: ["promise"],
		does: "reads",
		async consume(promise, note) {
			noteAny(await promise, note);
			noteAny(await promise, note);
		},
	},
];

const synchronous: Consumer[] = [
	{
		way: "for of",
		families: ["sync"],
		does: "reads",
		consume(items, note) {
			for (const item of items) note(item);
		},
	},
	{ way: "spread", families: ["sync"], does: "reads", consume: (items, note) => [...items].forEach(note) },
	{
		way: "yield*",
		families: ["sync"],
		does: "reads",
		consume(items, note) {
			const delegating = (function* () {
				return yield* items;
			})();
			for (let step = delegating.next(); ; step = delegating.next()) {
				if (step.done) return step.value;
				note(step.value);
			}
		},
	},
	{
		way: "iterator helpers",
		families: ["sync"],
		does: "reads",
		consume: (items, note) =>
			Iterator.from(items)
				.map((item) => item)
				.forEach(note),
	},
	{
		way: "break",
		families: ["sync"],
		does: "stops",
		consume(items, note) {
			for (const item of items) {
				note(item);
				break;
			}
		},
	},
	{
		way: "destructuring",
		families: ["sync"],
		does: "stops",
		consume(items, note) {
			const [first] = items;
			note(first);
		},
	},
	{
		way: "throw in the loop",
		families: ["sync"],
		does: "stops",
		consume(items, note) {
			for (const item of items) {
				note(item);
				throw consumerError;
			}
		},
	},
	{
		way: "next and return",
		families: ["sync"],
		does: "stops",
		consume(items, note) {
			note(items.next("given").value);
			return [items.return("mine"), items.return("again")];
		},
	},
];

const asynchronous: Consumer[] = [
	{
		way: "for await",
		families: ["async", "web", "bytes", "node"],
		does: "reads",
		async consume(items, note) {
			for await (const item of items) note(item);
		},
	},
	{
		way: "Array.fromAsync",
		families: ["async", "web", "bytes"],
		does: "reads",
		consume: async (items, note) => (await Array.fromAsync(items)).forEach(note),
	},
	{
		way: "next, past the end",
		families: ["async"],
		does: "reads",
		async consume(items, note) {
			const iterator = items[Symbol.asyncIterator]();
			for (;;) {
				const { done, value } = await iterator.next("given");
				if (done) return [value, await iterator.next(), await iterator.next()];
				note(value);
			}
		},
	},
	{
		way: "next, several at once",
		families: ["async"],
		does: "reads",
		async consume(items, note) {
			const iterator = items[Symbol.asyncIterator]();
			const steps = await Promise.allSettled([1, 2, 3, 4, 5].map(() => iterator.next()));
			for (const step of steps) if (step.status === "fulfilled" && !step.value.done) note(step.value.value);
			const failed = steps.find(({ status }) => status === "rejected");
			if (failed?.status === "rejected") throw failed.reason;
			return steps;
		},
	},
	{
		way: "yield*",
		families: ["async"],
		does: "reads",
		async consume(items, note) {
			const delegating = (async function* () {
				return yield* items;
			})();
			for (;;) {
				const { done, value } = await delegating.next();
				if (done) return value;
				note(value);
			}
		},
	},
	{
		way: "Readable.from",
		families: ["async"],
		does: "reads",
		async consume(items, note) {
			for await (const item of Readable.from(items)) note(item);
		},
	},
	{
		way: "ReadableStream.from",
		families: ["async"],
		does: "reads",
		async consume(items, note) {
			await readAll(WebStream.from(items).getReader() as ReadableStreamDefaultReader<unknown>, note);
		},
	},
	{
		way: "break",
		families: ["async", "web", "bytes", "node"],
		does: "stops",
		async consume(items, note) {
			for await (const item of items) {
				note(item);
				break;
			}
		},
	},
	{
		way: "throw in the loop",
		families: ["async", "web", "bytes", "node"],
		does: "stops",
		async consume(items, note) {
			for await (const item of items) {
				note(item);
				throw consumerError;
			}
		},
	},
	{
		way: "next and return",
		families: ["async"],
		does: "stops",
		async consume(items, note) {
			const iterator = items[Symbol.asyncIterator]();
			note((await iterator.next()).value);
			return [await iterator.return("mine"), await iterator.next()];
		},
	},
	{
		way: "next, and return while it is pending",
		families: ["async"],
		does: "stops",
		async consume(items, note) {
			const iterator = items[Symbol.asyncIterator]();
			note((await iterator.next()).value);
			const pending = iterator.next();
			const [second] = await Promise.all([pending, iterator.return()]);
			if (!second.done) note(second.value);
		},
	},
	{
		way: "next, and no more",
		families: ["async"],
		does: "leaves",
		async consume(items, note) {
			note((await items[Symbol.asyncIterator]().next()).value);
		},
	},
];

const web: Consumer[] = [
	{
		way: "getReader",
		families: ["web", "bytes"],
		does: "reads",
		consume: (stream: Web, note) => readAll(stream.getReader(), note),
	},
	{
		way: "one reader after the other",
		families: ["web", "bytes"],
		does: "reads",
		async consume(stream: Web, note) {
			const first = stream.getReader();
			const { done, value } = await first.read();
			if (!done) note(value);
			first.releaseLock();
			await readAll(stream.getReader(), note);
		},
	},
	{
		way: "a lock given up with a read pending",
		families: ["web", "bytes"],
		does: "reads",
		async consume(stream: Web, note) {
			const first = stream.getReader();
			const pending = first.read().then(
				() => "read",
				(error) => error.name,
			);
			first.releaseLock();
			await readAll(stream.getReader(), note);
			return pending;
		},
	},
	{
		way: "values, and on after a break",
		families: ["web", "bytes"],
		does: "reads",
		async consume(stream: Web, note) {
			for await (const item of stream.values({ preventCancel: true })) {
				note(item);
				break;
			}
			for await (const item of stream) note(item);
		},
	},
	{
		way: "pipeTo",
		families: ["web", "bytes"],
		does: "reads",
		async consume(stream: Web, note) {
			await stream.pipeTo(sink(note));
			return [stream.locked];
		},
	},
	{
		way: "pipeThrough",
		families: ["web", "bytes"],
		does: "reads",
		consume: (stream: Web, note) => readAll(stream.pipeThrough(new TransformStream()).getReader(), note),
	},
	{
		way: "tee, both read",
		families: ["web", "bytes"],
		does: "reads",
		async consume(stream: Web, note) {
			const [first, second] = stream.tee();
			const seconds: unknown[] = [];
			await Promise.all([
				readAll(first.getReader(), note),
				readAll(second.getReader(), (item) => seconds.push(String(item))),
			]);
			return [stream.locked, seconds];
		},
	},
	{
		way: "tee, one read and one cancelled",
		families: ["web", "bytes"],
		does: "reads",
		async consume(stream: Web, note) {
			const [first, second] = stream.tee();
			const cancelling = second.cancel("unwanted");
			await readAll(first.getReader(), note);
			await cancelling;
		},
	},
	{
		way: "Readable.fromWeb",
		families: ["web", "bytes"],
		does: "reads",
		async consume(stream, note) {
			for await (const item of Readable.fromWeb(stream, { objectMode: true })) note(item);
		},
	},
	{
		way: "Response.text",
		families: ["bytes"],
		does: "reads",
		regroups: true,
		consume: async (stream, note) => note(await new Response(stream).text()),
	},
	{
		way: "Response.body",
		families: ["bytes"],
		does: "reads",
		consume: async (stream, note) => readAll((new Response(stream).body as Web).getReader(), note),
	},
	{
		way: "BYOB",
		families: ["bytes"],
		does: "reads",
		async consume(stream: ReadableStream<Uint8Array<ArrayBuffer>>, note) {
			const reader = stream.getReader({ mode: "byob" });
			for (let view = new Uint8Array(64); ; ) {
				const { done, value } = await reader.read(view);
				if (done) return;
				note(value.slice());
				view = new Uint8Array(value.buffer);
			}
		},
	},
	{
		way: "tee and BYOB",
		families: ["bytes"],
		does: "reads",
		regroups: true,
		async consume(stream: ReadableStream<Uint8Array<ArrayBuffer>>, note) {
			const [first, second] = stream.tee();
			const cancelling = second.cancel();
			const reader = first.getReader({ mode: "byob" });
			for (;;) {
				const { done, value } = await reader.read(new Uint8Array(2));
				if (done) break;
				note(value.slice());
			}
			await cancelling;
		},
	},
	{
		way: "BYOB with a view that is refused",
		families: ["bytes"],
		does: "reads",
		async consume(stream: ReadableStream<Uint8Array<ArrayBuffer>>, note) {
			const reader = stream.getReader({ mode: "byob" });
			const refused = await reader.read(new Uint8Array(0)).catch((error: Error) => error.name);
			reader.releaseLock();
			await readAll(stream.getReader(), note);
			return refused;
		},
	},
	{
		way: "reader.cancel",
		families: ["web", "bytes"],
		does: "stops",
		async consume(stream: Web, note) {
			const reader = stream.getReader();
			note((await reader.read()).value);
			// A source with a buffer fills it meanwhile; how far it is by now would be a matter of microtasks.
			await nextTurn();
			await reader.cancel("enough");
			return reader.read();
		},
	},
	{
		way: "stream.cancel",
		asksNothing: true,
		families: ["web", "bytes"],
		does: "stops",
		consume: (stream: Web) => stream.cancel("unread"),
	},
	{
		way: "a refused cancel, then reader.cancel",
		families: ["web", "bytes"],
		does: "stops",
		async consume(stream: Web, note) {
			const reader = stream.getReader();
			const refused = await stream.cancel("locked").catch((error: Error) => error.name);
			note((await reader.read()).value);
			// A source with a buffer fills it meanwhile; how far it is by now would be a matter of microtasks.
			await nextTurn();
			await reader.cancel("enough");
			return refused;
		},
	},
	{
		way: "pipeTo into a failing sink",
		families: ["web", "bytes"],
		does: "stops",
		consume: (stream: Web) =>
			stream.pipeTo(
				new WritableStream({
					write() {
						throw consumerError;
					},
				}),
			),
	},
	{
		way: "pipeTo until a signal aborts",
		families: ["web", "bytes"],
		does: "stops",
		async consume(stream: Web, note) {
			const stopping = new AbortController();
			const write = (item: unknown) => {
				note(item);
				stopping.abort();
			};
			const ended = await stream
				.pipeTo(new WritableStream({ write }), { signal: stopping.signal })
				.catch((error) => error.name);
			return [ended, stream.locked];
		},
	},
	{
		way: "pipeTo that is stopped without a cancel, then on",
		families: ["web", "bytes"],
		does: "reads",
		async consume(stream: Web, note) {
			const stopping = new AbortController();
			const write = (item: unknown) => {
				note(item);
				stopping.abort();
			};
			const options = { signal: stopping.signal, preventCancel: true };
			const ended = await stream.pipeTo(new WritableStream({ write }), options).catch((error) => error.name);
			await readAll(stream.getReader(), note);
			return ended;
		},
	},
	{
		way: "a refused pipeThrough, then getReader",
		families: ["web", "bytes"],
		does: "reads",
		async consume(stream: Web, note) {
			let refused: string | undefined;
			try {
				stream.pipeThrough({} as never);
			} catch (error) {
				refused = (error as Error).name;
			}
			const pipe = await stream.pipeTo(undefined as never).catch((error) => error.name);
			await readAll(stream.getReader(), note);
			return [refused, pipe];
		},
	},
	{
		way: "tee, both cancelled",
		asksNothing: true,
		families: ["web", "bytes"],
		does: "stops",
		async consume(stream: Web) {
			await Promise.all(stream.tee().map((branch, index) => branch.cancel(`branch ${index}`)));
		},
	},
	{
		way: "getReader, one item and no more",
		families: ["web", "bytes"],
		does: "leaves",
		async consume(stream: Web, note) {
			note((await stream.getReader().read()).value);
		},
	},
	{
		way: "tee, neither read",
		asksNothing: true,
		families: ["web", "bytes"],
		does: "leaves",
		consume: (stream: Web) => void stream.tee(),
	},
];

const node: Consumer[] = [
	{
		way: "data events",
		families: ["node"],
		does: "reads",
		consume: (stream: Readable, note) =>
			new Promise((resolve, reject) =>
				stream
					.on("data", note)
					.on("error", reject)
					.on("close", () => resolve(stream.readableEnded)),
			),
	},
	{
		way: "readable events and read",
		families: ["node"],
		does: "reads",
		consume: (stream: Readable, note) =>
			new Promise((resolve, reject) => {
				const read = () => {
					for (let item = stream.read(); item !== null; item = stream.read()) note(item);
				};
				stream.on("readable", read).on("error", reject).on("end", resolve);
			}),
	},
	{
		way: "pipe",
		families: ["node"],
		does: "reads",
		consume: (stream: Readable, note) =>
			new Promise((resolve, reject) => {
				stream.on("error", reject).pipe(writable(note)).on("finish", resolve);
			}),
	},
	{
		way: "pipeline",
		families: ["node"],
		does: "reads",
		consume: (stream: Readable, note) => pipeline(stream, writable(note)),
	},
	{
		way: "pipeline into an async function",
		families: ["node"],
		does: "reads",
		consume: (stream: Readable, note) =>
			pipeline(stream, async (items) => {
				for await (const item of items) note(item);
			}),
	},
	{
		way: "toArray",
		families: ["node"],
		does: "reads",
		consume: async (stream: Readable, note) => (await stream.toArray()).forEach(note),
	},
	{
		way: "Readable.toWeb",
		families: ["node"],
		does: "reads",
		consume: (stream: Readable, note) => readAll((Readable.toWeb(stream) as Web).getReader(), note),
	},
	{
		way: "resume and finished",
		families: ["node"],
		does: "reads",
		async consume(stream: Readable, note) {
			stream.once("data", note);
			await finished(stream);
		},
		regroups: true,
	},
	{
		way: "destroy",
		asksNothing: true,
		families: ["node"],
		does: "stops",
		async consume(stream: Readable) {
			stream.destroy();
			await new Promise((resolve) => stream.once("close", resolve));
		},
	},
	{
		way: "take",
		families: ["node"],
		does: "stops",
		consume: async (stream: Readable, note) => (await stream.take(1).toArray()).forEach(note),
	},
	{
		way: "a signal",
		families: ["node"],
		does: "stops",
		async consume(stream: Readable, note) {
			const stopping = new AbortController();
			for await (const item of addAbortSignal(stopping.signal, stream)) {
				note(item);
				stopping.abort();
			}
		},
	},
	{
		way: "destroy with an error",
		families: ["node"],
		does: "fails-it",
		async consume(stream: Readable, note) {
			stream.once("data", (item) => {
				note(item);
				stream.destroy(consumerError);
			});
			await finished(stream);
		},
	},
	{
		way: "read, one item and no more",
		families: ["node"],
		does: "leaves",
		async consume(stream: Readable, note) {
			await new Promise((resolve) => stream.once("readable", resolve));
			note(stream.read());
		},
	},
];

const unread: Consumer = {
	way: "nothing",
	asksNothing: true,
	families: ["thenable", "web", "bytes", "node"],
	does: "leaves",
	consume: () => {},
};

/** Every way of consuming a result. */
export const consumers: readonly Consumer[] = [...single, ...synchronous, ...asynchronous, ...web, ...node, unread];
