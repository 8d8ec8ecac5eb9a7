import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { ChunkQueue, QueueClosedError } from "../index.ts";

const options = { name: "chunks", capacity: 2 };
const numbers = (items: number) => Array.from({ length: items }, (_, item) => item);

async function turns(count = 5): Promise<void> {
	for (let turn = 0; turn < count; turn++) await nextTurn();
}

/** Sources that say how many items were asked of them, and whether they were left. */
const sources = {
	"an async generator": (items: number, seen: { asked: number; left: boolean }) =>
		(async function* () {
			try {
				for (let item = 0; item < items; item++) {
					seen.asked++;
					yield item;
				}
			} finally {
				seen.left = true;
			}
		})(),
	"a generator": (items: number, seen: { asked: number; left: boolean }) =>
		(function* () {
			try {
				for (let item = 0; item < items; item++) {
					seen.asked++;
					yield item;
				}
			} finally {
				seen.left = true;
			}
		})(),
	"a Web stream": (items: number, seen: { asked: number; left: boolean }) =>
		new ReadableStream<number>(
			{
				pull(controller) {
					if (seen.asked === items) controller.close();
					else controller.enqueue(seen.asked++);
				},
				cancel() {
					seen.left = true;
				},
			},
			{ highWaterMark: 0 },
		),
	"a Node stream": (items: number, seen: { asked: number; left: boolean }) =>
		new Readable({
			objectMode: true,
			highWaterMark: 1,
			read() {
				this.push(seen.asked === items ? null : seen.asked++);
			},
			destroy(error, done) {
				seen.left = true;
				done(error);
			},
		}) as AsyncIterable<number>,
};

describe.each(Object.entries(sources))("from %s", (kind, source) => {
	it("gives its items, then ends", async () => {
		const queue = ChunkQueue.from(source(20, { asked: 0, left: false }), options);
		expect(await Array.fromAsync(queue)).toEqual(numbers(20));
		expect(queue.isClosed).toBe(true);
	});

	it("asks for no more than there is room for", async () => {
		const seen = { asked: 0, left: false };
		const queue = ChunkQueue.from(source(1_000, seen), options);
		await turns();
		// One waits to come in; a Node stream has another one read ahead.
		expect(seen.asked).toBeLessThanOrEqual(kind === "a Node stream" ? 5 : 3);
		queue.takeMany();
		await turns();
		expect(seen.asked).toBeLessThanOrEqual(kind === "a Node stream" ? 7 : 5);
		queue.close();
	});

	it("leaves it when somebody closes the queue", async () => {
		const seen = { asked: 0, left: false };
		const queue = new ChunkQueue<number>(options);
		const filled = queue.fill(source(1_000, seen));
		const refused = expect(filled).rejects.toBeInstanceOf(QueueClosedError);
		await turns();
		queue.close();
		await refused;
		await turns();
		expect(seen.left).toBe(true);
	});
});

describe("fill", () => {
	it("leaves a source that gives nothing, too", async () => {
		const silent = new PassThrough({ objectMode: true });
		const queue = new ChunkQueue<number>(options);
		const filled = expect(queue.fill(silent)).rejects.toBeInstanceOf(QueueClosedError);
		await turns();
		queue.close();
		await filled;
		expect(silent.destroyed).toBe(true);
	});

	it("fails the queue with the source's error, after what came before it", async () => {
		const broken = new Error("reset");
		const queue = ChunkQueue.from(
			(async function* () {
				yield 1;
				throw broken;
			})(),
			options,
		);
		expect(await queue.take()).toEqual({ done: false, value: 1 });
		await expect(queue.take()).rejects.toBe(broken);
	});

	it("keeps the queue open for further sources where that is asked for", async () => {
		const queue = new ChunkQueue<number>({ name: "chunks" });
		await queue.fill([1, 2], { keepOpen: true });
		await expect(
			queue.fill(
				Readable.from([3]).map(() => Promise.reject(new Error("no"))),
				{ keepOpen: true },
			),
		).rejects.toThrow("no");
		await queue.fill(new Set([3]));
		expect(await Array.fromAsync(queue)).toEqual([1, 2, 3]);
	});

	it("ends by a signal", async () => {
		const leaving = new AbortController();
		const queue = new ChunkQueue<number>(options);
		const filled = expect(queue.fill(numbers(10), { signal: leaving.signal })).rejects.toBe("gone");
		await turns();
		leaving.abort("gone");
		await filled;
		await expect(Array.fromAsync(queue)).rejects.toBe("gone");
		await expect(new ChunkQueue<number>(options).fill([1], { signal: leaving.signal })).rejects.toBe("gone");
	});

	it("refuses what is no source at once, and fails the queue, so that nobody waits for it", async () => {
		const locked = new ReadableStream<number>();
		locked.getReader();
		const expected = "ChunkQueue: fill: source must be an iterable, a Web stream or a Node stream";
		for (const [source, message] of [
			[5, `${expected}, got 5`],
			[null, `${expected}, got null`],
			[{}, `${expected}, got an object`],
			[Promise.resolve([1]), `${expected}, got an instance of Promise`],
			[locked, "ChunkQueue: fill: source must be a Web stream that nobody reads, got an instance of ReadableStream"],
		] as const) {
			expect(() => ChunkQueue.from(source as never, options)).toThrow(new TypeError(message));
			const queue = new ChunkQueue<number>(options);
			const waits = queue.take();
			expect(() => queue.fill(source as never)).toThrow(new TypeError(message));
			await expect(waits).rejects.toThrow(message);
			const open = new ChunkQueue<number>(options);
			expect(() => open.fill(source as never, { keepOpen: true })).toThrow(TypeError);
			expect(open.isClosed).toBe(false);
		}
	});

	it("refuses wrong options at once", () => {
		const queue = new ChunkQueue<number>(options);
		for (const [wrong, message] of [
			[{ keepopen: true }, 'ChunkQueue: fill: unknown option "keepopen"'],
			[{ keepOpen: 1 }, "ChunkQueue: fill: keepOpen must be true or false, got 1"],
			[{ signal: { addEventListener() {} } }, "ChunkQueue: fill: signal must have a method removeEventListener"],
		] as const) {
			expect(() => queue.fill([1], wrong as never)).toThrow(message);
		}
		expect(queue.snapshot()).toMatchObject({ itemsIn: 0, isClosed: false });
	});

	it("fails the queue where the source cannot be begun", async () => {
		const broken = new Error("no cursor");
		const source = {
			[Symbol.iterator]: (): Iterator<number> => {
				throw broken;
			},
		};
		const queue = ChunkQueue.from(source, options);
		await expect(queue.take()).rejects.toBe(broken);
	});

	it.each(["block", "reject"] as const)("waits for room by the policy %s: a source can", async (policy) => {
		const queue = ChunkQueue.from(numbers(50), { ...options, policy });
		await turns();
		expect(queue.tryPut(99)).toBe(false);
		expect(queue.snapshot()).toMatchObject({ size: 2, blockedProducers: 1 });
		expect(await Array.fromAsync(queue)).toEqual(numbers(50));
		expect(queue.snapshot().totalDropped).toBe(policy === "reject" ? 1 : 0);
	});

	it("never waits by a policy that drops", async () => {
		for (const [policy, kept] of [
			["drop-oldest", [48, 49]],
			["drop-newest", [0, 1]],
		] as const) {
			const queue = new ChunkQueue<number>({ ...options, policy });
			await queue.fill(numbers(50));
			expect(queue.takeMany()).toEqual(kept);
			expect(queue.snapshot().totalDropped).toBe(48);
		}
	});

	it("fails the queue with an item that could never come in", async () => {
		const queue = ChunkQueue.from(["one", "fifteen bytes"], { name: "words", maxBytes: 8 });
		expect(await queue.take()).toEqual({ done: false, value: "one" });
		await expect(queue.take()).rejects.toThrow("at most 8 bytes, got 26");
	});

	it("lets timers and signals have their turn while a source never waits", async () => {
		const leaving = new AbortController();
		let asked = 0;
		function* endless() {
			while (asked < 1e6) yield asked++;
		}
		const queue = new ChunkQueue<number>({ ...options, policy: "drop-oldest" });
		const filled = queue.fill(endless(), { signal: leaving.signal });
		setImmediate(() => leaving.abort("enough"));
		await expect(filled).rejects.toBe("enough");
		expect(asked).toBeLessThan(10_000);
	});
});

describe("to a Web stream", () => {
	it("takes an item only when it is asked for one, and ends with the queue", async () => {
		const queue = new ChunkQueue<number>(options);
		queue.put(1);
		const stream = queue.toReadableStream();
		await turns();
		expect(queue.size).toBe(1);
		queue.put(2);
		queue.close();
		expect(await Array.fromAsync(stream)).toEqual([1, 2]);
	});

	it("closes the queue when it is cancelled, or leaves it open, and swallows nothing", async () => {
		const queue = new ChunkQueue<number>(options);
		const reader = queue.toReadableStream({ keepOpen: true }).getReader();
		const waits = reader.read();
		await turns();
		await reader.cancel();
		expect(await waits).toEqual({ done: true, value: undefined });
		queue.put(1);
		expect(queue.takeMany()).toEqual([1]);
		await queue.toReadableStream().cancel();
		expect(queue.isClosed).toBe(true);
	});

	it("fails with the queue", async () => {
		const queue = new ChunkQueue<number>(options);
		queue.fail(new Error("reset"));
		await expect(Array.fromAsync(queue.toReadableStream())).rejects.toThrow("reset");
	});

	it("pipes into a queue as there is room, which ends, fails and closes with it", async () => {
		const seen = { asked: 0, left: false };
		const queue = new ChunkQueue<number>(options);
		const piped = sources["a Web stream"](1_000, seen).pipeTo(queue.toWritableStream());
		const refused = expect(piped).rejects.toBeInstanceOf(QueueClosedError);
		await turns();
		expect(seen.asked).toBeLessThanOrEqual(5);
		queue.close();
		await refused;
		expect(seen.left).toBe(true);

		const ended = new ChunkQueue<number>(options);
		void sources["a Web stream"](9, { asked: 0, left: false }).pipeTo(ended.toWritableStream());
		expect(await Array.fromAsync(ended)).toEqual(numbers(9));

		const failed = new ChunkQueue<number>(options);
		await failed.toWritableStream().abort("gone");
		await expect(failed.take()).rejects.toBe("gone");

		const open = new ChunkQueue<number>(options);
		await open.toWritableStream({ keepOpen: true }).close();
		expect(open.isClosed).toBe(false);
	});

	it("fails the queue with an item that it refuses, so that nobody waits for more", async () => {
		const items = (...all: readonly string[]) =>
			new ReadableStream<string>({
				start(controller) {
					for (const item of all) controller.enqueue(item);
					controller.close();
				},
			});
		const queue = new ChunkQueue<string>({ name: "words", maxBytes: 8 });
		const piped = items("one", "fifteen bytes").pipeTo(queue.toWritableStream());
		await expect(piped).rejects.toThrow("at most 8 bytes, got 26");
		expect(await queue.take()).toEqual({ done: false, value: "one" });
		await expect(queue.take()).rejects.toThrow("at most 8 bytes, got 26");

		const broken = new Error("no size");
		const unsized = new ChunkQueue<string>({
			name: "words",
			maxBytes: 8,
			sizeOf() {
				throw broken;
			},
		});
		await expect(items("one").pipeTo(unsized.toWritableStream())).rejects.toBe(broken);
		await expect(unsized.take()).rejects.toBe(broken);

		const open = new ChunkQueue<string>({ name: "words", maxBytes: 8 });
		await expect(items("fifteen bytes").pipeTo(open.toWritableStream({ keepOpen: true }))).rejects.toThrow(RangeError);
		expect(open.isClosed).toBe(false);
	});

	it("waits for room by the policy reject, too", async () => {
		const queue = new ChunkQueue<number>({ ...options, policy: "reject" });
		void sources["a Web stream"](50, { asked: 0, left: false }).pipeTo(queue.toWritableStream());
		await turns();
		expect(await Array.fromAsync(queue)).toEqual(numbers(50));
	});

	it("is aborted while a write waits for room, which is given up", async () => {
		for (const keepOpen of [false, true]) {
			const queue = new ChunkQueue<number>({ name: "chunks", capacity: 1 });
			const writer = queue.toWritableStream({ keepOpen }).getWriter();
			await writer.write(1);
			const blocked = expect(writer.write(2)).rejects.toThrow("gone");
			await turns();
			await writer.abort(new Error("gone"));
			await blocked;
			expect(queue.snapshot()).toMatchObject({
				isClosed: !keepOpen,
				blockedProducers: 0,
				dropped: { cancelled: 1 },
			});
			expect(await queue.take()).toEqual({ done: false, value: 1 });
			if (!keepOpen) await expect(queue.take()).rejects.toThrow("gone");
		}
	});

	it("is left by a pipe that is aborted as soon as the write that is under way has had room", async () => {
		const leaving = new AbortController();
		const seen = { asked: 0, left: false };
		const queue = new ChunkQueue<number>(options);
		const piped = sources["a Web stream"](1_000, seen).pipeTo(queue.toWritableStream(), { signal: leaving.signal });
		const refused = expect(piped).rejects.toBe("gone");
		await turns();
		leaving.abort("gone");
		await turns();
		expect(queue.takeMany()).toEqual([0, 1]);
		await refused;
		expect(seen.left).toBe(true);
		// The pipe of Node 22 has read one item more by then, and writes what it has read.
		const rest = await queue.takeMany();
		expect(rest).toEqual([2, 3].slice(0, rest.length));
		expect(rest.length).toBeGreaterThan(0);
		await expect(queue.take()).rejects.toBe("gone");
	});
});

describe("to a Node stream", () => {
	it("is read as it is asked for, and closes the queue when it is destroyed", async () => {
		const queue = new ChunkQueue<number>({ name: "chunks", capacity: 4 });
		for (const item of [1, 2, 3]) queue.put(item);
		const stream = Readable.from(queue.values({ closeWhenLeft: true }));
		await turns();
		expect(queue.size).toBe(3);
		const [first] = await once(stream, "data");
		expect(first).toBe(1);
		stream.destroy();
		await once(stream, "close");
		expect(queue.isClosed).toBe(true);
	});

	it("is filled at the end of a pipeline", async () => {
		const queue = new ChunkQueue<number>(options);
		const taken = Array.fromAsync(queue);
		await pipeline(Readable.from(numbers(50)), new PassThrough({ objectMode: true }), (items) => queue.fill(items));
		expect(await taken).toEqual(numbers(50));
	});
});
