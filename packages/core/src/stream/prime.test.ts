import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { primed } from "./prime.ts";

interface Made {
	readonly stream: object;
	/** Items that were made, and whether the source was closed. */
	readonly state: { made: number; closed: boolean };
}

type Make = (items: readonly unknown[], error?: unknown) => Made;

function* sourceOf(items: readonly unknown[], error: unknown, state: Made["state"]): Generator<unknown> {
	try {
		for (const item of items) {
			state.made++;
			yield item;
		}
		if (error !== undefined) throw error;
	} finally {
		state.closed = true;
	}
}

async function* asyncSourceOf(...given: Parameters<typeof sourceOf>): AsyncGenerator<unknown> {
	yield* sourceOf(...given);
}

class ClientStream {
	readonly controller = new AbortController();
	#iterated = false;
	readonly #source: () => AsyncGenerator<unknown>;

	constructor(source: () => AsyncGenerator<unknown>) {
		this.#source = source;
	}

	[Symbol.asyncIterator](): AsyncGenerator<unknown> {
		if (this.#iterated) throw new Error("can be iterated only once");
		this.#iterated = true;
		return this.#source();
	}
}

const kinds: Record<string, Make> = {
	"a generator": (items, error) => {
		const state = { made: 0, closed: false };
		return { state, stream: sourceOf(items, error, state) };
	},
	"an async generator": (items, error) => {
		const state = { made: 0, closed: false };
		return { state, stream: asyncSourceOf(items, error, state) };
	},
	"an iterator that is frozen": (items, error) => {
		const state = { made: 0, closed: false };
		const source = asyncSourceOf(items, error, state);
		const stream = {
			next: () => source.next(),
			return: (value: unknown) => source.return(value),
			[Symbol.asyncIterator]() {
				return this;
			},
		};
		return { state, stream: Object.freeze(stream) };
	},
	"a client's stream": (items, error) => {
		const state = { made: 0, closed: false };
		return { state, stream: new ClientStream(() => asyncSourceOf(items, error, state)) };
	},
	"a Web stream": (items, error) => {
		const state = { made: 0, closed: false };
		const source = sourceOf(items, error, state);
		const stream = new ReadableStream(
			{
				pull(controller) {
					const { done, value } = source.next();
					if (done) controller.close();
					else controller.enqueue(value);
				},
				cancel: () => void source.return(undefined),
			},
			{ highWaterMark: 0 },
		);
		return { state, stream };
	},
	"a Node stream": (items, error) => {
		const state = { made: 0, closed: false };
		return { state, stream: Readable.from(asyncSourceOf(items, error, state), { highWaterMark: 1 }) };
	},
};

async function collected(items: object): Promise<unknown[]> {
	const all: unknown[] = [];
	for await (const item of items as AsyncIterable<unknown>) all.push(item);
	return all;
}

describe.for(Object.keys(kinds))("priming %s", (kind) => {
	const make = kinds[kind] as Make;

	it("waits for the first item and loses none", async () => {
		for (const items of [[1, 2, 3], [1], []]) {
			const { stream, state } = make(items);
			const given = (await primed(stream)) as object;
			expect(state.made).toBeGreaterThanOrEqual(Math.min(1, items.length));
			expect(await collected(given)).toEqual(items);
		}
	});

	it("reads no further on its own behalf", async () => {
		const { stream, state } = make([1, 2, 3, 4, 5, 6]);
		await primed(stream);
		await nextTurn();
		// A Node stream fills its buffer.
		expect(state.made).toBeLessThanOrEqual(kind === "a Node stream" ? 3 : 1);
	});

	it("rejects where it fails before its first item", async () => {
		const error = new Error("boom");
		await expect(primed(make([], error).stream)).rejects.toBe(error);
	});

	it("leaves a later failure to the consumer", async () => {
		const error = new Error("boom");
		const given = (await primed(make([1, 2], error).stream)) as AsyncIterable<unknown>;
		const seen: unknown[] = [];
		await expect(
			(async () => {
				for await (const item of given) seen.push(item);
			})(),
		).rejects.toBe(error);
		expect(seen).toEqual([1, 2]);
	});

	it("closes the source when the consumer leaves early", async () => {
		const { stream, state } = make([1, 2, 3]);
		for await (const item of (await primed(stream)) as AsyncIterable<unknown>) {
			expect(item).toBe(1);
			break;
		}
		await nextTurn();
		expect(state.closed).toBe(true);
	});

	it("keeps the kind", async () => {
		const { stream } = make([1]);
		const given = (await primed(stream)) as object;
		expect(Object.prototype.toString.call(given)).toBe(Object.prototype.toString.call(stream));
		if (!["a Web stream", "an iterator that is frozen"].includes(kind)) expect(given).toBe(stream);
		expect(given.constructor).toBe(stream.constructor);
	});
});

describe("priming", () => {
	it("forgets the first item when its consumer leaves before it has asked", async () => {
		for (const kind of ["a generator", "an async generator"]) {
			const { stream, state } = (kinds[kind] as Make)([1, 2]);
			const given = (await primed(stream)) as AsyncGenerator<unknown>;
			expect(await given.return("left")).toEqual({ done: true, value: "left" });
			expect(await given.next()).toEqual({ done: true, value: undefined });
			expect(state.closed).toBe(true);
		}
		const web = (kinds["a Web stream"] as Make)([1, 2]);
		await ((await primed(web.stream)) as ReadableStream).cancel();
		expect(web.state.closed).toBe(true);
	});

	it("keeps a stream of bytes one", async () => {
		const bytes = new ReadableStream({
			type: "bytes",
			start(controller) {
				controller.enqueue(new Uint8Array([1, 2, 3]));
				controller.close();
			},
		});
		const reader = ((await primed(bytes)) as ReadableStream).getReader({ mode: "byob" });
		const first = await reader.read(new Uint8Array(2));
		const second = await reader.read(new Uint8Array(2));
		expect([...(first.value ?? []), ...(second.value ?? [])]).toEqual([1, 2, 3]);
		expect((await reader.read(new Uint8Array(2))).done).toBe(true);
	});

	it("leaves a Node stream for whoever listens to it", async () => {
		const stream = (await primed(Readable.from(["a", "b"]))) as Readable;
		const heard: unknown[] = [];
		stream.on("data", (item) => heard.push(item));
		await new Promise((resolve) => stream.on("end", resolve));
		expect(heard).toEqual(["a", "b"]);
		expect(stream.listenerCount("error")).toBe(0);
	});

	it("rejects with the error of a Node stream that has failed, and gives one that has ended", async () => {
		const failed = new Readable({ read() {} }).on("error", () => {});
		failed.destroy(new Error("boom"));
		await expect(primed(failed)).rejects.toThrow("boom");
		const destroyed = new Readable({ read() {} }).destroy();
		expect(await primed(destroyed)).toBe(destroyed);
	});

	it("gives anything else as it is", async () => {
		const pushing = Object.assign(new EventEmitter(), { async *[Symbol.asyncIterator]() {} });
		for (const value of [undefined, null, 5, "text", [1], new Set([1]), { a: 1 }, pushing]) {
			expect(await primed(value)).toBe(value);
		}
	});
});
