// Over 250 lines: a test for each thing that an exporter promises, and each way in which a sink breaks its own.
import { execFile } from "node:child_process";
import { setImmediate as nextTurn } from "node:timers/promises";
import { promisify } from "node:util";
import { CircuitOpenError, telemetryFailures } from "@footlight/core";
import { failingSink, manualClock, recordingSink, sinkContract } from "@footlight/core/testing";
import { metrics } from "@opentelemetry/api";
import { describe, expect, it, vi } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import {
	BufferedExporter,
	type BufferedExporterOptions,
	type HighWater,
	NotExportedError,
	type Overflow,
} from "../buffered.ts";
import { away, refused, scriptedSink, setUp } from "./set-up.fixture.ts";

const failures = (part: string) => telemetryFailures().get(part) ?? 0;

describe("a batch", () => {
	it("goes when it is full, or when its first item has waited long enough", async () => {
		const { clock, sink, exporter, settle } = setUp();
		for (const item of ["a", "b", "c", "d"]) exporter.tryEmit(item);
		await settle();
		expect(sink.batches.map(({ items }) => items)).toEqual([["a", "b", "c"]]);
		await clock.advance(99);
		expect(sink.taken).toEqual(["a", "b", "c"]);
		await clock.advance(1);
		expect(sink.taken).toEqual(["a", "b", "c", "d"]);
	});

	it("goes when it is full of bytes, and holds one item that is larger than a batch", async () => {
		const { sink, exporter, settle } = setUp({ sizeOf: (item) => item.length, batchBytes: 4 });
		for (const item of ["aa", "bb", "cccccc", "d"]) exporter.tryEmit(item);
		await settle();
		expect(sink.batches.map(({ items }) => items)).toEqual([["aa", "bb"], ["cccccc"]]);
		await exporter.close();
		expect(sink.taken).toEqual(["aa", "bb", "cccccc", "d"]);
	});

	it("has a key for each item and an id, the same at every attempt and for no other", async () => {
		const { clock, sink, exporter } = setUp();
		sink.answers.push(away());
		for (const item of ["a", "b", "c", "d"]) exporter.tryEmit(item);
		await clock.advance(200);
		const [first, again, next] = sink.batches;
		expect([again?.id, again?.keys, again?.items]).toEqual([first?.id, first?.keys, ["a", "b", "c"]]);
		expect(next?.id).not.toBe(first?.id);
		expect(new Set([...(first?.keys ?? []), ...(next?.keys ?? [])]).size).toBe(4);
	});

	it("does not run in whoever emits: a sink that works before it waits holds nobody up", () => {
		let isInside = false;
		const { exporter } = setUp({
			sink: {
				write: () => {
					isInside = true;
				},
			},
		});
		for (const item of ["a", "b", "c"]) exporter.tryEmit(item);
		expect(isInside).toBe(false);
	});

	it("goes beside others, and those of one key one after the other", async () => {
		const { clock, sink, exporter, settle } = setUp({ concurrency: 4, batchSize: 1, orderKeyOf: (item) => item[0] });
		sink.answers.push("hangs", "hangs");
		for (const item of ["a1", "a2", "b1", "b2"]) exporter.tryEmit(item);
		await settle();
		expect(sink.batches.map(({ items }) => items[0])).toEqual(["a1", "b1"]);
		await clock.advance(20_000);
		expect(sink.taken.filter((item) => item.startsWith("a"))).toEqual(["a1", "a2"]);
		expect(sink.taken.filter((item) => item.startsWith("b"))).toEqual(["b1", "b2"]);
	});
});

describe("a sink that fails", () => {
	it("seed 22: loses no batch, throws into no caller, ends no loop, and close still flushes and closes it", async () => {
		const { clock, sink, exporter, settle } = setUp();
		sink.answers.push({ throws: away() }, away(), away(), away());
		let closes = 0;
		Object.assign(sink, { close: () => closes++ });
		for (const item of ["a", "b", "c"]) await exporter.emit(item);
		await settle();
		expect([sink.batches.length, sink.taken, exporter.snapshot().left]).toEqual([1, [], 3]);
		await clock.advance(5_000);
		expect(sink.taken).toEqual(["a", "b", "c"]);
		sink.answers.push(away());
		exporter.tryEmit("d");
		const closed = exporter.close();
		await clock.advance(1_000);
		expect([await closed, closes]).toEqual([{ isComplete: true, left: 0 }, 1]);
		expect(exporter.snapshot()).toMatchObject({ accepted: 4, delivered: 4, lost: {} });
	});

	it("seed 23: is no back-pressure while it is slow: items are shed and told instead, and after close none is kept in vain", async () => {
		const overflows: Overflow[] = [];
		const levels: HighWater[] = [];
		const { clock, sink, exporter, settle } = setUp({
			onOverflow: (overflow) => overflows.push(overflow),
			onHighWater: (level) => levels.push(level),
		});
		sink.answers.push("hangs");
		for (let item = 0; item < 12; item++) exporter.tryEmit(`item-${item}`);
		await settle();
		expect(levels).toMatchObject([{ size: 8, capacity: 10 }]);
		expect(overflows).toEqual([{ dropped: 1, total: 1, size: 10, capacity: 10 }]);
		await clock.advance(1_000);
		expect(overflows.slice(1)).toEqual([{ dropped: 1, total: 2, size: 10, capacity: 10 }]);
		const closed = exporter.close({ timeoutMs: 20_000 });
		await clock.advance(20_000);
		await closed;
		const emitted = exporter.emit("late").then(
			() => "kept",
			(error) => [error.code, error.reason],
		);
		expect(await emitted).toEqual(["not_exported", "already_shutdown"]);
		exporter.tryEmit("later");
		expect(exporter.snapshot()).toMatchObject({ left: 0, lost: { queue_full: 2, already_shutdown: 2 } });
	});

	it("seed 24: helpers of two exporters share nothing, and each is closed by itself", async () => {
		const [one, other] = [setUp(), setUp()];
		one.exporter.tryEmit("a");
		other.exporter.tryEmit("b");
		await one.exporter.close();
		other.exporter.tryEmit("c");
		await other.exporter.close();
		expect([one.sink.taken, other.sink.taken]).toEqual([["a"], ["b", "c"]]);
	});

	it("is tried without end where the failure passes: after a round of attempts there is a pause", async () => {
		const { clock, sink, exporter } = setUp();
		sink.answers.push(...Array.from({ length: 50 }, away));
		for (const item of ["a", "b", "c"]) exporter.tryEmit(item);
		await clock.advance(60_000);
		expect(sink.batches).toHaveLength(51);
		expect(sink.taken).toEqual(["a", "b", "c"]);
		expect(exporter.snapshot().lost).toEqual({});
	});

	it.each([
		["a refusal for good", refused(), "400"],
		["a mistake of its own", new TypeError("cannot read x"), "TypeError"],
	])("gives a batch up for %s, which is counted once, and goes on with the next", async (_, error, type) => {
		const { sink, exporter, settle } = setUp();
		const before = failures("exporter");
		sink.answers.push(error);
		for (const item of ["a", "b", "c", "d", "e", "f"]) exporter.tryEmit(item);
		await settle();
		expect(sink.taken).toEqual(["d", "e", "f"]);
		expect(exporter.snapshot()).toMatchObject({ delivered: 3, lost: { [type]: 3 }, left: 0 });
		expect(failures("exporter")).toBe(before + 1);
	});

	it.each([
		["an open breaker", new CircuitOpenError("sink", 400), 400],
		["an abort of its own", new DOMException("aborted", "AbortError"), 10],
		["an answer that is no HTTP", Object.assign(new Error("fetch failed"), { cause: { code: "HPE_INVALID" } }), 10],
	])("is tried again after %s", async (_, error, afterMs) => {
		const { clock, sink, exporter } = setUp();
		sink.answers.push(error);
		for (const item of ["a", "b", "c"]) exporter.tryEmit(item);
		await clock.advance(afterMs - 1);
		expect(sink.batches).toHaveLength(1);
		await clock.advance(1);
		expect([sink.batches.length, exporter.snapshot()]).toEqual([
			2,
			expect.objectContaining({ delivered: 3, lost: {} }),
		]);
	});

	it.each([401, 403])("that refuses its credentials (%s) loses nothing, and it is told", async (status) => {
		const before = failures("exporter credentials");
		const { clock, sink, exporter } = setUp();
		sink.answers.push(...Array.from({ length: 3 }, () => Object.assign(new Error("no"), { status })));
		for (const item of ["a", "b", "c"]) exporter.tryEmit(item);
		await clock.advance(1_000);
		expect([sink.batches.length, exporter.snapshot().left]).toEqual([3, 3]);
		await clock.advance(1_000);
		expect(exporter.snapshot()).toMatchObject({ delivered: 3, lost: {}, left: 0 });
		expect(failures("exporter credentials") - before).toBe(1);
	});

	it("that is away is told of once, and once that it is back", async () => {
		const told: unknown[] = [];
		const warned = vi.spyOn(process, "emitWarning").mockImplementation((message, options) => {
			told.push([(options as { code: string }).code, message]);
		});
		const { clock, sink, exporter } = setUp({ name: "told of once" });
		const other = setUp({ name: "told of once" });
		const cause = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:9"), { code: "ECONNREFUSED" });
		const gone = () => Object.assign(new Error("no answer", { cause }), { code: "unavailable" });
		sink.answers.push(...Array.from({ length: 7 }, gone));
		other.sink.answers.push(...Array.from({ length: 3 }, gone));
		for (const item of ["a", "b", "c", "d"]) exporter.tryEmit(item);
		await clock.advance(50);
		expect(told).toEqual([
			[
				"FOOTLIGHT_EXPORT_FAILED",
				"exporter told of once: its sink is away (ECONNREFUSED); 4 items wait, and are tried again until it takes them. " +
					"pipeline.exporter.* counts; this is said once",
			],
		]);
		for (const item of ["a", "b", "c"]) other.exporter.tryEmit(item);
		await other.clock.advance(5_000);
		expect(told).toHaveLength(1);
		await clock.advance(5_000);
		expect(told.slice(1)).toEqual([
			["FOOTLIGHT_EXPORT_RECOVERED", "exporter told of once: its sink takes items again"],
		]);
		sink.answers.push(...Array.from({ length: 3 }, gone));
		for (const item of ["e", "f", "g"]) exporter.tryEmit(item);
		await clock.advance(5_000);
		expect([exporter.snapshot().delivered, told.length]).toEqual([7, 2]);
		warned.mockRestore();
	});

	it("finds a batch too large (413): it goes in halves, in order, each with an id of its own", async () => {
		const most = 2;
		const seen: string[][] = [];
		const ids: string[] = [];
		const taken: string[] = [];
		const { exporter, settle } = setUp({
			batchSize: 5,
			sink: {
				async write({ id, items }) {
					seen.push([...items]);
					ids.push(id);
					if (items.length > most || items[0] === "e") throw Object.assign(new Error("less"), { status: 413 });
					taken.push(...items);
				},
			},
		});
		for (const item of ["a", "b", "c", "d", "e"]) exporter.tryEmit(item);
		await settle();
		await settle();
		expect(seen).toEqual([["a", "b", "c", "d", "e"], ["a", "b", "c"], ["a", "b"], ["c"], ["d", "e"]]);
		expect(new Set(ids).size).toBe(5);
		expect(taken).toEqual(["a", "b", "c", "d", "e"]);
		expect(exporter.snapshot()).toMatchObject({ delivered: 5, lost: {}, left: 0, inFlight: 0 });
	});

	it("finds a single item too large: that one is given up, and the others are not", async () => {
		const { exporter, settle } = setUp({
			sink: {
				async write({ items }) {
					if (items.includes("huge")) throw Object.assign(new Error("less"), { answeredStatus: 413 });
				},
			},
		});
		for (const item of ["a", "huge", "c"]) exporter.tryEmit(item);
		await settle();
		await settle();
		expect(exporter.snapshot()).toMatchObject({ delivered: 2, lost: { 413: 1 }, left: 0 });
	});

	it("says what it likes of itself: kinds of failure are bounded", async () => {
		const { meterProvider, points } = recordMetrics();
		let failed = 0;
		const { exporter, settle } = setUp({
			...{ name: "inventive", meterProvider, maxItems: 300, batchSize: 1 },
			sink: { write: () => Promise.reject(Object.assign(new Error("no"), { name: `E${failed++}` })) },
		});
		for (let item = 0; item < 300; item++) exporter.tryEmit("a");
		while (exporter.snapshot().left > 0) await settle();
		const { lost } = exporter.snapshot();
		expect(Object.keys(lost).length).toBeLessThanOrEqual(101);
		expect([lost.E0, Object.values(lost).reduce((sum, items) => sum + items, 0)]).toEqual([1, 300]);
		expect(lost._OTHER).toBeGreaterThan(100);
		for (const metric of ["pipeline.exporter.items", "pipeline.exporter.flush.duration"]) {
			expect((await points(metric)).length, metric).toBeLessThanOrEqual(103);
		}
	});

	it("fails as retryIf says, which may wait", async () => {
		const { clock, sink, exporter } = setUp({
			retry: {
				maxAttempts: 2,
				initialDelayMs: 1,
				maxDelayMs: 5,
				retryIf: async (error) => error instanceof RangeError,
			},
		});
		sink.answers.push(...Array.from({ length: 5 }, refused), away());
		for (const item of ["a", "b", "c", "d", "e", "f"]) exporter.tryEmit(item);
		await clock.advance(100);
		expect([sink.batches.length, sink.taken]).toEqual([7, ["d", "e", "f"]]);
		expect(exporter.snapshot().lost).toEqual({ 503: 3 });
	});

	it("never settles: the attempt is given up in time, its signal aborts, and what it says later is nothing", async () => {
		const { clock, sink, exporter } = setUp({ timeoutMs: 500 });
		sink.answers.push("hangs");
		for (const item of ["a", "b", "c"]) exporter.tryEmit(item);
		await clock.advance(499);
		expect(sink.signals.map(({ aborted }) => aborted)).toEqual([false]);
		await clock.advance(11);
		expect(sink.signals.map(({ aborted }) => aborted)).toEqual([true, false]);
		expect(exporter.snapshot()).toMatchObject({ delivered: 3, left: 0 });
	});

	it("refuses single items of a batch for good", async () => {
		const { sink, exporter, settle } = setUp();
		sink.answers.push({ rejected: [1], reason: "no such user" });
		for (const item of ["a", "b", "c"]) exporter.tryEmit(item);
		await settle();
		expect(exporter.snapshot()).toMatchObject({ delivered: 2, lost: { rejected: 1 }, left: 0 });
	});

	it.each([
		["no receipt", { rejected: "all" }],
		["indexes that are none", { rejected: [7, -1, 0.5, "1"], reason: 3 }],
		["a getter that throws", Object.defineProperty({}, "rejected", { get: () => away() && Number.NaN.toFixed(101) })],
	])("gives %s: the batch is taken all the same", async (_, receipt) => {
		const { exporter, settle } = setUp({ sink: { write: async () => receipt as never } });
		for (const item of ["a", "b", "c"]) exporter.tryEmit(item);
		await settle();
		expect(exporter.snapshot()).toMatchObject({ delivered: 3, lost: {} });
	});

	it("is closed once, and may fail at it", async () => {
		const before = failures("sink");
		let closes = 0;
		const close = async () => {
			closes++;
			throw new Error("boom");
		};
		const { exporter } = setUp({ sink: { write: () => {}, close } });
		exporter.tryEmit("a");
		const results = await Promise.all([exporter.close(), exporter.close(), exporter.flush()]);
		expect(results).toEqual(Array(3).fill({ isComplete: true, left: 0 }));
		expect([closes, failures("sink") - before]).toEqual([1, 1]);
	});
});

describe("a sink of events", () => {
	it("is given one after the other, and an attempt goes on where the one before failed", async () => {
		const taken: string[] = [];
		const fails = new Map([["b", [away(), away()]]]);
		const emit = async (item: string) => {
			const failure = fails.get(item)?.shift();
			if (failure !== undefined) throw failure;
			taken.push(item);
		};
		const { clock, exporter } = setUp({ sink: { emit } });
		for (const item of ["a", "b", "c"]) exporter.tryEmit(item);
		await clock.advance(1_000);
		expect(taken).toEqual(["a", "b", "c"]);
		expect(exporter.snapshot()).toMatchObject({ delivered: 3, lost: {} });
	});

	it("is given each at once, since a batch is nothing to it", async () => {
		const sink = recordingSink();
		const exporter = new BufferedExporter({ name: "events", sink, clock: manualClock() });
		for (const name of ["answer.cited", "answer.rated"]) exporter.tryEmit({ name, timeMs: 1, attributes: {} });
		for (let turn = 0; turn < 5; turn++) await nextTurn();
		expect(sink.names).toEqual(["answer.cited", "answer.rated"]);
	});

	it.each([1, 10])(
		"that is another exporter, and has no room, gets everything later, in batches of %i",
		async (batchSize) => {
			const clock = manualClock();
			const behind = scriptedSink();
			behind.answers.push("hangs");
			const inner = new BufferedExporter<string>({ name: "inner", sink: behind, clock, maxItems: 2, timeoutMs: 5_000 });
			const retry = { initialDelayMs: 10, maxDelayMs: 100 };
			const outer = new BufferedExporter<string>({ name: "outer", sink: inner, clock, batchSize, retry });
			const items = Array.from({ length: 10 }, (_, index) => `item-${index}`);
			for (const item of items) outer.tryEmit(item);
			await clock.advance(1_000);
			expect(outer.snapshot()).toMatchObject({ lost: {}, left: batchSize === 1 ? 8 : 10 });
			await clock.advance(60_000);
			expect(outer.snapshot()).toMatchObject({ delivered: 10, lost: {}, left: 0 });
			expect(behind.taken).toEqual(items);
		},
	);

	it.each([
		["has no room", "queue_full", { delivered: 1, lost: {} }],
		["has no room on its disk", "disk_full", { delivered: 1, lost: {} }],
		["has a spool that has failed", "spool_failed", { delivered: 1, lost: {} }],
		["is closed", "already_shutdown", { delivered: 0, lost: { rejected: 1 } }],
		["can never hold the item", "item_too_large", { delivered: 0, lost: { rejected: 1 } }],
		["cannot write the item", "not_serializable", { delivered: 0, lost: { rejected: 1 } }],
	] as const)("that is another exporter and %s", async (_, reason, expected) => {
		const failures = [new NotExportedError("inner", reason)];
		const emit = async () => {
			const failure = failures.shift();
			if (failure !== undefined) throw failure;
		};
		const { clock, exporter } = setUp({ sink: { emit } });
		exporter.tryEmit("a");
		await clock.advance(1_000);
		expect(exporter.snapshot()).toMatchObject(expected);
	});

	it("holds up nothing by an item that it refuses", async () => {
		const sink = { emit: async (item: string) => (item === "b" ? Promise.reject(refused()) : undefined) };
		const { exporter, settle } = setUp({ sink });
		for (const item of ["a", "b", "c"]) exporter.tryEmit(item);
		await settle();
		expect(exporter.snapshot()).toMatchObject({ delivered: 2, lost: { rejected: 1 } });
	});

	it("that hangs at an item is asked for that one again, and a late answer moves nothing on", async () => {
		const asked: string[] = [];
		let answerLate = (): void => {};
		const emit = (item: string) => {
			asked.push(item);
			if (asked.length > 2) return Promise.resolve();
			return item === "a" ? Promise.resolve() : new Promise<void>((resolve) => (answerLate = resolve));
		};
		const { clock, exporter } = setUp({ sink: { emit }, timeoutMs: 100 });
		for (const item of ["a", "b", "c"]) exporter.tryEmit(item);
		await clock.advance(100);
		answerLate();
		await clock.advance(1_000);
		expect(asked).toEqual(["a", "b", "b", "c"]);
		expect(exporter.snapshot()).toMatchObject({ delivered: 3, left: 0 });
	});

	it.each(["throws", "rejects"] as const)("that %s reaches no caller", async (how) => {
		const exporter = new BufferedExporter({ name: "events", sink: failingSink(how), clock: manualClock() });
		const event = { name: "answer.cited", timeMs: 1, attributes: {} };
		await exporter.emit(event);
		exporter.tryEmit(event);
		expect(await exporter.close()).toEqual({ isComplete: true, left: 0 });
		expect(exporter.snapshot().lost).toEqual({ rejected: 2 });
	});
});

describe("a memory that is full", () => {
	const rankOf = { l: "low", n: "normal", h: "high", c: "critical" } as const;
	const priorityOf = (item: string) => rankOf[item[0] as keyof typeof rankOf];

	it("sheds the lowest priority first and the oldest of it, and refuses what is worth less than all", async () => {
		const { sink, exporter, settle } = setUp({ maxItems: 6, priorityOf });
		sink.answers.push("hangs");
		// These are in flight, and are not shed.
		for (const item of ["l1", "l2", "l3"]) exporter.tryEmit(item);
		await settle();
		for (const item of ["c1", "n1", "h1"]) exporter.tryEmit(item);
		await exporter.emit("c2");
		await exporter.emit("h2");
		await expect(exporter.emit("n2")).rejects.toThrow("it is full of what is worth as much or more");
		await exporter.emit("c3");
		const closed = exporter.close({ timeoutMs: 0 });
		expect(exporter.snapshot()).toMatchObject({ accepted: 9, lost: { queue_full: 4 }, size: 6 });
		await closed;
	});

	it("refuses an item that is larger than everything, and sheds nothing for it", async () => {
		const { exporter } = setUp({ sizeOf: (item) => item.length, maxBytes: 5 });
		await exporter.emit("aaaaa");
		await expect(exporter.emit("aaaaaa")).rejects.toThrow("the item is larger than all that it may hold");
		expect(exporter.snapshot()).toMatchObject({ size: 1, bytes: 5, lost: { item_too_large: 1 } });
	});

	it("tells of high water once, and again after it was below half of that", async () => {
		const levels: number[] = [];
		const { sink, exporter, settle } = setUp({ batchSize: 1, onHighWater: ({ size }) => levels.push(size) });
		sink.answers.push("hangs");
		for (let item = 0; item < 10; item++) exporter.tryEmit("a");
		expect(levels).toEqual([8]);
		const other = setUp({ batchSize: 4, onHighWater: ({ size }) => levels.push(size) });
		for (let round = 0; round < 3; round++) {
			for (let item = 0; item < 8; item++) other.exporter.tryEmit("a");
			await other.settle();
		}
		expect(levels).toEqual([8, 8, 8, 8]);
		await settle();
	});

	it("goes on where the functions it asks are async: the default counts, and a rejection is heard", async () => {
		const unhandled: unknown[] = [];
		const listener = (reason: unknown) => unhandled.push(reason);
		process.on("unhandledRejection", listener);
		const parts = ["sizeOf", "priorityOf", "orderKeyOf"] as const;
		const before = parts.map(failures);
		const rejects = () => Promise.reject(new Error("boom")) as never;
		const { sink, exporter, settle } = setUp({ sizeOf: rejects, priorityOf: rejects, orderKeyOf: rejects });
		for (const item of ["a", "b", "c"]) exporter.tryEmit(item);
		await settle();
		process.off("unhandledRejection", listener);
		expect([sink.taken, unhandled, exporter.snapshot().bytes]).toEqual([["a", "b", "c"], [], 0]);
		expect(parts.map((part, index) => failures(part) - (before[index] ?? 0))).toEqual([3, 3, 3]);
	});

	it("takes no size but a number", async () => {
		const { exporter } = setUp({ sizeOf: () => "7" as never });
		await exporter.emit("a");
		expect(exporter.snapshot().bytes).toBe(0);
	});

	it.each(["sizeOf", "priorityOf", "orderKeyOf"] as const)("keeps the order where %s itself emits", async (name) => {
		const answers = { sizeOf: 1, priorityOf: "normal", orderKeyOf: "key" };
		const ask = (asked: string) => {
			if (asked === "a") exporter.tryEmit("nested");
			return answers[name] as never;
		};
		const { sink, exporter, settle } = setUp({ [name]: ask });
		for (const item of ["a", "b"]) exporter.tryEmit(item);
		await settle();
		const [batch] = sink.batches;
		expect(batch?.items).toEqual(["nested", "a", "b"]);
		expect(batch?.keys.map((key) => key.slice(-2))).toEqual(["-1", "-2", "-3"]);
	});

	it("goes on where what it tells throws, emits more, or is asked what cannot be said", async () => {
		const throws = () => {
			throw new Error("boom");
		};
		const { sink, exporter, settle } = setUp({
			...{ maxItems: 3, onHighWater: throws, sizeOf: throws, orderKeyOf: () => 7 as never },
			...{ priorityOf: () => "urgent" as never, onOverflow: () => exporter.tryEmit("once more") },
		});
		sink.answers.push("hangs");
		for (let item = 0; item < 9; item++) exporter.tryEmit(`item-${item}`);
		await settle();
		const { accepted, lost, size } = exporter.snapshot();
		expect([accepted + (lost.queue_full ?? 0), size, sink.batches.length]).toEqual([10, 3, 1]);
	});
});

describe("close and flush", () => {
	it("say what was left, and keep their deadline by the clock of the machine too", async () => {
		const exporter = new BufferedExporter<string>({ name: "dead", sink: { write: () => new Promise(() => {}) } });
		exporter.tryEmit("a");
		const startMs = performance.now();
		expect(await exporter.flush({ timeoutMs: 50 })).toEqual({ isComplete: false, left: 1 });
		expect(await exporter.close({ timeoutMs: 100 })).toEqual({ isComplete: false, left: 1 });
		expect(performance.now() - startMs).toBeLessThan(1_000);
		expect(exporter.snapshot()).toMatchObject({ left: 0, lost: { shutdown: 1 } });
	});

	it("leaves nothing uncounted and nothing counted twice", async () => {
		const seen: unknown[] = [];
		const { clock, sink, exporter, settle } = setUp({ sizeOf: () => 1 });
		const look = () => {
			const { accepted, delivered, lost, left } = exporter.snapshot();
			seen.push(accepted - delivered - left - (lost.shutdown ?? 0));
		};
		Object.assign(sink, { close: look });
		sink.answers.push("ok", "hangs");
		for (let item = 0; item < 10; item++) exporter.tryEmit(`item-${item}`);
		await settle();
		sink.signals.at(-1)?.addEventListener("abort", look);
		const closed = exporter.close({ timeoutMs: 50 });
		look();
		await clock.advance(50);
		expect(await closed).toEqual({ isComplete: false, left: 7 });
		look();
		expect(seen).toEqual([0, 0, 0, 0]);
		const nothing = { left: 0, inFlight: 0, size: 0, bytes: 0 };
		expect(exporter.snapshot()).toEqual({ accepted: 10, delivered: 3, lost: { shutdown: 7 }, ...nothing });
	});

	it("waits for what was emitted before a flush, and not for what comes after it", async () => {
		const { sink, exporter } = setUp();
		exporter.tryEmit("a");
		const flushed = exporter.flush();
		sink.answers.push("ok", "hangs");
		exporter.tryEmit("b");
		expect(await flushed).toEqual({ isComplete: true, left: 1 });
		expect(sink.taken).toEqual(["a"]);
	});

	it("ends a flush when the half of a batch that it waits for has landed", async () => {
		const tooLarge = () => Object.assign(new Error("less"), { status: 413 });
		const { sink, exporter, settle } = setUp({ batchSize: 4 });
		let takeFirst = (): void => {};
		const answers = [
			() => new Promise<void>((resolve) => (takeFirst = resolve)),
			() => Promise.reject(tooLarge()),
			() => undefined,
		];
		sink.write = (batch) => {
			sink.batches.push(batch);
			const answer = answers.shift() ?? (() => new Promise<void>(() => {}));
			return answer() as never;
		};
		for (const item of ["a", "b", "c", "d", "e", "f"]) exporter.tryEmit(item);
		await settle();
		const flushed = exporter.flush({ timeoutMs: 1_000 });
		for (const item of ["g", "h"]) exporter.tryEmit(item);
		takeFirst();
		expect(await flushed).toEqual({ isComplete: true, left: 2 });
		expect(sink.batches.map(({ items }) => items.join(""))).toEqual(["abcd", "efgh", "ef", "gh"]);
	});

	it("has one more round of attempts where a sink is back, though there is a pause", async () => {
		const { clock, sink, exporter } = setUp({ retry: { maxAttempts: 1, maxDelayMs: 3_600_000 } });
		sink.answers.push(away());
		exporter.tryEmit("a");
		await clock.advance(60_000);
		expect(sink.batches).toHaveLength(1);
		expect(await exporter.close()).toEqual({ isComplete: true, left: 0 });
		expect(sink.taken).toEqual(["a"]);
	});

	it("is called by `await using`", async () => {
		const { sink, exporter } = setUp();
		{
			await using held = exporter;
			held.tryEmit("a");
		}
		expect(sink.taken).toEqual(["a"]);
	});

	const run = async (code: string) => {
		const entry = JSON.stringify(new URL("../buffered.ts", import.meta.url).href);
		const script = `import { BufferedExporter } from ${entry};
			const hang = { write: () => new Promise(() => {}) };
			const fail = { write: () => Promise.reject(Object.assign(new Error("away"), { status: 503 })) };
			const make = (sink) => new BufferedExporter({ name: "audit", sink, maxDelayMs: 10_000, batchSize: 2 });
			${code}`;
		const { stdout } = await promisify(execFile)(
			process.execPath,
			["--conditions=@footlight/source", "--input-type=module", "-e", script],
			{ timeout: 15_000, cwd: import.meta.dirname },
		);
		return stdout.trim();
	};

	it("has no timer keep a process alive", async () => {
		const code = `for (const sink of [hang, fail]) for (const item of [1, 2, 3]) make(sink).tryEmit(item);
			const busy = make(fail); busy.tryEmit(1); busy.tryEmit(2); busy.tryEmit(3);
			const startMs = performance.now();
			process.on("exit", () => console.log(performance.now() - startMs < 3_000 ? "soon" : "late"));`;
		expect(await run(code)).toBe("soon");
	});

	it("has a process wait for a close that somebody awaits", async () => {
		const code = `const exporter = make(hang); exporter.tryEmit(1);
			console.log(JSON.stringify(await exporter.close({ timeoutMs: 200 })));`;
		expect(await run(code)).toBe('{"isComplete":false,"left":1}');
	});
});

describe("its own telemetry", () => {
	it("hands what was counted on to a provider that comes later", async () => {
		const { meterProvider, points } = recordMetrics();
		const { exporter } = setUp();
		exporter.tryEmit("a");
		await exporter.flush();
		metrics.setGlobalMeterProvider(meterProvider);
		try {
			exporter.tryEmit("b");
			await exporter.flush();
		} finally {
			metrics.disable();
		}
		const [delivered] = await points("pipeline.exporter.items");
		expect(delivered).toMatchObject({ value: 2, attributes: { "exporter.name": "audit" } });
	});

	it("adds up exporters of one name, and forgets the fill of one that is closed", async () => {
		const { meterProvider, total } = recordMetrics();
		const [one, other] = [setUp({ meterProvider }), setUp({ meterProvider })];
		one.exporter.tryEmit("a");
		other.exporter.tryEmit("b");
		expect(await total("pipeline.exporter.queue.size")).toBe(2);
		expect(await total("pipeline.exporter.queue.capacity")).toBe(20);
		await one.exporter.close();
		expect(await total("pipeline.exporter.queue.size")).toBe(1);
		expect(await total("pipeline.exporter.queue.capacity")).toBe(10);
		await other.exporter.close();
		expect(await total("pipeline.exporter.queue.capacity")).toBe(0);
		expect(await total("pipeline.exporter.items", { "error.type": undefined as never })).toBe(2);
	});

	it("leaves nothing of one that is garbage", async () => {
		const { meterProvider, points } = recordMetrics();
		const hold = () => void new BufferedExporter({ name: "gone", sink: recordingSink(), meterProvider });
		hold();
		for (let round = 0; round < 50; round++) {
			(globalThis as { gc?: () => void }).gc?.();
			await nextTurn();
		}
		expect(await points("pipeline.exporter.queue.capacity")).toEqual([]);
	});

	it("shows attempts that were made again as retries of its stage", async () => {
		const { meterProvider, total } = recordMetrics();
		const { clock, sink, exporter } = setUp({ meterProvider });
		sink.answers.push(away(), away());
		for (const item of ["a", "b", "c"]) exporter.tryEmit(item);
		await clock.advance(1_000);
		const labels = { "pipeline.name": "exporters", "stage.name": "audit" };
		expect(await total("pipeline.retry.attempts", labels)).toBe(2);
		expect(await total("pipeline.exporter.flush.duration")).toBe(3);
	});
});

sinkContract(
	"BufferedExporter",
	() => {
		const behind = recordingSink();
		const sink = new BufferedExporter({ name: "contract", sink: behind });
		const dropped = () => Object.values(sink.snapshot().lost).reduce((sum, items) => sum + items, 0);
		const kept = async () => {
			await sink.flush();
			return behind.names;
		};
		return { sink, kept, dropped, end: () => sink.close() };
	},
	{ describe, it },
);

const sink = scriptedSink();
describe("options", () => {
	it.each<[string, unknown, string]>([
		["none", undefined, "TypeError: BufferedExporter: options must be an object, got undefined"],
		[
			"an unknown one",
			{ name: "a", sink, size: 1 },
			'TypeError: BufferedExporter: unknown option "size"; known options are name, sink, maxItems',
		],
		["no name", { sink }, "TypeError: BufferedExporter: name must be a string, got undefined"],
		[
			"no sink",
			{ name: "a" },
			"TypeError: BufferedExporter: sink must be an object with a method write or emit, got undefined",
		],
		["maxItems", { maxItems: 0 }, "RangeError: BufferedExporter: maxItems must be a positive integer, got 0"],
		[
			"batchSize",
			{ batchSize: 20, maxItems: 10 },
			"RangeError: BufferedExporter: batchSize must be at most maxItems (10), got 20",
		],
		[
			"maxBytes",
			{ maxBytes: 5 },
			"TypeError: BufferedExporter: sizeOf must be a function, since maxBytes is set, got undefined",
		],
		["batchBytes", { batchBytes: -1 }, "RangeError: BufferedExporter: batchBytes must be a positive integer, got -1"],
		[
			"maxDelayMs",
			{ maxDelayMs: 2 ** 31 },
			"RangeError: BufferedExporter: maxDelayMs must be at most 2147483647, got 2147483648",
		],
		["concurrency", { concurrency: 5_000 }, "RangeError: BufferedExporter: concurrency must be at most 1024, got 5000"],
		["timeoutMs", { timeoutMs: "1" }, 'TypeError: BufferedExporter: timeoutMs must be a positive integer, got "1"'],
		["retry", { retry: 3 }, "TypeError: BufferedExporter: retry must be a plain object, got 3"],
		["retry as a list", { retry: [] }, "TypeError: BufferedExporter: retry must be a plain object, got an array of 0"],
		["retry as a date", { retry: new Date() }, "retry must be a plain object, got an instance of Date"],
		["retry as a promise", { retry: Promise.resolve({}) }, "retry must be a plain object, got an instance of Promise"],
		["retryIf", { retry: { retryIf: 5 } }, "TypeError: BufferedExporter: retry: retryIf must be a function, got 5"],
		[
			"an unknown one of retry",
			{ retry: { attempts: 5 } },
			'TypeError: BufferedExporter: retry: unknown option "attempts"; known options are maxAttempts',
		],
		[
			"the sink's close",
			{ sink: { write: () => {}, close: 5 } },
			"TypeError: BufferedExporter: sink.close must be a function, got 5",
		],
		[
			"retry's own",
			{ retry: { maxAttempts: 0 } },
			"RangeError: BufferedExporter: retry: maxAttempts must be a positive integer, got 0",
		],
		[
			"highWaterRatio",
			{ highWaterRatio: 80 },
			"RangeError: BufferedExporter: highWaterRatio must be a number from 0 to 1, got 80",
		],
		["onOverflow", { onOverflow: 1 }, "TypeError: BufferedExporter: onOverflow must be a function, got 1"],
		[
			"spool",
			{ spool: "folder" },
			'TypeError: BufferedExporter: spool must be a fileSpool({ directory }), got "folder"',
		],
		["clock", { clock: {} }, "TypeError: BufferedExporter: clock must have a method now, got an object"],
	])("that cannot be are refused: %s", (_, options, message) => {
		const given = typeof options === "object" && !("name" in Object(options)) && Object(options).sink !== sink;
		let refusal = "";
		try {
			new BufferedExporter((given ? { name: "a", sink, ...Object(options) } : options) as BufferedExporterOptions);
		} catch (error) {
			refusal = String(error);
		}
		expect(refusal).toContain(message);
	});

	it("of flush and close are checked by a promise that rejects", async () => {
		const { exporter } = setUp();
		await expect(exporter.flush({ timeoutMs: -1 })).rejects.toThrow(
			"BufferedExporter.flush: timeoutMs must be an integer of at least 0",
		);
		await expect(exporter.close({ within: 1 } as never)).rejects.toThrow(
			'BufferedExporter.close: unknown option "within"',
		);
		await exporter.close();
	});
});
