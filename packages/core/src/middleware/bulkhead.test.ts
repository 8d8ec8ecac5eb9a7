import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, expectTypeOf, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import {
	BulkheadFullError,
	type BulkheadOptions,
	bulkhead,
	type FootlightOptions,
	footlight,
	RejectedError,
	timeout,
} from "../index.ts";
import { manualClock, middlewareContract, recordingTracerProvider, spanTree } from "../testing/index.ts";

middlewareContract("bulkhead", () => bulkhead({ concurrency: 100 }), { describe, it });
middlewareContract("bulkhead with a queue", () => bulkhead({ concurrency: 100, queueSize: 5 }), { describe, it });

let names = 0;

function setUp(more: FootlightOptions = {}) {
	const clock = manualClock();
	const tracerProvider = recordingTracerProvider();
	const metrics = recordMetrics();
	const name = `b${names++}`;
	const light = footlight("docs-qa", { clock, tracerProvider, meterProvider: metrics.meterProvider, ...more });
	const results = async () =>
		Object.fromEntries(
			(await metrics.points("pipeline.bulkhead.calls", { "bulkhead.name": name })).map(({ attributes, value }) => [
				attributes["bulkhead.result"],
				value,
			]),
		);
	const figures = async () => [
		await metrics.total("pipeline.bulkhead.active", { "bulkhead.name": name }),
		await metrics.total("pipeline.bulkhead.queued", { "bulkhead.name": name }),
		await metrics.total("pipeline.bulkhead.capacity", { "bulkhead.name": name }),
	];
	return { name, clock, light, metrics, results, figures, tracerProvider, spans: tracerProvider.spans };
}

/** A function whose calls end when the test says so. */
function held() {
	const ends: ((how: "ok" | Error) => void)[] = [];
	const fn = async (_id: number) =>
		new Promise<string>((resolve, reject) => {
			ends.push((how) => (how === "ok" ? resolve("done") : reject(how)));
		});
	return { fn, ends };
}

describe("a bulkhead without a queue", () => {
	it("lets so many run, refuses the rest, and says so in spans and metrics", async () => {
		const { name, light, results, figures, spans } = setUp();
		const { fn, ends } = held();
		const ask = light.stage("ask", fn, { use: [bulkhead({ name, concurrency: 2 })] });
		expect(await results()).toEqual({ accepted: 0, rejected: 0, expired: 0 });
		expect(await figures()).toEqual([0, 0, 2]);
		const running = [ask(1), ask(2)];
		expect(await figures()).toEqual([2, 0, 2]);
		const refused = await ask(3).catch((error: unknown) => error);
		expect(refused).toBeInstanceOf(BulkheadFullError);
		expect(refused).toBeInstanceOf(RejectedError);
		expect(String(refused)).toContain(`[bulkhead_full] bulkhead ${name}: 2 calls run already`);
		expect(refused).toMatchObject({ stack: String(refused) });
		ends[0]?.("ok");
		await running[0];
		const third = ask(3);
		expect(await figures()).toEqual([2, 0, 2]);
		for (const end of ends) end("ok");
		await Promise.all([...running, third]);
		expect(await results()).toEqual({ accepted: 3, rejected: 1, expired: 0 });
		expect(await figures()).toEqual([0, 0, 2]);
		expect(spans.map(({ attributes }) => [attributes.outcome, attributes["bulkhead.name"]])).toEqual([
			["rejected", name],
			["ok", name],
			["ok", name],
			["ok", name],
		]);
		expect(spans[0]?.attributes["error.type"]).toBe("bulkhead_full");
	});

	it("has its place back however a call ends", async () => {
		const { name, light, figures } = setUp();
		const use = [bulkhead({ name, concurrency: 1 })] as const;
		const fails = light.stage("fails", async () => Promise.reject(new Error("boom")), { use });
		const throws = light.stage(
			"throws",
			() => {
				throw new Error("boom");
			},
			{ use },
		);
		const value = light.stage("value", () => 5, { use });
		for (let round = 0; round < 3; round++) {
			await expect(fails()).rejects.toThrow("boom");
			expect(throws).toThrow("boom");
			expect(value()).toBe(5);
		}
		expect(await figures()).toEqual([0, 0, 1]);
	});

	it("keeps the place of a stream until its end, its error, or its consumer's", async () => {
		const { name, light, figures } = setUp();
		const items = light.stage(
			"items",
			async function* (fails: boolean) {
				yield 1;
				if (fails) throw new Error("boom");
			},
			{ use: [bulkhead({ name, concurrency: 1 })] },
		);
		const first = items(false);
		expect(await figures()).toEqual([0, 0, 1]);
		await first.next();
		expect(await figures()).toEqual([1, 0, 1]);
		await expect(items(false).next()).rejects.toBeInstanceOf(BulkheadFullError);
		await first.next();
		expect(await figures()).toEqual([0, 0, 1]);
		const failing = items(true);
		await failing.next();
		await expect(failing.next()).rejects.toThrow("boom");
		for await (const _ of items(false)) break;
		expect(await figures()).toEqual([0, 0, 1]);
		const web = light.stage("web", () => new ReadableStream({ pull: (controller) => controller.enqueue(1) }), {
			use: [bulkhead({ name, concurrency: 1 })],
		});
		const stream = web();
		expect(() => web()).toThrow(BulkheadFullError);
		await stream.cancel();
		expect(await figures()).toEqual([0, 0, 1]);
	});

	it("has the place back of a stream that its run left lying", async () => {
		const { name, light, figures } = setUp();
		const items = light.stage("items", async () => new ReadableStream(), { use: [bulkhead({ name, concurrency: 1 })] });
		await light.run(async () => {
			await items();
			expect(await figures()).toEqual([1, 0, 1]);
		});
		expect(await figures()).toEqual([0, 0, 1]);
	});

	it("is shared by name, and by none where it has no name", async () => {
		const { name, light } = setUp();
		const { fn, ends } = held();
		const use = [bulkhead({ name, concurrency: 1 })];
		const one = light.stage("one", fn, { use })(1);
		await expect(light.stage("two", fn, { use: [bulkhead({ name, concurrency: 1 })] })(1)).rejects.toThrow(name);
		const unnamed = () => bulkhead({ concurrency: 1 });
		const alone = light.stage(`three ${name}`, fn, { use: [unnamed()] })(1);
		const other = light.stage(`four ${name}`, fn, { use: [unnamed()] })(1);
		await expect(light.stage(`four ${name}`, fn, { use: [unnamed()] })(1)).rejects.toThrow(
			`[bulkhead_full] bulkhead docs-qa.four ${name}: 1 call runs already`,
		);
		for (const end of ends) end("ok");
		expect(await Promise.all([one, alone, other])).toEqual(["done", "done", "done"]);
	});
});

describe("a bulkhead with a queue", () => {
	it("lets calls wait in order, and says for how long", async () => {
		const { name, light, clock, results, figures, metrics, tracerProvider } = setUp();
		const { fn, ends } = held();
		const begun: number[] = [];
		const ask = light.stage(
			"ask",
			(id: number) => {
				begun.push(id);
				return fn(id);
			},
			{ use: [bulkhead({ name, concurrency: 1, queueSize: 2 })] },
		);
		const answers = [ask(1), ask(2), ask(3)];
		const refused = await ask(4).catch((error: unknown) => error);
		expect(String(refused)).toContain("1 call runs and 2 wait already");
		expect(await figures()).toEqual([1, 2, 1]);
		await clock.advance(250);
		ends[0]?.("ok");
		await answers[0];
		await nextTurn();
		expect(begun).toEqual([1, 2]);
		await clock.advance(250);
		ends[1]?.("ok");
		await nextTurn();
		ends[2]?.("ok");
		await Promise.all(answers);
		expect(begun).toEqual([1, 2, 3]);
		expect(await results()).toEqual({ accepted: 3, rejected: 1, expired: 0 });
		expect(await metrics.points("pipeline.bulkhead.wait_duration", { "bulkhead.name": name })).toMatchObject([
			{ value: 2, sum: 0.75 },
		]);
		expect(spanTree(tracerProvider.spans.slice(1), { show: ["bulkhead.wait_ms"] })).toBe(
			["ask (internal)", "ask (internal)\n  bulkhead.wait_ms: 250", "ask (internal)\n  bulkhead.wait_ms: 500"].join(
				"\n",
			),
		);
	});

	it("refuses who has waited too long, and forgets who no longer wants to", async () => {
		const { name, light, clock, results, figures, spans } = setUp();
		const { fn, ends } = held();
		const ask = light.stage("ask", fn, { use: [bulkhead({ name, concurrency: 1, queueSize: 5, maxWaitMs: 100 })] });
		const first = ask(1);
		const second = ask(2).catch((error: unknown) => error);
		const aborting = new AbortController();
		const third = light.run({ signal: aborting.signal }, () => ask(3)).catch((error: unknown) => error);
		aborting.abort("no longer wanted");
		expect(await third).toBe("no longer wanted");
		await clock.advance(100);
		expect(String(await second)).toContain(`bulkhead ${name}: no place became free within 100 ms`);
		expect(await figures()).toEqual([1, 0, 1]);
		ends[0]?.("ok");
		await first;
		expect(await results()).toEqual({ accepted: 1, rejected: 0, expired: 2 });
		expect(spans.map(({ attributes }) => attributes.outcome)).toEqual(["cancelled", "cancelled", "rejected", "ok"]);
		expect(clock.pendingSleeps).toBe(0);
	});

	it("waits no longer than a timeout outside of it", async () => {
		const { name, light, clock, figures, metrics } = setUp();
		const { fn, ends } = held();
		const ask = light.stage("ask", fn, {
			use: [timeout({ timeoutMs: 100 }), bulkhead({ name, concurrency: 1, queueSize: 1 })],
		});
		const first = ask(1);
		await clock.advance(50);
		const second = ask(2).catch((error: unknown) => error);
		ends[0]?.("ok");
		await first;
		await nextTurn();
		const third = ask(3).catch((error: unknown) => error);
		await clock.advance(100);
		expect(String(await second)).toContain("[timeout]");
		expect(String(await third)).toContain("[timeout]");
		expect(await metrics.total("pipeline.timeout.calls", { "timeout.result": "completed" })).toBe(1);
		expect(await metrics.total("pipeline.timeout.calls")).toBe(3);
		expect(await figures()).toEqual([1, 0, 1]);
	});

	it("makes a promise of what the stage gives, and without a queue leaves it as it is", () => {
		const { name, light } = setUp();
		const now = light.stage("now", () => 5, { use: [bulkhead({ name, concurrency: 1 })] });
		const later = light.stage("later", () => 5, {
			use: [bulkhead({ name: `${name}q`, concurrency: 1, queueSize: 1 })],
		});
		expectTypeOf(now()).toEqualTypeOf<number>();
		expectTypeOf(later()).toEqualTypeOf<Promise<number>>();
		expect(now()).toBe(5);
		expect(later()).toBeInstanceOf(Promise);
	});

	it("runs in the context of the call that waited", async () => {
		const { name, light, clock } = setUp();
		const seen: unknown[] = [];
		const work = async () => {
			await clock.sleep(10);
			seen.push(light.current().ids.userId);
		};
		const ask = light.stage("ask", work, { use: [bulkhead({ name, concurrency: 1, queueSize: 5 })] });
		const all = ["ada", "bob", "eve"].map((userId) => light.run({ userId }, () => ask()));
		for (let round = 0; round < 3; round++) await clock.advance(10);
		await Promise.all(all);
		expect(seen).toEqual(["ada", "bob", "eve"]);
	});
});

describe("bulkhead refuses", () => {
	it.each<[unknown, string]>([
		[undefined, "TypeError: bulkhead: concurrency must be a positive integer, got undefined"],
		[{ concurrency: 0 }, "RangeError: bulkhead: concurrency must be a positive integer, got 0"],
		[{ concurrency: 1, queueSize: -1 }, "RangeError: bulkhead: queueSize must be an integer of at least 0, got -1"],
		[{ concurrency: 1, name: "" }, 'RangeError: bulkhead: name must be a name that is not empty, got ""'],
		[{ concurrency: 1, maxWaitMs: 5 }, "RangeError: bulkhead: maxWaitMs must be absent without a queueSize, got 5"],
		[
			{ concurrency: 1, queueSize: 1, maxWaitMs: 0 },
			"RangeError: bulkhead: maxWaitMs must be a positive integer, got 0",
		],
		[
			{ limit: 1 },
			'TypeError: bulkhead: unknown option "limit"; known options are name, concurrency, queueSize, maxWaitMs',
		],
	])("%j", (options, message) => {
		let thrown: unknown;
		try {
			bulkhead(options as BulkheadOptions);
		} catch (error) {
			thrown = error;
		}
		expect(String(thrown)).toBe(message);
	});

	it("another size under the same name, when the stage is defined", () => {
		const { name, light } = setUp();
		const first = light.stage("one", () => 1, { use: [bulkhead({ name, concurrency: 1 })] });
		expect(() => light.stage("two", () => 1, { use: [bulkhead({ name, concurrency: 2 })] })).toThrow(
			`bulkhead: concurrency must be 1, as elsewhere for the name ${name}, got 2`,
		);
		expect(first()).toBe(1);
	});
});
