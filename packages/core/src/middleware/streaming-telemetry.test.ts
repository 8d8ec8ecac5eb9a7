// Over 250 lines: one layer, with every way a call may end.
import { expect, expectTypeOf, describe as group, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import {
	ChunkQueue,
	describe,
	type ExporterSetup,
	type FootlightOptions,
	footlight,
	hedge,
	type Middleware,
	observe,
	retry,
	type StreamExporter,
	StreamingBuffer,
	type StreamingTelemetryOptions,
	streamBuffer,
	streamExporter,
	streamingTelemetry,
	streamQueue,
	telemetryFailures,
} from "../index.ts";
import { manualClock, middlewareContract, recordingSink, recordingTracerProvider } from "../testing/index.ts";

const format = { encoding: "pcm_u8", sampleRateHz: 1_000 } as const;
const silent = (): StreamExporter => ({ emit: async () => {}, tryEmit: () => {} });

middlewareContract("streamingTelemetry", () => streamingTelemetry({ buffer: { format }, exporter: silent }), {
	describe: group,
	it,
});

function setUp(options: StreamingTelemetryOptions = {}, more: FootlightOptions = {}) {
	const clock = manualClock();
	const sink = recordingSink();
	const metrics = recordMetrics();
	const closed: string[] = [];
	const exporter = ({ name }: ExporterSetup) => ({ ...silent(), close: () => void closed.push(name) });
	const use = [observe(), streamingTelemetry({ buffer: { format, targetMs: 5 }, exporter, ...options })];
	const light = footlight("docs-qa", {
		...{ use, clock, sinks: [sink], meterProvider: metrics.meterProvider },
		...{ tracerProvider: recordingTracerProvider(), ...more },
	});
	/** All three of the call that runs now, with something in each. */
	function askForAll() {
		const current = light.current();
		const queue = current.value(streamQueue<string>());
		const buffer = current.value(streamBuffer());
		const all = { queue, buffer, exporter: current.value(streamExporter<string>()) };
		queue.put("first");
		buffer.write(new Uint8Array(10));
		return all;
	}
	const events = (name: string) => sink.events.filter((event) => event.name === name).map((event) => event.attributes);
	return { clock, light, sink, metrics, closed, askForAll, events };
}

type Stand = ReturnType<typeof setUp>;
type All = ReturnType<Stand["askForAll"]>;

const swallow = (promise: PromiseLike<unknown>) => promise.then(undefined, () => {});

async function turns(count = 20): Promise<void> {
	for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

group("what a call asks for", () => {
	it("is its own, typed by the key, and the same as often as it asks", async () => {
		const { light } = setUp();
		const ask = light.stage("ask", async () => {
			const current = light.current();
			const queue = current.value(streamQueue<string>());
			expectTypeOf(queue).toEqualTypeOf<ChunkQueue<string>>();
			expectTypeOf(current.value(streamBuffer())).toEqualTypeOf<StreamingBuffer>();
			expectTypeOf(current.value(streamExporter<number>())).toEqualTypeOf<StreamExporter<number>>();
			await null;
			expect(light.current().value(streamQueue())).toBe(queue);
			expect(queue).toBeInstanceOf(ChunkQueue);
			expect(current.value(streamBuffer())).toBeInstanceOf(StreamingBuffer);
			return queue;
		});
		const [one, two] = await Promise.all([ask(), ask()]);
		expect(one).not.toBe(two);
	});

	it("is not made where nobody asks", async () => {
		const made: string[] = [];
		const { light, metrics, events } = setUp({
			exporter: ({ name }) => {
				made.push(name);
				return silent();
			},
		});
		await light.stage("ask", async () => 1)();
		expect(made).toEqual([]);
		expect(await metrics.points("pipeline.stream.queue.capacity")).toEqual([]);
		expect(events("stream.queue_closed")).toEqual([]);
	});

	it("is named after the stage unless it is named, and made with the options", async () => {
		const { light } = setUp({ queue: { capacity: 3 } });
		const named = streamingTelemetry({ queue: { name: "tokens" }, buffer: { name: "speech", format, maxMs: 70 } });
		const names = () => {
			const [queue, buffer] = [light.current().value(streamQueue()), light.current().value(streamBuffer())];
			return [queue.name, queue.capacity, buffer.name, buffer.maxMs];
		};
		expect(light.stage("ask", names)()).toEqual(["ask", 3, "ask", 2_000]);
		expect(light.stage("ask", names, { use: [named] })()).toEqual(["tokens", 100, "speech", 70]);
	});

	it("can be read in every step of a stream, and by layers further in", async () => {
		const seen = new Set<unknown>();
		const looks: Middleware = (next) => (call) => {
			seen.add(call.values.get(streamQueue(), call));
			return next(call);
		};
		const { light } = setUp();
		const count = light.stage(
			"count",
			async function* () {
				for (let item = 0; item < 3; item++) {
					await null;
					seen.add(light.current().value(streamQueue()));
					yield item;
				}
			},
			{ use: [looks, retry()] },
		);
		expect(await Array.fromAsync(count())).toEqual([0, 1, 2]);
		expect(seen.size).toBe(1);
	});

	it("can be read in every step of a stream of any kind", async () => {
		const { light } = setUp();
		const name = () => light.current().value(streamQueue()).name;
		async function* names() {
			for (let item = 0; item < 2; item++) yield name();
		}
		const streams: Record<string, () => unknown> = {
			generator: names,
			promised: async () => names(),
			iterable: () => ({ [Symbol.asyncIterator]: names }),
			web: () =>
				new ReadableStream(
					{
						pull(controller) {
							controller.enqueue(name());
							controller.enqueue(name());
							controller.close();
						},
					},
					{ highWaterMark: 0 },
				),
		};
		for (const [kind, stream] of Object.entries(streams)) {
			const given = (await light.stage(kind, stream)()) as AsyncIterable<string>;
			expect(await Array.fromAsync(given)).toEqual([kind, kind]);
		}
	});

	it("tells of the call it is of, whoever asks for it first", () => {
		const { light, events } = setUp();
		const ask = light.stage("ask", () => {
			const current = light.current();
			light.stage("inner", () => current.value(streamQueue()), { use: [] })();
		});
		ask();
		expect(events("stream.queue_closed").map((said) => said["stage.name"])).toEqual(["ask"]);
	});

	it("is there for the stages of a pipeline and the nodes of a graph", async () => {
		const { light } = setUp();
		const pipeline = light.pipeline().stage("ask", (_: number, ctx) => ctx.value(streamQueue()).name);
		expect((await pipeline.run(1)).outputsOrThrow()).toEqual({ ask: "ask" });
		const graph = light.graph({
			nodes: { node: (_: number, ctx) => ctx.value(streamQueue()).name.length },
			edges: [],
			entry: "node",
		});
		expect(await graph.run(1)).toMatchObject({ output: "node".length });
	});

	it("is refused where no layer gives it", () => {
		const light = footlight("bare", { sinks: [recordingSink()] });
		const reading = (key: Parameters<ReturnType<typeof light.current>["value"]>[0], use: Middleware[] = []) =>
			light.stage("ask", () => light.current().value(key), { use });
		expect(() => light.current().value(streamQueue())).toThrow(
			new TypeError(
				"streamQueue: there is no streamingTelemetry() around this call; give the stage { use: [streamingTelemetry()] }",
			),
		);
		expect(reading(streamExporter())).toThrow(
			"no streamingTelemetry() around stage ask; give the stage { use: [streamingTelemetry({ exporter })] }",
		);
		expect(() => light.run(() => light.current().value(streamBuffer()))).toThrow(
			"no streamingTelemetry() around the run bare; give the stage { use: [streamingTelemetry({ buffer })] }",
		);
		expect(reading(streamBuffer(), [streamingTelemetry()])).toThrow("around this call has no buffer");
		expect(reading(streamExporter(), [streamingTelemetry()])).toThrow("around this call has no exporter");
		expect(reading(streamQueue(), [streamingTelemetry()])).not.toThrow();
	});
});

group("stages side by side (seed 24)", () => {
	it("share nothing: each stage's items, events and figures are its own", async () => {
		const { light, events, metrics, closed } = setUp({ queue: { capacity: 2 } });
		const names = ["one", "two", "three"];
		const through = (items: readonly string[]) => async () => {
			const queue = light.current().value(streamQueue<string>());
			light.current().value(streamExporter());
			const [taken] = await Promise.all([Array.fromAsync(queue), queue.fill(items)]);
			return taken;
		};
		const itemsOf = (name: string) => Array.from({ length: 20 }, (_, index) => `${name} ${index}`);
		const pipeline = light
			.pipeline()
			.stage("one", through(itemsOf("one")))
			.stage("two", through(itemsOf("two")))
			.stage("three", through(itemsOf("three")));
		const runs = await Promise.all([pipeline.run(undefined), pipeline.run(undefined)]);
		for (const run of runs) {
			expect(run.outputsOrThrow()).toEqual(Object.fromEntries(names.map((name) => [name, itemsOf(name)])));
		}
		const told = events("stream.queue_closed").map((said) => [
			said["pipeline.run.id"],
			said["stage.name"],
			said["stream.items_in"],
			said["stream.items_out"],
		]);
		expect(told.sort()).toEqual(runs.flatMap(({ report }) => names.map((name) => [report.runId, name, 20, 20])).sort());
		for (const name of names) {
			const labels = { "stage.name": name, "stream.name": name };
			expect(await metrics.total("pipeline.stream.items", { ...labels, "stream.direction": "out" })).toBe(40);
			expect(await metrics.total("pipeline.stream.queue.capacity", labels)).toBe(0);
		}
		expect(closed.sort()).toEqual(["one", "one", "three", "three", "two", "two"]);
	});
});

group("everything is closed when the call ends", () => {
	type Ends = (stand: Stand, all: (got: All) => void) => unknown;
	const boom = new Error("boom");
	const ways: Readonly<Record<string, { readonly end: Ends; readonly error?: unknown }>> = {
		"with a value": { end: ({ light, askForAll }, all) => light.stage("ask", () => all(askForAll()))() },
		"with a promise's value": {
			end: ({ light, askForAll }, all) =>
				light.stage("ask", async () => {
					all(askForAll());
					await null;
				})(),
		},
		"with an error": {
			error: boom,
			end({ light, askForAll }, all) {
				const ask = light.stage("ask", () => {
					all(askForAll());
					throw boom;
				});
				expect(ask).toThrow(boom);
			},
		},
		"with a rejection": {
			error: boom,
			end: ({ light, askForAll }, all) =>
				swallow(
					light.stage("ask", async () => {
						all(askForAll());
						throw boom;
					})(),
				),
		},
		"with the last item of its stream": {
			async end({ light, askForAll }, all) {
				const ask = light.stage("ask", async function* () {
					all(askForAll());
					yield 1;
				});
				expect(await Array.fromAsync(ask())).toEqual([1]);
			},
		},
		"with an error in its stream": {
			error: boom,
			end({ light, askForAll }, all) {
				const ask = light.stage("ask", async function* () {
					all(askForAll());
					yield 1;
					throw boom;
				});
				return swallow(Array.fromAsync(ask()));
			},
		},
		"when its consumer leaves": {
			async end({ light, askForAll }, all) {
				const ask = light.stage("ask", async function* () {
					all(askForAll());
					yield 1;
					yield 2;
				});
				for await (const _ of ask()) break;
			},
		},
		"when its stream is forgotten, with its run": {
			end: ({ light, askForAll }, all) =>
				light.run({}, async () => {
					const ask = light.stage("ask", async function* () {
						all(askForAll());
						yield 1;
						yield 2;
					});
					await ask().next();
				}),
		},
		"when it is aborted": {
			error: boom,
			end({ light, askForAll }, all) {
				const controller = new AbortController();
				const ask = light.stage("ask", async () => {
					all(askForAll());
					const { signal } = light.current();
					return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
				});
				const asked = light.run({ signal: controller.signal }, () => ask());
				controller.abort(boom);
				return swallow(asked);
			},
		},
	};

	it.each(Object.entries(ways))("%s", async (_, { end, error }) => {
		const stand = setUp();
		let got: All | undefined;
		await end(stand, (all) => {
			got = all;
			expect([all.queue.isClosed, all.buffer.isEnded]).toEqual([false, false]);
		});
		await turns();
		expect([got?.queue.isClosed, got?.buffer.isDone, got?.buffer.snapshot().clearedMs]).toEqual([true, true, 10]);
		expect(stand.closed).toEqual(["ask"]);
		// What was in the queue can still be taken; then it ends as its call did.
		expect(await got?.queue.take()).toEqual({ done: false, value: "first" });
		if (error === undefined) expect(await got?.queue.take()).toEqual({ done: true, value: undefined });
		else await expect(got?.queue.take()).rejects.toBe(error);
		expect(stand.events("stream.queue_closed")).toHaveLength(1);
	});

	it("while a queue that is its result is read: with its last item, or when its consumer leaves", async () => {
		const { light, events } = setUp({ queue: { capacity: 1 } });
		let filled: Promise<unknown> = Promise.resolve();
		const count = light.stage("count", (items: number) => {
			const queue = light.current().value(streamQueue<number>());
			filled = queue.fill(Array.from({ length: items }, (_, item) => item)).catch(() => {});
			return queue;
		});
		expect(await Array.fromAsync(count(3))).toEqual([0, 1, 2]);
		for await (const _ of count(3)) break;
		await filled;
		expect(events("stream.queue_closed").map((said) => said["stream.items_in"])).toEqual([3, 2]);
	});

	it("and what is asked for after that is closed already", async () => {
		const { light, askForAll, closed } = setUp();
		let late = (): All => askForAll();
		light.stage("ask", () => {
			const current = light.current();
			late = () => ({
				queue: current.value(streamQueue<string>()),
				buffer: current.value(streamBuffer()),
				exporter: current.value(streamExporter<string>()),
			});
		})();
		const { queue, buffer } = late();
		expect([queue.isClosed, buffer.isDone, closed]).toEqual([true, true, ["ask"]]);
		await expect(queue.put("late")).rejects.toThrow("[queue_closed] queue ask is closed");
	});
});

group("attempts", () => {
	it.each(["with", "without"])(
		"share nothing, though the layer stands outside of the retry, %s spans",
		async (spans) => {
			const { light } = setUp({}, spans === "with" ? {} : { use: [streamingTelemetry()] });
			const queues: ChunkQueue<number>[] = [];
			const ask = light.stage(
				"ask",
				async () => {
					queues.push(light.current().value(streamQueue<number>()));
					if (queues.length < 3) throw new Error("busy");
					return "answer";
				},
				{ use: [retry({ retryIf: () => true, initialDelayMs: 0, jitter: "none" })] },
			);
			expect(await ask()).toBe("answer");
			expect(new Set(queues).size).toBe(3);
			expect(queues.every((queue) => queue.isClosed)).toBe(true);
		},
	);

	it("of a hedge share nothing", async () => {
		const { light, clock } = setUp();
		const queues: ChunkQueue<number>[] = [];
		const ask = light.stage(
			"ask",
			async () => {
				await clock.sleep(queues.length === 0 ? 50 : 10);
				queues.push(light.current().value(streamQueue<number>()));
			},
			{ use: [hedge({ delayMs: 20 })] },
		);
		const asked = ask();
		await clock.advance(100);
		await asked;
		expect(new Set(queues).size).toBe(2);
	});
});

group("attempts within attempts", () => {
	it("share nothing, though they have one number", async () => {
		const { light, clock } = setUp();
		const queues: ChunkQueue<number>[] = [];
		const attempt = retry({ maxAttempts: 2, retryIf: () => true, initialDelayMs: 30, jitter: "none" });
		const ask = light.stage(
			"ask",
			async () => {
				queues.push(light.current().value(streamQueue<number>()));
				await clock.sleep(40);
				throw new Error("busy");
			},
			{ use: [hedge({ delayMs: 20 }), attempt] },
		);
		const asked = swallow(ask());
		await clock.advance(500);
		await asked;
		expect(queues).toHaveLength(4);
		expect(new Set(queues).size).toBe(4);
	});
});

group("an exporter", () => {
	const asks = (light: Stand["light"]) => light.stage("ask", () => light.current().value(streamExporter()));

	it("that was given is shared, and stays open", () => {
		const closed: string[] = [];
		const shared = { ...silent(), close: () => void closed.push("closed") };
		const { light } = setUp({ exporter: shared });
		expect([asks(light)(), asks(light)()]).toEqual([shared, shared]);
		expect(closed).toEqual([]);
	});

	it("of a call is closed without the call waiting, whatever it does", async () => {
		const failures = () => telemetryFailures().get("exporter") ?? 0;
		const before = failures();
		const closings: (() => unknown)[] = [
			() => new Promise(() => {}),
			async () => Promise.reject(new Error("boom")),
			() => {
				throw new Error("boom");
			},
		];
		for (const close of closings) {
			const { light } = setUp({ exporter: () => ({ ...silent(), close }) });
			expect(asks(light)()).toHaveProperty("close");
		}
		await turns();
		expect(failures() - before).toBe(2);
	});

	it("that cannot be made takes nothing, and the call goes on", async () => {
		const before = telemetryFailures().get("exporter") ?? 0;
		const broken = new Error("no such host");
		const { light } = setUp({
			exporter: () => {
				throw broken;
			},
		});
		const event = { name: "answer.cited", timeMs: 0, attributes: {} };
		const exporter = asks(light)();
		expect(() => exporter.tryEmit(event)).not.toThrow();
		await expect(exporter.emit(event)).rejects.toBe(broken);
		expect(telemetryFailures().get("exporter")).toBe(before + 1);
	});

	it("of a call tells of what it had no room for as an event of the call", () => {
		const overflow = { dropped: 2, total: 5, size: 10, capacity: 10 };
		const { light, events } = setUp({
			exporter: ({ onOverflow }) => ({ ...silent(), tryEmit: () => onOverflow(overflow) }),
		});
		const ask = light.stage("ask", () => light.current().value(streamExporter<string>()).tryEmit("item"));
		light.run({ runId: "run-1" }, () => ask());
		expect(events("analytics.overflow")).toEqual([
			{
				"pipeline.name": "docs-qa",
				"pipeline.run.id": "run-1",
				"stage.name": "ask",
				"exporter.name": "ask",
				"analytics.dropped": 2,
				"analytics.total_dropped": 5,
				"analytics.buffer_size": 10,
				"analytics.capacity": 10,
			},
		]);
	});
});

group("its options", () => {
	it("are checked when the layer is made", () => {
		const make = (options: unknown) => () => streamingTelemetry(options as StreamingTelemetryOptions);
		expect(make({ queues: {} })).toThrow(
			'streamingTelemetry: unknown option "queues"; known options are queue, buffer, exporter',
		);
		expect(make({ queue: 5 })).toThrow(TypeError);
		expect(make({ queue: { capacity: 0 } })).toThrow("ChunkQueue: capacity must be a positive integer, got 0");
		expect(make({ buffer: {} })).toThrow("StreamingBuffer: needs a format, or a durationOf its chunks");
		expect(make({ exporter: {} })).toThrow("streamingTelemetry: exporter must have a method emit, got an object");
	});

	it("are shown", () => {
		const { light } = setUp({}, { use: [observe()] });
		const shown = (options: StreamingTelemetryOptions) =>
			String(describe(light.stage("ask", () => 1, { use: [streamingTelemetry(options)] }))).split(" > ")[1];
		expect(shown({})).toBe("streamingTelemetry");
		expect(
			shown({ queue: { capacity: 16, policy: "drop-oldest" }, buffer: { format, maxMs: 500 }, exporter: silent }),
		).toBe("streamingTelemetry(capacity: 16, policy: drop-oldest, maxMs: 500, exporter: per call)");
		expect(shown({ exporter: silent() })).toBe("streamingTelemetry(exporter: shared)");
	});

	it("take chunks and items of any type", () => {
		streamingTelemetry({
			queue: { maxBytes: 10, sizeOf: (item: string) => item.length },
			buffer: { durationOf: (chunk: { ms: number }) => chunk.ms },
			exporter: ({ name, onOverflow }) => {
				expectTypeOf(name).toEqualTypeOf<string>();
				expectTypeOf(onOverflow).toBeFunction();
				return { emit: async (_: number) => {}, tryEmit: (_: number) => {} };
			},
		});
	});
});
