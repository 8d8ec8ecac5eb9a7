import { describe, expect, it } from "vitest";
import { footlight } from "../index.ts";
import { manualClock, recordingTracerProvider } from "../testing/index.ts";

const boom = new Error("boom");

function fail(): never {
	throw boom;
}

describe("a stage made by map", () => {
	it("is called once for each item, each a span of its own; results stand in the items' order", async () => {
		const clock = manualClock();
		const tracerProvider = recordingTracerProvider();
		const running = footlight("docs-qa", { clock, tracerProvider })
			.pipeline()
			.stage("words", () => ["ccc", "a", "bb"])
			.map(
				"lengths",
				["words"],
				({ words }) => words,
				async (word, ctx) => {
					await clock.sleep(word.length * 10);
					return `${ctx.index}:${word.length}`;
				},
			)
			.run();
		await clock.advance(100);
		const { outputs, report } = await running;
		expect(outputs.lengths).toEqual(["0:3", "1:1", "2:2"]);
		expect(report.stages[1]).toMatchObject({ outcome: "ok", attempts: 3, durationMs: 30, queuedMs: 0 });
		expect(report.stages[1]?.items?.map(({ durationMs }) => durationMs)).toEqual([30, 10, 20]);
		const run = tracerProvider.spans.find(({ name }) => name === "docs-qa");
		const spans = tracerProvider.spans.filter(({ name }) => name === "lengths");
		expect(spans).toHaveLength(3);
		for (const span of spans) expect(span.parentSpanContext?.spanId).toBe(run?.spanContext().spanId);
	});

	it("keeps to its own limit and to the pipeline's", async () => {
		const clock = manualClock();
		const active = { own: 0, all: 0 };
		const most = { own: 0, all: 0 };
		const work = async (isOwn: boolean) => {
			most.all = Math.max(most.all, ++active.all);
			if (isOwn) most.own = Math.max(most.own, ++active.own);
			await clock.sleep(10);
			active.all--;
			if (isOwn) active.own--;
		};
		const items = () => [1, 2, 3, 4, 5];
		const running = footlight("docs-qa", { clock })
			.pipeline({ concurrency: 3 })
			.map("own", items, () => work(true), { concurrency: 2 })
			.map("other", items, () => work(false))
			.run();
		await clock.advance(1_000);
		const { report } = await running;
		expect(most).toEqual({ own: 2, all: 3 });
		expect(report.stages[0]?.items?.[4]?.queuedMs).toBeGreaterThan(0);
		expect(report.stages[0]?.queuedMs).toBe(
			report.stages[0]?.items?.reduce((total, { queuedMs }) => total + queuedMs, 0),
		);
	});

	it("takes the items of a stream as there are places, and not before", async () => {
		const clock = manualClock();
		let made = 0;
		const running = footlight("docs-qa", { clock })
			.pipeline()
			.stage("numbers", async function* () {
				for (; made < 4; ) yield made++;
			})
			.map(
				"doubled",
				["numbers"],
				({ numbers }) => numbers,
				async (number) => {
					await clock.sleep(10);
					return [number * 2, made];
				},
				{ concurrency: 1 },
			)
			.run();
		await clock.advance(1_000);
		expect((await running).outputs.doubled).toEqual([
			[0, 1],
			[2, 2],
			[4, 3],
			[6, 4],
		]);
	});

	it("takes of a stream one item more than the pipeline lets work go on, and all of a list", async () => {
		const taken = { stream: 0, list: 0 };
		async function* source() {
			for (let item = 0; item < 100; item++) {
				taken.stream++;
				yield item;
			}
		}
		const most: number[] = [];
		const work = async (item: number) => {
			most.push(taken.stream - item);
			await null;
		};
		const streamed = footlight("docs-qa").pipeline({ concurrency: 2 }).map("work", source, work);
		expect(await streamed.run()).toMatchObject({ outcome: "ok" });
		expect(most).toHaveLength(100);
		expect(Math.max(...most)).toBeLessThanOrEqual(3);
		const listed = footlight("docs-qa")
			.pipeline({ concurrency: 2 })
			.map("work", () => [1, 2, 3, 4, 5], work);
		const { report } = await listed.run();
		expect(report.stages[0]?.items).toHaveLength(5);
	});

	it("adds up money to the same sum as its run does", async () => {
		const pipeline = footlight("docs-qa").pipeline();
		const prices = [0.1, 0.2, 0.7, 0.1, 0.2, 0.3];
		const { report } = await pipeline
			.map(
				"paid",
				() => prices,
				(price, ctx) => ctx.addCost(price),
			)
			.run();
		expect(report.stages[0]?.spend).toEqual(report.spend);
		expect(report.spend.costUsd).toBe(1.6);
	});

	it.each([
		["gives no step", () => undefined, /^pipeline docs-qa: items of each cannot be read: next\(\) gave undefined, not/],
		["gives a step that cannot be read", () => Object.defineProperty({}, "done", { get: fail }), /^boom$/],
		["throws", fail, /^boom$/],
	])("fails where its source %s, later or at once", async (_, step, message) => {
		for (const next of [step, async () => step()]) {
			const symbol = next === step ? Symbol.iterator : Symbol.asyncIterator;
			const source = { [symbol]: () => ({ next }) } as unknown as Iterable<number>;
			const result = await footlight("docs-qa")
				.pipeline()
				.map(
					"each",
					() => source,
					(item) => item,
				)
				.run();
			expect(result.outcome).toBe("error");
			expect((result as { error?: unknown }).error).toMatchObject({ message: expect.stringMatching(message) });
			expect(result.report.stages[0]).toMatchObject({ outcome: "error" });
		}
	});

	it("of no items gives none", async () => {
		const { outputs, report } = await footlight("docs-qa")
			.pipeline()
			.map(
				"none",
				() => [],
				() => 1,
			)
			.stage("end", ["none"], ({ none }) => none)
			.run();
		expect(outputs).toEqual({ none: [], end: [] });
		expect(report.stages[0]).toMatchObject({ outcome: "ok", attempts: 0, items: [] });
	});

	it("collects the streams that its items give", async () => {
		const { outputs } = await footlight("docs-qa")
			.pipeline()
			.map(
				"letters",
				() => ["ab", "c"],
				async function* (word) {
					yield* word;
				},
			)
			.run();
		expect(outputs).toEqual({ letters: [["a", "b"], ["c"]] });
	});

	it("fails with the first item that does; the rest is cancelled, and what came before it is kept", async () => {
		const clock = manualClock();
		const running = footlight("docs-qa", { clock })
			.pipeline({ concurrency: 2 })
			.map(
				"each",
				() => [1, 2, 3, 4],
				async (item, ctx) => {
					await clock.sleep(item * 10, ctx.signal);
					if (item === 2) throw boom;
					return item;
				},
			)
			.run();
		await clock.advance(1_000);
		const result = await running;
		expect(result).toMatchObject({ outcome: "error", error: boom, outputs: { each: [1] } });
		expect(result.report.stages[0]).toMatchObject({ outcome: "error", error: boom });
		expect(result.report.stages[0]?.items?.map(({ outcome, notRun }) => [outcome, notRun])).toEqual([
			["ok", undefined],
			["error", undefined],
			["cancelled", undefined],
			["cancelled", "run_ended"],
		]);
	});

	it("goes on with the other items in mode continue", async () => {
		const result = await footlight("docs-qa")
			.pipeline({ mode: "continue" })
			.map(
				"each",
				() => [1, 2, 3],
				(item) => {
					if (item === 2) throw boom;
					return item;
				},
			)
			.stage("end", ["each"], () => 1)
			.run();
		expect(result.report.stages[0]?.items?.map(({ outcome }) => outcome)).toEqual(["ok", "error", "ok"]);
		expect(result).toMatchObject({ outcome: "error", outputs: { each: [1] } });
		expect(result.report.stages[1]).toMatchObject({ notRun: "dependency_failed" });
	});

	it("fails where its items cannot be had, and that is seen in the trace", async () => {
		const fail = (): never => {
			throw boom;
		};
		async function* breaking() {
			yield 1;
			throw boom;
		}
		for (const [items, attempts] of [
			[fail, 0],
			[breaking, 1],
		] as const) {
			const tracerProvider = recordingTracerProvider();
			const result = await footlight("docs-qa", { tracerProvider })
				.pipeline()
				.map("each", items as () => number[], () => 1)
				.run();
			expect(result).toMatchObject({ outcome: "error", error: boom });
			expect(result.report.stages[0]).toMatchObject({ outcome: "error", attempts });
			const failed = tracerProvider.spans.filter(({ events }) => events.length > 0);
			expect(failed.map(({ name }) => name)).toEqual(["each"]);
			expect(tracerProvider.openSpans).toBe(0);
		}
		const result = await footlight("docs-qa")
			.pipeline()
			.map("each", (() => 5) as never, () => 1)
			.run();
		expect(String((result as { error?: unknown }).error)).toBe(
			"TypeError: pipeline docs-qa: items of each must be a list or a stream, got 5",
		);
	});
});
