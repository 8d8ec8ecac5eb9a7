// Over 250 lines: what a queue does to those who put and those who take is read together.
import { getEventListeners } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, expectTypeOf, it } from "vitest";
import { ChunkQueue, classify, QueueClosedError, QueueFullError, TimeoutError } from "../index.ts";
import { manualClock } from "../testing/index.ts";

/** What has become of a promise by now. */
async function stateOf(promise: Promise<unknown> | undefined): Promise<string> {
	await nextTurn();
	return Promise.race([
		Promise.resolve(promise).then(
			() => "done",
			(error) => `rejected: ${error}`,
		),
		nextTurn().then(() => "waits"),
	]);
}

function queueOf<T>(items: readonly T[], capacity = 4): ChunkQueue<T> {
	const queue = new ChunkQueue<T>({ name: "chunks", capacity });
	for (const item of items) queue.put(item);
	return queue;
}

describe("put", () => {
	it("gives no promise where there is room", () => {
		const queue = queueOf<number>([], 1);
		expect(queue.put(1)).toBeUndefined();
		expect(queue.put(2)).toBeInstanceOf(Promise);
	});

	it("waits for room, and is done once its item is in the queue", async () => {
		const queue = queueOf([1, 2], 2);
		const third = queue.put(3);
		expect(await stateOf(third)).toBe("waits");
		queue.tryTake();
		expect(queue.size).toBe(2);
		expect(await stateOf(third)).toBe("done");
	});

	it("is told of room within a turn, though the queue stays more than half full", async () => {
		const queue = queueOf([1, 2, 3, 4], 4);
		const fifth = queue.put(5);
		await queue.take();
		await fifth;
		expect(queue.size).toBe(4);
	});

	it("takes undefined and null for items like any other", async () => {
		const queue = queueOf<null | undefined | number>([undefined, null, 0]);
		queue.close();
		expect(await Array.fromAsync(queue)).toEqual([undefined, null, 0]);
		const again = queueOf<undefined>([undefined]);
		expect(again.tryTake()).toEqual({ done: false, value: undefined });
		expect(again.tryTake()).toBeUndefined();
		again.close();
		expect(again.tryTake()).toEqual({ done: true, value: undefined });
	});

	it("gives up after a time, and its item never comes in", async () => {
		const clock = manualClock();
		const queue = new ChunkQueue<number>({ name: "chunks", capacity: 1, clock });
		queue.put(1);
		const late = queue.put(2, { timeoutMs: 50 });
		const refused = expect(late).rejects.toThrow(new TimeoutError("put to queue chunks", 50));
		await clock.advance(50);
		await refused;
		expect(queue.takeMany()).toEqual([1]);
		expect(queue.snapshot().dropped).toMatchObject({ timeout: 1 });
	});

	it("gives up by a signal, with its reason", async () => {
		const queue = queueOf([1], 1);
		const leaving = new AbortController();
		const put = queue.put(2, { signal: leaving.signal });
		leaving.abort("gone");
		await expect(put).rejects.toBe("gone");
		await expect(queue.put(3, { signal: leaving.signal })).rejects.toBe("gone");
		expect(queue.snapshot()).toMatchObject({ dropped: { cancelled: 2 }, blockedProducers: 0 });
	});

	it("refuses by the policy reject, with an error that is a refusal", async () => {
		const queue = new ChunkQueue<number>({ name: "chunks", capacity: 1, policy: "reject" });
		expect(queue.put(1)).toBeUndefined();
		const error = await (queue.put(2) as Promise<void>).catch((refused) => refused);
		expect(error).toBeInstanceOf(QueueFullError);
		expect(String(error)).toBe("QueueFullError: [queue_full] queue chunks is full: it has room for 1 items");
		expect(classify(error)).toBe("rejected");
	});

	it("lets the oldest go, or the newest, by its policy, and never waits", () => {
		const kept = (["drop-oldest", "drop-newest"] as const).map((policy) => {
			const queue = new ChunkQueue<number>({ name: "chunks", capacity: 2, policy });
			for (const item of [1, 2, 3, 4]) expect(queue.put(item)).toBeUndefined();
			return [queue.takeMany(), queue.snapshot().totalDropped];
		});
		expect(kept).toEqual([
			[[3, 4], 2],
			[[1, 2], 2],
		]);
	});
});

describe("tryPut", () => {
	it("leaves the item with the caller where it would have to wait, and counts nothing", () => {
		const queue = queueOf([1], 1);
		expect(queue.tryPut(2)).toBe(false);
		expect(queue.snapshot()).toMatchObject({ itemsIn: 1, totalDropped: 0 });
		queue.tryTake();
		expect(queue.tryPut(2)).toBe(true);
	});

	it("overtakes nobody who waits", async () => {
		const queue = new ChunkQueue<string>({ name: "chunks", maxBytes: 8 });
		queue.put("abc");
		const large = queue.put("defg");
		expect(queue.tryPut("h")).toBe(false);
		queue.tryTake();
		await large;
		expect(queue.takeMany()).toEqual(["defg"]);
	});

	it("says that it dropped the item, by any other policy", () => {
		const answers = (["drop-oldest", "drop-newest", "reject"] as const).map((policy) => {
			const queue = new ChunkQueue<number>({ name: "chunks", capacity: 1, policy });
			return [queue.tryPut(1), queue.tryPut(2), queue.snapshot().totalDropped];
		});
		expect(answers).toEqual([
			[true, true, 1],
			[true, false, 1],
			[true, false, 1],
		]);
	});
});

describe("bytes", () => {
	it("are a bound beside that of items", async () => {
		const queue = new ChunkQueue<Uint8Array>({ name: "audio", maxBytes: 10 });
		queue.put(new Uint8Array(6));
		const second = queue.put(new Uint8Array(6));
		expect(second).toBeInstanceOf(Promise);
		expect(queue.bytes).toBe(6);
		queue.tryTake();
		await second;
		expect([queue.size, queue.bytes]).toEqual([1, 6]);
	});

	it("refuse an item that could never come in, by any policy, and let nothing go for it", async () => {
		for (const policy of ["block", "drop-oldest", "drop-newest", "reject"] as const) {
			const queue = new ChunkQueue<string>({ name: "words", maxBytes: 8, policy });
			queue.put("one");
			await expect(queue.put("fifteen bytes")).rejects.toThrow(
				new RangeError("ChunkQueue words: an item must have at most 8 bytes, got 26"),
			);
			expect(queue.tryPut("fifteen bytes")).toBe(false);
			expect(queue.snapshot()).toMatchObject({ size: 1, dropped: { rejected: 2 } });
		}
	});

	it("are what sizeOf says, and an error where that says nothing of use", () => {
		const queue = new ChunkQueue<number>({ name: "chunks", maxBytes: 8, sizeOf: (item) => item });
		queue.put(2.5);
		expect(queue.bytes).toBe(2.5);
		expect(() => queue.put(Number.NaN)).toThrow(
			new RangeError("ChunkQueue: what sizeOf gives must be a number of at least 0, got NaN"),
		);
		expect(() => queue.tryPut(-1)).toThrow(RangeError);
		expect(queue.snapshot()).toMatchObject({ itemsIn: 1, totalDropped: 0 });
		const late = new ChunkQueue<number>({
			...{ name: "chunks", maxBytes: 8 },
			// Nobody else hears of its rejection, which would end the process.
			sizeOf: (async () => {
				throw new Error("no size");
			}) as never,
		});
		expect(() => late.put(1)).toThrow(
			new TypeError("ChunkQueue: what sizeOf gives must be a number of at least 0, got an instance of Promise"),
		);
		const other = new ChunkQueue<object>({ name: "chunks", maxBytes: 8 });
		expect(() => other.put({})).toThrow("binary or a string");
	});
});

describe("take", () => {
	it("waits for an item, first come, first served", async () => {
		const queue = queueOf<number>([]);
		const taken = [queue.take(), queue.take(), queue.take()];
		for (const item of [1, 2, 3]) queue.put(item);
		expect((await Promise.all(taken)).map(({ value }) => value)).toEqual([1, 2, 3]);
		expect(queue.snapshot()).toMatchObject({ itemsIn: 3, itemsOut: 3, peakSize: 0 });
	});

	it("gives up after a time or by a signal, and takes no item with it", async () => {
		const clock = manualClock();
		const queue = new ChunkQueue<number>({ name: "chunks", clock });
		const leaving = new AbortController();
		const given = [queue.take({ timeoutMs: 10 }), queue.take({ signal: leaving.signal }), queue.take()];
		const settled = Promise.allSettled(given);
		await clock.advance(10);
		leaving.abort("gone");
		queue.put(1);
		const [late, aborted, served] = await settled;
		expect(String((late as PromiseRejectedResult).reason)).toContain(
			"take from queue chunks did not settle within 10 ms",
		);
		expect(aborted).toEqual({ status: "rejected", reason: "gone" });
		expect(served).toEqual({ status: "fulfilled", value: { done: false, value: 1 } });
		await expect(queue.take({ signal: leaving.signal })).rejects.toBe("gone");
	});

	it("listens to a signal once, however many wait by it, and not at all when nobody does", async () => {
		const queue = new ChunkQueue<number>({ name: "chunks", capacity: 1 });
		const leaving = new AbortController();
		const { signal } = leaving;
		const listeners = () => getEventListeners(signal, "abort").length;
		const taken = Array.from({ length: 50 }, () => queue.take({ signal }));
		expect(listeners()).toBe(1);
		for (let item = 0; item < 50; item++) queue.put(item);
		expect((await Promise.all(taken)).map(({ value }) => value)).toEqual(Array.from({ length: 50 }, (_, item) => item));
		expect(listeners()).toBe(0);

		queue.put(0);
		const waiting = [1, 2, 3].map((item) => queue.put(item, { signal }));
		queue.tryTake();
		expect(listeners()).toBe(1);
		const settled = Promise.allSettled(waiting);
		leaving.abort("gone");
		expect((await settled).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
		expect(listeners()).toBe(0);
		expect(queue.takeMany()).toEqual([1]);
	});

	it("leaves none behind whom a listener of events lets in while others leave by the same signal", async () => {
		const leaving = new AbortController();
		const { signal } = leaving;
		const queue: ChunkQueue<number> = new ChunkQueue<number>({
			...{ name: "chunks", capacity: 1, eventIntervalMs: 0 },
			onEvent(name) {
				if (name === "stream.chunk_dropped") queue.tryTake();
			},
		});
		queue.put(0);
		const settled = Promise.allSettled([1, 2, 3].map((item) => queue.put(item, { signal })));
		leaving.abort("gone");
		expect((await settled).map(({ status }) => status)).toEqual(["rejected", "fulfilled", "rejected"]);
		expect(getEventListeners(signal, "abort")).toEqual([]);
		expect(queue.snapshot()).toMatchObject({ dropped: { cancelled: 2 }, blockedProducers: 0, itemsIn: 2 });
	});

	it("has a type that tells the end from an item", async () => {
		const step = await queueOf<undefined>([undefined]).take();
		expectTypeOf(step).toEqualTypeOf<IteratorResult<undefined, undefined>>();
		expect(step.done).toBe(false);
	});
});

describe("takeMany", () => {
	it("gives what there is at once, in an array and not a promise, or the first so many", () => {
		const queue = queueOf([1, 2, 3]);
		expect(queue.takeMany(2)).toEqual([1, 2]);
		expect(queue.takeMany()).toEqual([3]);
	});

	it("waits where there is nothing, and gives an empty array at the end", async () => {
		const queue = queueOf<number>([]);
		const waits = queue.takeMany();
		queue.put(1);
		expect(await waits).toEqual([1]);
		const last = queue.takeMany();
		queue.close();
		expect([await last, await queue.takeMany()]).toEqual([[], []]);
	});
});

describe("many producers and consumers", () => {
	it("lose, double and reorder nothing of any producer, and share what there is", async () => {
		const queue = new ChunkQueue<readonly [producer: number, item: number]>({ name: "chunks", capacity: 8 });
		const consumers = Array.from({ length: 4 }, () => Array.fromAsync(queue));
		const items = 500;
		const producers = Array.from({ length: 5 }, async (_, producer) => {
			for (let item = 0; item < items; item++) {
				await queue.put([producer, item]);
				if (item % 7 === producer) await nextTurn();
			}
		});
		await Promise.all(producers);
		queue.close();
		const taken = await Promise.all(consumers);
		for (let producer = 0; producer < producers.length; producer++) {
			const own = taken.map((all) => all.filter(([by]) => by === producer).map(([, item]) => item));
			for (const inOrder of own) expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
			expect(own.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: items }, (_, item) => item));
		}
		for (const { length } of taken) expect(length).toBeGreaterThan(items / 4);
	});
});

describe("the end", () => {
	it("comes after what is in the queue, which nothing follows", async () => {
		const queue = queueOf([1, 2]);
		queue.close();
		expect(queue.isClosed).toBe(true);
		await expect(queue.put(3)).rejects.toBeInstanceOf(QueueClosedError);
		expect(queue.tryPut(3)).toBe(false);
		expect(await Array.fromAsync(queue)).toEqual([1, 2]);
		expect(await queue.take()).toEqual({ done: true, value: undefined });
	});

	it("wakes every consumer that waits, however many (seed 20)", async () => {
		const queue = queueOf<number>([]);
		const waiting = [queue.take(), queue.take(), queue.takeMany(), Array.fromAsync(queue)];
		queue.close();
		expect(await Promise.all(waiting)).toEqual([{ done: true }, { done: true }, [], []]);
	});

	it("refuses every producer that waits, and counts its item (seed 20)", async () => {
		const queue = queueOf([1], 1);
		const blocked = [queue.put(2), queue.put(3)];
		const refused = Promise.allSettled(blocked);
		queue.close();
		expect(await refused).toMatchObject([
			{ reason: { code: "queue_closed" } },
			{ reason: { message: "[queue_closed] queue chunks is closed" } },
		]);
		expect(queue.snapshot()).toMatchObject({ itemsIn: 1, dropped: { closed: 2 }, blockedProducers: 0 });
	});

	it("is no error of a producer: who is refused by a closed queue was cancelled", () => {
		expect(classify(new QueueClosedError("chunks"))).toBe("cancelled");
	});

	it("tells whoever was let in before", async () => {
		const queue = queueOf([1, 2, 3, 4], 4);
		const fifth = queue.put(5);
		queue.tryTake();
		queue.close();
		expect(await stateOf(fifth)).toBe("done");
		expect(await Array.fromAsync(queue)).toEqual([2, 3, 4, 5]);
	});

	it("with an error lets consumers have what is in the queue first, then the error", async () => {
		const queue = queueOf([1]);
		const broken = new Error("the source is gone");
		queue.fail(broken);
		queue.close();
		expect(await queue.take()).toEqual({ done: false, value: 1 });
		await expect(queue.take()).rejects.toBe(broken);
		await expect(Array.fromAsync(queue)).rejects.toBe(broken);
		await expect(queue.takeMany()).rejects.toBe(broken);
		expect(() => queue.tryTake()).toThrow(broken);
		await expect(queue.put(2)).rejects.toMatchObject({ code: "queue_closed", cause: broken });
	});

	it("with an error wakes every consumer that waits with it", async () => {
		const queue = queueOf<number>([]);
		const waiting = Promise.allSettled([queue.take(), queue.takeMany(), queue.values().next()]);
		queue.fail("broken");
		expect(await waiting).toEqual(Array(3).fill({ status: "rejected", reason: "broken" }));
	});
});

describe("a loop that is left", () => {
	it("leaves the queue open, and the rest to others", async () => {
		const queue = queueOf([1, 2, 3]);
		for await (const item of queue) if (item === 1) break;
		expect(queue.isClosed).toBe(false);
		expect(queue.takeMany()).toEqual([2, 3]);
	});

	it("closes the queue where that is asked for, so that producers learn of it", async () => {
		const queue = queueOf([1], 1);
		const [second, third] = [queue.put(2), queue.put(3)];
		const refused = expect(third).rejects.toBeInstanceOf(QueueClosedError);
		for await (const item of queue.values({ closeWhenLeft: true })) {
			expect(item).toBe(1);
			break;
		}
		await second;
		await refused;
	});

	it("ends the step that waits, which then swallows no item", async () => {
		const queue = queueOf<number>([]);
		const iterator = queue.values();
		const step = iterator.next();
		await iterator.return?.();
		expect(await step).toEqual({ done: true, value: undefined });
		queue.put(1);
		expect(queue.size).toBe(1);
		expect(await iterator.next()).toEqual({ done: true, value: undefined });
	});
});

it("holds as many items as it has room for, in order, however they come and go", async () => {
	const queue = new ChunkQueue<number>({ name: "chunks", capacity: 1_000 });
	let put = 0;
	let taken = 0;
	for (let round = 1; round < 60; round++) {
		for (let item = 0; item < round * 30 && queue.size < 1_000; item++) queue.put(put++);
		for (const item of await queue.takeMany(round * 17)) expect(item).toBe(taken++);
	}
	expect([queue.size, queue.snapshot().peakSize]).toEqual([put - taken, 1_000]);
});

it("refuses options that make no sense", () => {
	const make = (options: object) => () => new ChunkQueue(options as never);
	expect(make(undefined as never)).toThrow(new TypeError("ChunkQueue: options must be an object, got undefined"));
	expect(make({})).toThrow(new TypeError("ChunkQueue: name must be a string, got undefined"));
	const name = "chunks";
	expect(make({ name, capacity: 0 })).toThrow(new RangeError("ChunkQueue: capacity must be a positive integer, got 0"));
	expect(make({ name, policy: "drop" })).toThrow(
		new RangeError('ChunkQueue: policy must be one of block, drop-oldest, drop-newest, reject, got "drop"'),
	);
	expect(make({ name, highWaterRatio: 0.2 })).toThrow(
		new RangeError("ChunkQueue: highWaterRatio must be above lowWaterRatio (0.2), got 0.2"),
	);
	expect(make({ name, sizeOf: () => 1 })).toThrow("ChunkQueue: sizeOf must be absent without a maxBytes");
	expect(make({ name, size: 5 })).toThrow('ChunkQueue: unknown option "size"');
	expect(make({ name, eventIntervalMs: -1 })).toThrow(RangeError);
	expect(make({ name, clock: {} })).toThrow("ChunkQueue: clock must have a method now");
	const queue = queueOf([1], 1);
	expect(() => queue.put(1, { timeoutMs: 0 })).toThrow("ChunkQueue: put: timeoutMs must be a positive integer, got 0");
	expect(() => queue.put(1, { timeout: 5 } as never)).toThrow('ChunkQueue: put: unknown option "timeout"');
	expect(() => queue.takeMany(0)).toThrow("ChunkQueue: takeMany: max must be a positive integer, got 0");
	expect(() => queue.take({ signal: 5 as never })).toThrow("ChunkQueue: take: signal must have a method");
});
