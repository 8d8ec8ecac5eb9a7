import { metrics } from "@opentelemetry/api";
import { afterEach, describe, expect, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import { ChunkQueue, type ChunkQueueOptions, footlight, telemetryFailures } from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";
import { manualClock, recordingSink } from "../testing/index.ts";

const recorded = registerSdk({ events: true });

afterEach(() => {
	recorded.reset();
	metrics.disable();
});

function heardQueue(options: Partial<ChunkQueueOptions<number>> = {}) {
	const clock = manualClock();
	const events: Record<string, unknown>[] = [];
	const queue = new ChunkQueue<number>({
		name: "tokens",
		capacity: 10,
		clock,
		onEvent: (name, attributes) => events.push({ event: name.slice("stream.".length), ...attributes }),
		...options,
	});
	const heard = (event: string) => events.filter((one) => one.event === event);
	return { queue, clock, events, heard };
}

function fill(queue: ChunkQueue<number>, items: number): void {
	for (let item = 0; item < items; item++) void queue.put(item)?.catch(() => {});
}

describe("events", () => {
	it("tell of a blocked producer while it is blocked, and not after (seed 19)", () => {
		const { queue, heard } = heardQueue({ capacity: 1 });
		fill(queue, 2);
		expect(heard("producer_blocked")).toEqual([
			{
				event: "producer_blocked",
				"stream.name": "tokens",
				"stream.blocked_producers": 1,
				"stream.blocked_ms": 0,
				"stream.queue_size": 1,
				"stream.capacity": 1,
			},
		]);
	});

	it("tell of a producer that blocks soon after another, as long as it lasts", async () => {
		const { queue, clock, heard } = heardQueue({ capacity: 1 });
		fill(queue, 2);
		queue.tryTake();
		queue.put(3);
		expect(heard("producer_blocked")).toHaveLength(1);
		await clock.advance(1_000);
		expect(heard("producer_blocked")[1]).toMatchObject({ "stream.blocked_producers": 1, "stream.blocked_ms": 1_000 });
		await clock.advance(10_000);
		expect(heard("producer_blocked")).toHaveLength(2);
	});

	it("tell of throttling at the high water mark, and of its end as soon as the queue is drained (seed 19)", async () => {
		const { queue, clock, events } = heardQueue();
		fill(queue, 7);
		expect(events).toEqual([]);
		fill(queue, 1);
		expect(queue.isThrottled).toBe(true);
		await clock.advance(40);
		queue.takeMany(5);
		expect(queue.isThrottled).toBe(true);
		queue.tryTake();
		expect(queue.isThrottled).toBe(false);
		const common = { "stream.name": "tokens", "stream.capacity": 10 };
		expect(events).toEqual([
			{ event: "throttle_started", ...common, "stream.fill_ratio": 0.8, "stream.queue_size": 8 },
			{
				event: "throttle_ended",
				...common,
				"stream.fill_ratio": 0.2,
				"stream.queue_size": 2,
				"stream.throttled_ms": 40,
			},
		]);
	});

	it("end the throttling of a queue that is closed, and its time", async () => {
		const { queue, clock, heard } = heardQueue();
		fill(queue, 8);
		await clock.advance(40);
		queue.close();
		await clock.advance(5_000);
		queue.takeMany();
		expect(heard("throttle_ended")).toMatchObject([{ "stream.throttled_ms": 40, "stream.queue_size": 8 }]);
		expect(queue.snapshot().throttledMs).toBe(40);
	});

	it("do not flap between the water marks", () => {
		const { queue, events } = heardQueue({ eventIntervalMs: 0 });
		fill(queue, 8);
		for (let turn = 0; turn < 50; turn++) {
			queue.tryTake();
			queue.put(turn);
		}
		expect(events.map(({ event }) => event)).toEqual(["throttle_started"]);
	});

	it("sum a flood of drops, and in sum tell of each", async () => {
		const { queue, clock, heard } = heardQueue({ policy: "drop-oldest" });
		fill(queue, 10_010);
		expect(heard("chunk_dropped")).toHaveLength(1);
		await clock.advance(1_000);
		fill(queue, 500);
		queue.close();
		const dropped = heard("chunk_dropped").map((event) => event["stream.dropped"]);
		expect(dropped).toEqual([1, 9_999, 500]);
		expect(queue.snapshot().totalDropped).toBe(10_500);
	});

	it("tell once that the queue is closed, with what was (seed 20)", async () => {
		const { queue, clock, heard } = heardQueue({ capacity: 2 });
		fill(queue, 4);
		await clock.advance(25);
		queue.tryTake();
		queue.close();
		queue.close();
		queue.fail(new Error("too late"));
		expect(heard("queue_closed")).toEqual([
			{
				event: "queue_closed",
				"stream.name": "tokens",
				"stream.queue_size": 2,
				"stream.items_in": 3,
				"stream.items_out": 1,
				"stream.items_dropped": 1,
				"stream.blocked_puts": 2,
				"stream.blocked_ms": 50,
				"stream.peak_size": 2,
			},
		]);
		expect(heard("chunk_dropped")).toMatchObject([{ "stream.drop_reason": "closed", "stream.dropped": 1 }]);
	});

	it("tell what the queue failed with", () => {
		const { queue, heard } = heardQueue();
		queue.fail(Object.assign(new Error("reset"), { code: "ECONNRESET" }));
		expect(heard("queue_closed")).toMatchObject([{ "error.type": "ECONNRESET" }]);
	});

	it("stand on the span of the call that the queue was made in, whoever uses it", () => {
		const sink = recordingSink();
		const light = footlight("docs-qa", { sinks: [sink] });
		const answer = light.stage("answer", () => {
			const queue = new ChunkQueue<number>({ name: "tokens", capacity: 1, policy: "drop-newest" });
			light.stage("other", () => fill(queue, 2))();
			return "answer";
		});
		answer();
		expect(recorded.span("answer").events.map(({ name }) => name)).toContain("stream.chunk_dropped");
		expect(recorded.span("other").events).toEqual([]);
		const dropped = sink.events.find(({ name }) => name === "stream.chunk_dropped");
		expect(dropped?.attributes).toMatchObject({ "stage.name": "answer", "stream.name": "tokens" });
	});

	it("are log records where the queue belongs to no call", () => {
		const queue = new ChunkQueue<number>({ name: "tokens" });
		queue.close();
		expect(recorded.records().map(({ eventName }) => eventName)).toEqual(["stream.queue_closed"]);
	});

	it("change nothing, whatever hears them", () => {
		const failuresBefore = telemetryFailures().get("stream listener") ?? 0;
		const queue: ChunkQueue<number> = new ChunkQueue<number>({
			name: "tokens",
			capacity: 1,
			policy: "drop-oldest",
			onEvent() {
				queue.tryPut(9);
				throw new Error("no");
			},
		});
		fill(queue, 3);
		queue.close();
		expect(queue.takeMany()).toEqual([2]);
		expect(telemetryFailures().get("stream listener")).toBeGreaterThan(failuresBefore);
	});

	it.each([0, 1_000])("tell a listener of the drops it causes itself, too (every %i ms)", async (eventIntervalMs) => {
		const clock = manualClock();
		let told = 0;
		let own = 0;
		const listened: string[] = [];
		const queue: ChunkQueue<number> = new ChunkQueue<number>({
			...{ name: "tokens", capacity: 2, policy: "drop-oldest", highWaterRatio: 1, clock, eventIntervalMs },
			onEvent(name, attributes) {
				listened.push(name);
				if (name === "stream.chunk_dropped") told += attributes["stream.dropped"] as number;
				// By what it hears of throttling, of a drop and of the end.
				if (own < 3) {
					own++;
					queue.tryPut(9);
				}
			},
		});
		fill(queue, 2);
		await clock.advance(1_000);
		fill(queue, 1);
		await clock.advance(1_000);
		queue.close();
		await clock.advance(1_000);
		expect(listened[0]).toBe("stream.throttle_started");
		expect([told, own]).toEqual([queue.snapshot().totalDropped, 3]);
		expect(told).toBe(4);
	});

	it("tell a listener of all drops that closes the queue as it hears of one", async () => {
		const clock = manualClock();
		let told = 0;
		const queue: ChunkQueue<number> = new ChunkQueue<number>({
			...{ name: "tokens", capacity: 1, clock },
			onEvent(name, attributes) {
				if (name === "stream.chunk_dropped") told += attributes["stream.dropped"] as number;
				queue.close();
			},
		});
		fill(queue, 3);
		await clock.advance(1_000);
		expect([told, queue.snapshot().totalDropped]).toEqual([2, 2]);
	});

	it("go on where a listener always drops one more", async () => {
		const clock = manualClock();
		let told = 0;
		const queue: ChunkQueue<number> = new ChunkQueue<number>({
			...{ name: "tokens", capacity: 1, policy: "drop-newest", clock, eventIntervalMs: 0 },
			onEvent(_, attributes) {
				told += (attributes["stream.dropped"] as number | undefined) ?? 0;
				queue.tryPut(9);
			},
		});
		fill(queue, 2);
		for (let ms = 0; ms < 5; ms++) await clock.advance(1);
		expect(queue.snapshot().totalDropped - told).toBe(1);
		expect(told).toBeGreaterThan(4);
	});

	it("keep no process alive", async () => {
		const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
		const before = timers();
		const queue = new ChunkQueue<number>({ name: "tokens", capacity: 10 });
		fill(queue, 12);
		const late = queue.put(13, { timeoutMs: 60_000 });
		expect(timers()).toBe(before + 1);
		queue.close();
		await expect(late).rejects.toMatchObject({ code: "queue_closed" });
		expect(timers()).toBe(before);
	});
});

describe("metrics", () => {
	const labels = { "stream.name": "tokens" };

	it("add up the queues of one name, with the stage that they were made in", async () => {
		const { meterProvider, total, points } = recordMetrics();
		const light = footlight("docs-qa", { meterProvider });
		const make = light.stage("answer", () => [new ChunkQueue<number>({ name: "tokens", capacity: 4 })]);
		const queues = [make()[0], make()[0]] as ChunkQueue<number>[];
		for (const queue of queues) fill(queue, 3);
		queues[0]?.takeMany();
		expect(await points("pipeline.stream.queue.depth")).toEqual([
			{ attributes: { "pipeline.name": "docs-qa", "stage.name": "answer", ...labels }, value: 3 },
		]);
		expect(await total("pipeline.stream.queue.capacity")).toBe(8);
		expect(await total("pipeline.stream.items", { "stream.direction": "in" })).toBe(6);
		expect(await total("pipeline.stream.items", { "stream.direction": "out" })).toBe(3);
		expect(await points("pipeline.stream.time_to_first_item")).toMatchObject([{ value: 1 }]);
		for (const queue of queues) queue.close();
		expect(await total("pipeline.stream.queue.capacity")).toBe(0);
		expect(await total("pipeline.stream.items", { "stream.direction": "in" })).toBe(6);
	});

	it("have every reason for a drop, born at zero", async () => {
		const { meterProvider, points } = recordMetrics();
		metrics.setGlobalMeterProvider(meterProvider);
		new ChunkQueue({ name: "tokens" });
		const reasons = (await points("pipeline.stream.dropped", labels)).map((point) => [
			point.attributes["stream.drop_reason"],
			point.value,
		]);
		expect(reasons).toEqual(
			["drop_oldest", "drop_newest", "rejected", "timeout", "cancelled", "closed"].map((reason) => [reason, 0]),
		);
	});

	it("let blocked and throttled time grow while they last (seed 19)", async () => {
		const { meterProvider, total } = recordMetrics();
		metrics.setGlobalMeterProvider(meterProvider);
		const { queue, clock } = heardQueue({ capacity: 1 });
		fill(queue, 3);
		await clock.advance(500);
		expect(await total("pipeline.stream.producer.blocked_time", labels)).toBe(1);
		await clock.advance(500);
		expect(await total("pipeline.stream.producer.blocked_time", labels)).toBe(2);
		expect(await total("pipeline.stream.throttled_time", labels)).toBe(1);
	});

	it("never let blocked or throttled time fall as queues end, whatever their fractions add up to", async () => {
		const { meterProvider, total } = recordMetrics();
		metrics.setGlobalMeterProvider(meterProvider);
		const clock = manualClock();
		const queues: ChunkQueue<number>[] = [];
		for (let count = 1; count <= 50; count++) {
			const queue = new ChunkQueue<number>({ name: "tokens", capacity: 1, clock });
			queues.push(queue);
			fill(queue, 2);
			await clock.advance(Math.sqrt(count));
		}
		for (const queue of queues) while (queue.tryTake() !== undefined);
		const blocked = await total("pipeline.stream.producer.blocked_time");
		const throttled = await total("pipeline.stream.throttled_time");
		expect(Math.min(blocked, throttled)).toBeGreaterThan(1);
		for (const queue of queues.toReversed()) {
			queue.close();
			expect(await total("pipeline.stream.producer.blocked_time")).toBe(blocked);
			expect(await total("pipeline.stream.throttled_time")).toBe(throttled);
		}
	});

	it("hold the most that waited since the last collection", async () => {
		const { meterProvider, total } = recordMetrics();
		metrics.setGlobalMeterProvider(meterProvider);
		const { queue } = heardQueue();
		fill(queue, 6);
		queue.takeMany(5);
		expect(await total("pipeline.stream.queue.depth_max")).toBe(6);
		expect(await total("pipeline.stream.queue.depth_max")).toBe(1);
		expect(queue.snapshot().peakSize).toBe(6);
	});

	it("know of all that a queue did before there was a provider", async () => {
		const { queue } = heardQueue({ capacity: 200 });
		fill(queue, 100);
		const { meterProvider, total } = recordMetrics();
		metrics.setGlobalMeterProvider(meterProvider);
		fill(queue, 64);
		expect(await total("pipeline.stream.items", { "stream.direction": "in" })).toBe(164);
	});

	it("keep what a queue counted, and nothing of its depth, when it is garbage", async () => {
		const { meterProvider, total } = recordMetrics();
		metrics.setGlobalMeterProvider(meterProvider);
		(() => fill(new ChunkQueue<number>({ name: "tokens", capacity: 5 }), 8))();
		expect(await total("pipeline.stream.queue.depth")).toBe(5);
		for (let turn = 0; turn < 20 && (await total("pipeline.stream.queue.capacity")) > 0; turn++) {
			globalThis.gc?.();
			await new Promise(setImmediate);
		}
		expect(await total("pipeline.stream.queue.depth")).toBe(0);
		expect(await total("pipeline.stream.queue.capacity")).toBe(0);
		expect(await total("pipeline.stream.items", { "stream.direction": "in" })).toBe(5);
	});

	it("share one series where there are too many names", async () => {
		const { meterProvider, points, total } = recordMetrics();
		metrics.setGlobalMeterProvider(meterProvider);
		const queues = Array.from({ length: 1_510 }, (_, id) => new ChunkQueue<number>({ name: `user-${id}` }));
		for (const queue of queues) fill(queue, 1);
		const depths = await points("pipeline.stream.queue.depth");
		expect(depths).toHaveLength(1_501);
		expect(depths.find(({ attributes }) => attributes["otel.metric.overflow"])?.value).toBe(10);
		expect(await total("pipeline.telemetry.dropped")).toBe(10);
	});
});
