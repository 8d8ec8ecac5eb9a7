import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { footlight, TimeoutError, type TimeoutOptions, timeout } from "../index.ts";
import { manualClock, recordingTracerProvider } from "../testing/index.ts";

function setUp(options: TimeoutOptions) {
	const clock = manualClock();
	const tracerProvider = recordingTracerProvider();
	const light = footlight("docs-qa", { clock, tracerProvider });
	const wrap = <S extends object>(stream: S) => light.stage("read", async () => stream, { use: [timeout(options)] })();
	return { clock, wrap, spans: tracerProvider.spans };
}

function heard(stream: Readable) {
	const seen: unknown[] = [];
	stream.on("error", (error) => seen.push(error));
	stream.on("close", () => seen.push("close"));
	return seen;
}

describe("a Node stream under a timeout", () => {
	const idle = { idleMs: 100, firstItemMs: 100 };

	it("is destroyed with the error where it flows and has nothing", async () => {
		const { clock, wrap, spans } = setUp(idle);
		const stream = await wrap(new Readable({ objectMode: true, read() {} }));
		const seen = heard(stream);
		const items: unknown[] = [];
		stream.on("data", (item) => items.push(item));
		await nextTurn();
		for (let item = 1; item < 4; item++) {
			await clock.advance(90);
			stream.push(item);
			await nextTurn();
		}
		expect(items).toEqual([1, 2, 3]);
		await clock.advance(99);
		expect(seen).toEqual([]);
		await clock.advance(1);
		await nextTurn();
		expect(seen).toEqual([expect.any(TimeoutError), "close"]);
		expect(spans[0]?.attributes).toMatchObject({ outcome: "timeout", "timeout.awaited": "next_item" });
	});

	it("is not while it is paused, nor while nobody listens", async () => {
		const { clock, wrap } = setUp(idle);
		const stream = await wrap(new Readable({ objectMode: true, read() {} }));
		const seen = heard(stream);
		await clock.advance(5_000);
		stream.on("data", () => {});
		await nextTurn();
		await clock.advance(50);
		stream.pause();
		await clock.advance(5_000);
		expect(seen).toEqual([]);
		stream.resume();
		await nextTurn();
		await clock.advance(50);
		await nextTurn();
		expect(String(seen[0])).toContain("gave no first item within 100 ms");
	});

	it("ends without an error where it ends in time", async () => {
		const { clock, wrap, spans } = setUp({ ...idle, timeoutMs: 1_000 });
		const stream = await wrap(Readable.from([1, 2, 3]));
		const seen = heard(stream);
		stream.resume();
		await new Promise((resolve) => stream.on("end", resolve));
		await nextTurn();
		await clock.advance(5_000);
		expect(seen).toEqual(["close"]);
		expect(spans[0]?.attributes.outcome).toBe("ok");
	});

	it("is closed without ending the process where nobody looks at it", async () => {
		const { clock, wrap } = setUp({ timeoutMs: 100 });
		const uncaught: unknown[] = [];
		const listener = (error: unknown) => uncaught.push(error);
		process.on("uncaughtException", listener);
		const stream = await wrap(new Readable({ read() {} }));
		await clock.advance(100);
		await nextTurn();
		process.off("uncaughtException", listener);
		expect(stream.destroyed).toBe(true);
		expect(uncaught).toEqual([]);
		await expect(stream[Symbol.asyncIterator]().next()).rejects.toBeInstanceOf(TimeoutError);
	});
});

/** As the streams of chat completions: pushes what comes, to listeners and to whoever iterates. */
class PushingStream extends EventEmitter {
	readonly controller = new AbortController();
	aborted = false;

	abort(): void {
		this.aborted = true;
		this.controller.abort();
		this.emit("abort");
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<unknown> {
		const items: unknown[] = [];
		let wake = () => {};
		this.on("chunk", (item) => {
			items.push(item);
			wake();
		});
		for (;;) {
			while (items.length > 0) yield items.shift();
			await new Promise<void>((resolve) => {
				wake = resolve;
			});
		}
	}
}

describe("a stream that pushes, under a timeout", () => {
	it("is aborted where nothing comes, and who iterates it has the error", async () => {
		const { clock, wrap, spans } = setUp({ idleMs: 100 });
		const stream = await wrap(new PushingStream());
		const iterator = stream[Symbol.asyncIterator]();
		const first = iterator.next();
		await nextTurn();
		stream.emit("chunk", 1);
		expect(await first).toEqual({ done: false, value: 1 });
		const second = iterator.next();
		second.catch(() => {});
		await clock.advance(99);
		expect(stream.aborted).toBe(false);
		await clock.advance(1);
		expect(stream.aborted).toBe(true);
		await expect(second).rejects.toBeInstanceOf(TimeoutError);
		expect(spans[0]?.attributes).toMatchObject({ outcome: "timeout", "timeout.awaited": "next_item" });
	});

	it("tells who listens for errors", async () => {
		const { clock, wrap, spans } = setUp({ firstItemMs: 100 });
		const stream = await wrap(new PushingStream());
		const errors: unknown[] = [];
		stream.on("error", (error) => errors.push(error));
		await clock.advance(100);
		expect(errors).toEqual([expect.any(TimeoutError)]);
		expect(spans[0]?.attributes).toMatchObject({ outcome: "timeout", "timeout.awaited": "first_item" });
	});

	it("is left alone where it ends in time", async () => {
		const { clock, wrap, spans } = setUp({ idleMs: 100, timeoutMs: 1_000 });
		const stream = await wrap(new PushingStream());
		stream.emit("chunk", 1);
		await clock.advance(99);
		stream.emit("chunk", 2);
		await clock.advance(99);
		stream.emit("end");
		await clock.advance(5_000);
		expect(stream.aborted).toBe(false);
		expect(spans[0]?.attributes.outcome).toBe("ok");
	});
});
