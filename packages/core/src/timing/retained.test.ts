import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { bulkhead, endAbandonedStreams, footlight, timeout } from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";
import { manualClock } from "../testing/index.ts";

const sdk = registerSdk();
beforeEach(() => {
	endAbandonedStreams();
	sdk.reset();
});

async function* numbers() {
	for (let item = 1; item <= 3; item++) yield item;
}

const streams: readonly (readonly [string, () => object])[] = [
	["an async iterable", () => ({ [Symbol.asyncIterator]: () => numbers() })],
	["an async generator object", () => numbers()],
	["a ReadableStream", () => new ReadableStream({ pull: (controller) => controller.enqueue(1) })],
	["a Readable", () => new Readable({ objectMode: true, read() {} })],
];

/** Makes garbage until the collector has been and its finalizers have run. */
async function until(isDone: () => boolean): Promise<void> {
	for (let round = 0; !isDone() && round < 200; round++) {
		new ArrayBuffer(8 * 2 ** 20);
		Array.from({ length: 20_000 }, (_, index) => ({ index }));
		await (round % 10 === 9 ? sleep(1) : nextTurn());
		(globalThis as { gc?: () => void }).gc?.();
	}
	expect(isDone()).toBe(true);
}

describe("a stream that nobody reads", () => {
	const light = footlight("retained");

	it.each(streams)("is collected while its time limit runs, and its place is free again: %s", async (_, make) => {
		const name = `retained ${_}`;
		const use = [
			timeout({ timeoutMs: 600_000, firstItemMs: 600_000, idleMs: 600_000 }),
			bulkhead({ name, concurrency: 1 }),
		];
		const read = light.stage("read", async (_: object) => make(), { use });
		await (async () => void (await read({})))();
		const isFree = light.stage("free", async () => 1, { use: [bulkhead({ name, concurrency: 1 })] });
		await expect(isFree()).rejects.toThrow("1 call runs already");
		await until(() => sdk.spans().some((span) => span.name === "read"));
		expect(sdk.span("read").attributes["stream.abandoned"]).toBe(true);
		expect(await isFree()).toBe(1);
	});
});

describe("a stream that is held", () => {
	function* items() {
		try {
			yield 1;
		} finally {
			closed = true;
		}
	}
	async function* asyncItems() {
		yield* items();
	}
	const close = () => {
		closed = true;
	};
	let closed: boolean;
	const held: readonly (readonly [string, () => object])[] = [
		["a generator object", items],
		["an async generator object", asyncItems],
		["an async iterable", () => ({ controller: { abort: close }, [Symbol.asyncIterator]: asyncItems })],
		["a ReadableStream", () => new ReadableStream({ pull: (to) => to.enqueue(1), cancel: close })],
		["a Readable", () => new Readable({ objectMode: true, read() {}, destroy: close })],
		["one that pushes", () => Object.assign(new EventEmitter(), { abort: close, [Symbol.asyncIterator]: asyncItems })],
	];

	/** What a consumer keeps who has begun to read: the iterator alone. */
	async function begun(stream: object): Promise<object> {
		const { [Symbol.asyncIterator]: iterate, [Symbol.iterator]: iterateNow } = stream as AsyncIterable<unknown> &
			Iterable<unknown>;
		const iterator = (iterate ?? iterateNow).call(stream);
		if (!(stream instanceof Readable)) await iterator.next();
		return iterator;
	}

	it.each(held)("is closed when its time is over, though the collector has been: %s", async (_, make) => {
		closed = false;
		const clock = manualClock();
		const light = footlight("held", { clock });
		const read = light.stage("read", async () => make(), { use: [timeout({ timeoutMs: 100 })] });
		const iterator = await (async () => begun(await read()))();
		const garbage = new WeakRef({});
		await until(() => garbage.deref() === undefined);
		await clock.advance(100);
		await nextTurn();
		expect(closed).toBe(true);
		expect(iterator).toBeDefined();
	});
});
