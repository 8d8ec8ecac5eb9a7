import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { CancelledError, footlight } from "../index.ts";
import { manualClock, recordingTracerProvider } from "../testing/index.ts";

const boom = new Error("boom");

async function* words(...given: string[]): AsyncGenerator<string> {
	yield* given;
}

function webStream(...given: string[]): ReadableStream<string> {
	return new ReadableStream({
		pull(controller) {
			const item = given.shift();
			if (item === undefined) controller.close();
			else controller.enqueue(item);
		},
	});
}

describe("a stream at the end", () => {
	it.each([
		["an async generator", () => words("a", "b")],
		["a promise of one", async () => words("a", "b")],
		["a generator", () => ["a", "b"].values()],
		["a web stream", () => webStream("a", "b")],
		["a Node stream", () => Readable.from(["a", "b"])],
	])("is collected: %s", async (_, run: () => unknown) => {
		for (const options of [{}, { tracerProvider: recordingTracerProvider() }]) {
			const result = await footlight("docs-qa", options).pipeline().stage("end", run).run();
			expect(result.outputs).toEqual({ end: ["a", "b"] });
			expect(result.report.stages[0]).toMatchObject({ outcome: "ok" });
		}
	});

	it("lasts as its stage does", async () => {
		const clock = manualClock();
		const running = footlight("docs-qa", { clock })
			.pipeline()
			.stage("end", async function* () {
				await clock.sleep(10);
				yield 1;
				await clock.sleep(20);
			})
			.run();
		await clock.advance(100);
		expect((await running).report.stages[0]).toMatchObject({ durationMs: 30, attempts: 1 });
	});

	it("that fails midway leaves what there was", async () => {
		const result = await footlight("docs-qa")
			.pipeline()
			.stage("end", async function* () {
				yield "a";
				throw boom;
			})
			.run();
		expect(result).toMatchObject({ outcome: "error", error: boom, outputs: { end: ["a"] } });
		expect(result.report.stages[0]).toMatchObject({ outcome: "error", error: boom });
	});

	it("that is stopped midway leaves what there was, and is closed", async () => {
		const clock = manualClock();
		let closed = false;
		const running = footlight("docs-qa", { clock })
			.pipeline({ timeoutMs: 25 })
			.stage("end", async function* (_, ctx) {
				try {
					for (let item = 0; ; item++) {
						yield item;
						await clock.sleep(10, ctx.signal);
					}
				} finally {
					closed = true;
				}
			})
			.run();
		await clock.advance(100);
		expect(await running).toMatchObject({ outcome: "timeout", outputs: { end: [0, 1, 2] } });
		expect(closed).toBe(true);
	});
});

describe("a stream between two stages", () => {
	it("is handed on as it is, and its stage lasts as long as it", async () => {
		const clock = manualClock();
		const given = words("a", "b");
		let received: unknown;
		const running = footlight("docs-qa", { clock })
			.pipeline({ concurrency: 1 })
			.stage("words", () => given)
			.stage("count", ["words"], async (inputs) => {
				received = inputs.words;
				let count = 0;
				for await (const _ of inputs.words) {
					count++;
					await clock.sleep(10);
				}
				return count;
			})
			.run();
		await clock.advance(100);
		const { outputs, report } = await running;
		expect(outputs).toEqual({ words: undefined, count: 2 });
		expect(received).toBe(given);
		expect(report.stages.map(({ durationMs }) => durationMs)).toEqual([20, 20]);
	});

	it("that fails is the failure of the stage that gives it; whoever reads it fails with the same", async () => {
		const tracerProvider = recordingTracerProvider();
		const result = await footlight("docs-qa", { tracerProvider })
			.pipeline({ mode: "continue" })
			.stage("words", async function* () {
				yield "a";
				throw boom;
			})
			.stage("count", ["words"], async ({ words }) => {
				for await (const _ of words);
			})
			.run();
		expect(result.report.stages.map(({ outcome, error }) => [outcome, error === boom])).toEqual([
			["error", true],
			["error", true],
		]);
		const recorded = tracerProvider.spans.filter(({ events }) => events.length > 0);
		expect(recorded.map(({ name }) => name)).toEqual(["words"]);
	});

	it("that its reader leaves, or never reads, is cancelled, and the run is none the worse", async () => {
		const closed: string[] = [];
		const endless = (name: string) =>
			async function* () {
				try {
					for (;;) yield name;
				} finally {
					closed.push(name);
				}
			};
		const result = await footlight("docs-qa")
			.pipeline()
			.stage("left", endless("left"))
			.stage("unread", endless("unread"))
			.stage("end", ["left", "unread"], async ({ left }) => {
				for await (const word of left) return word;
				return undefined;
			})
			.run();
		expect(result).toMatchObject({ outcome: "ok", outputs: { end: "left" } });
		expect(result.report.stages.map(({ outcome }) => outcome)).toEqual(["cancelled", "cancelled", "ok"]);
		expect(result.report.stages[0]?.error).toBeInstanceOf(CancelledError);
		expect(closed).toEqual(["left"]);
	});

	it("is refused where two stages would read it, and closed", async () => {
		let closed = false;
		const stream = () =>
			new ReadableStream({
				cancel() {
					closed = true;
				},
			});
		for (const options of [{}, { tracerProvider: recordingTracerProvider() }]) {
			closed = false;
			const result = await footlight("docs-qa", options)
				.pipeline()
				.stage("words", async () => stream())
				.stage("one", ["words"], () => 1)
				.stage("two", ["words"], () => 2)
				.run();
			expect(result.outcome).toBe("error");
			expect(String((result as { error?: unknown }).error)).toBe(
				"TypeError: pipeline docs-qa: words gives a stream, and more than one stage depends on it; " +
					"set tee: true on it, so that each gets all items, or collect the items in it",
			);
			expect(result.report.stages.map(({ outcome }) => outcome)).toEqual(["error", "cancelled", "cancelled"]);
			expect(closed).toBe(true);
		}
	});

	it("cannot be read a second time by a stage that is retried", async () => {
		let calls = 0;
		const result = await footlight("docs-qa")
			.pipeline()
			.stage("words", () => words("a", "b"))
			.stage(
				"count",
				["words"],
				async ({ words }) => {
					calls++;
					for await (const _ of words);
					throw boom;
				},
				{ use: [(next) => async (call) => Promise.resolve(next(call)).catch(() => next({ ...call, attempt: 2 }))] },
			)
			.run();
		expect(calls).toBe(1);
		expect(result.report.stages[1]).toMatchObject({ outcome: "error", attempts: 1 });
		expect(String((result as { error?: unknown }).error)).toContain(
			"count was to be called again, but the stream of words has been read",
		);
	});
});

describe("a shared stream", () => {
	it("gives all items to each reader", async () => {
		for (const run of [() => words("a", "b", "c"), () => webStream("a", "b", "c"), () => ["a", "b", "c"].values()]) {
			const { outputs } = await footlight("docs-qa")
				.pipeline({ concurrency: 1 })
				.stage("words", run as () => AsyncGenerator<string>, { tee: true })
				.stage("joined", ["words"], async ({ words }) => (await Array.fromAsync(words)).join(""))
				.stage("first", ["words"], async ({ words }) => (await words.next()).value)
				.stage("unread", ["words"], () => 1, { when: () => false })
				.stage("end", ["words"], ({ words }) => words)
				.run();
			expect(outputs).toEqual({ words: undefined, joined: "abc", first: "a", unread: undefined, end: ["a", "b", "c"] });
		}
	});

	it("goes at the pace of its slowest reader, and keeps no more than a few items", async () => {
		let made = 0;
		let most = 0;
		const read = { fast: 0, slow: 0 };
		const clock = manualClock();
		const running = footlight("docs-qa", { clock })
			.pipeline({ concurrency: 1 })
			.stage(
				"numbers",
				async function* () {
					for (; made < 100; made++) {
						most = Math.max(most, made - Math.min(read.fast, read.slow));
						yield made;
					}
				},
				{ tee: true },
			)
			.stage("fast", ["numbers"], async ({ numbers }) => {
				for await (const _ of numbers) read.fast++;
			})
			.stage("slow", ["numbers"], async ({ numbers }) => {
				for await (const _ of numbers) {
					read.slow++;
					await clock.sleep(1);
				}
			})
			.run();
		await clock.advance(1_000);
		expect((await running).outcome).toBe("ok");
		expect(read).toEqual({ fast: 100, slow: 100 });
		expect(most).toBeLessThanOrEqual(18);
	});

	it("fails for every reader with what it failed with, recorded once", async () => {
		const tracerProvider = recordingTracerProvider();
		const read = async ({ words }: { words: AsyncIterable<string> }) => Array.fromAsync(words);
		const result = await footlight("docs-qa", { tracerProvider })
			.pipeline({ mode: "continue" })
			.stage(
				"words",
				async function* () {
					yield "a";
					throw boom;
				},
				{ tee: true },
			)
			.stage("one", ["words"], read)
			.stage("two", ["words"], read)
			.run();
		expect(result.report.stages.map(({ error }) => error === boom)).toEqual([true, true, true]);
		expect(tracerProvider.spans.filter(({ events }) => events.length > 0).map(({ name }) => name)).toEqual(["words"]);
	});

	it("is over for a reader whose stage has ended: it does not seem to have no more items", async () => {
		let late: AsyncIterator<string> | undefined;
		await footlight("docs-qa")
			.pipeline()
			.stage("words", () => words("a", "b"), { tee: true })
			.stage("keeps", ["words"], ({ words }) => {
				late = words;
				return 1;
			})
			.stage("reads", ["words"], ({ words }) => Array.fromAsync(words))
			.run();
		await expect(late?.next()).rejects.toThrow("was read after the stage that it was given to had ended");
	});
});

describe("stream()", () => {
	const answers = (light = footlight("docs-qa")) =>
		light
			.pipeline()
			.stage("words", (input: string) => input.split(" "))
			.stage("answer", ["words"], async function* ({ words }) {
				yield* words;
			});

	it("gives the items as they come, and the result at the end", async () => {
		const stream = answers().stream("to be or");
		const items: string[] = [];
		for await (const item of stream) items.push(item);
		expect(items).toEqual(["to", "be", "or"]);
		expect(await stream.result).toMatchObject({ outcome: "ok", outputs: { words: items, answer: items } });
		expect(await stream.next()).toEqual({ done: true, value: undefined });
	});

	it("reads an item when it is asked for one", async () => {
		let made = 0;
		const stream = footlight("docs-qa")
			.pipeline()
			.stage("numbers", async function* () {
				for (;;) yield made++;
			})
			.stream();
		await stream.next();
		await stream.next();
		expect(made).toBe(2);
		await stream.return();
	});

	it("cancels the run when its loop is left", async () => {
		let closed = false;
		const tracerProvider = recordingTracerProvider();
		const stream = footlight("docs-qa", { tracerProvider })
			.pipeline()
			.stage("numbers", async function* () {
				try {
					for (let number = 0; ; number++) yield number;
				} finally {
					closed = true;
				}
			})
			.stream();
		for await (const number of stream) if (number === 2) break;
		const result = await stream.result;
		expect(result).toMatchObject({ outcome: "cancelled", outputs: { numbers: [0, 1, 2] } });
		expect(closed).toBe(true);
		expect(tracerProvider.openSpans).toBe(0);
		expect(
			tracerProvider.spans.map(({ name, attributes: { outcome }, status }) => [name, outcome, status.code]),
		).toEqual([
			["numbers", "cancelled", 0],
			["docs-qa", "cancelled", 0],
		]);
	});

	it("cancels while an item is waited for", async () => {
		const clock = manualClock();
		const stream = footlight("docs-qa", { clock })
			.pipeline()
			.stage("numbers", async function* (_, ctx) {
				await clock.sleep(1_000, ctx.signal);
				yield 1;
			})
			.stream();
		const waiting = stream.next();
		await stream.return();
		expect((await stream.result).outcome).toBe("cancelled");
		expect(await waiting).toEqual({ done: true, value: undefined });
	});

	it("throws what the run failed with, whichever stage it was", async () => {
		const early = footlight("docs-qa")
			.pipeline()
			.stage("bad", async (): Promise<string> => {
				throw boom;
			})
			.stage("answer", ["bad"], async function* ({ bad }) {
				yield bad;
			})
			.stream();
		await expect(Array.fromAsync(early)).rejects.toBe(boom);
		expect(await early.result).toMatchObject({ outcome: "error", error: boom });
		const midway = footlight("docs-qa")
			.pipeline()
			.stage("answer", async function* () {
				yield 1;
				throw boom;
			})
			.stream();
		expect(await midway.next()).toEqual({ done: false, value: 1 });
		await expect(midway.next()).rejects.toBe(boom);
		expect(await midway.result).toMatchObject({ outcome: "error", outputs: { answer: [1] } });
	});

	it("ends at the deadline though nobody reads", async () => {
		const clock = manualClock();
		const stream = answers(footlight("docs-qa", { clock })).stream("a b", { timeoutMs: 10 });
		await stream.next();
		await clock.advance(10);
		expect(await stream.result).toMatchObject({ outcome: "timeout", outputs: { answer: ["a"] } });
		await expect(stream.next()).rejects.toThrow("did not settle within 10 ms");
	});

	it("refuses to choose between two streams", async () => {
		const stream = footlight("docs-qa")
			.pipeline()
			.stage("one", () => words("a"))
			.stage("two", () => words("b"))
			.stream();
		await expect(Array.fromAsync(stream)).rejects.toThrow(
			"one and two both end in a stream, and stream() can give only one; use run()",
		);
	});
});
