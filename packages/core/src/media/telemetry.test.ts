import { setImmediate as nextTurn } from "node:timers/promises";
import { metrics as api } from "@opentelemetry/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import { footlight, type PcmFormat, StreamingBuffer, telemetryFailures } from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";
import { manualClock, recordingSink } from "../testing/index.ts";

const format: PcmFormat = { encoding: "pcm_u8", sampleRateHz: 1_000 };
const sdk = registerSdk({ events: true });
const fillName = "pipeline.stream.buffer.fill";
const eventsName = "pipeline.stream.buffer.events";

beforeEach(() => sdk.reset());
afterEach(() => api.disable());

/** A buffer made in a stage, and what it was seen to say. */
function setUp() {
	const clock = manualClock();
	const metrics = recordMetrics();
	const sink = recordingSink();
	const light = footlight("call", { clock, sinks: [sink], meterProvider: metrics.meterProvider });
	const make = (name = "speech") => {
		let buffer: StreamingBuffer | undefined;
		light.stage("play", () => {
			buffer = new StreamingBuffer({ name, format, targetMs: 20, maxMs: 100 });
		})();
		return buffer as StreamingBuffer;
	};
	return { clock, metrics, sink, light, make };
}

/** Runs into everything a buffer tells of. */
function useUp(buffer: StreamingBuffer): void {
	buffer.write(new Uint8Array(125));
	buffer.read(80);
	buffer.read(80);
	buffer.write(new Uint8Array(30));
	buffer.read(20);
}

describe("the events of a buffer", () => {
	it("belong to the call it was made in, whoever uses it", () => {
		const { sink, make, light } = setUp();
		const buffer = make();
		light.stage("other", () => useUp(buffer))();
		expect(sink.events.map(({ name }) => name)).toEqual([
			"stream.buffer_overflow",
			"stream.buffer_underrun",
			"stream.buffer_recovered",
		]);
		for (const { attributes } of sink.events) {
			expect(attributes).toMatchObject({
				"pipeline.name": "call",
				"stage.name": "play",
				"stream.name": "speech",
			});
		}
		expect(sink.events.map(({ attributes }) => attributes)).toMatchObject([
			{ "stream.dropped_ms": 25, "stream.buffer_ms": 100, "stream.max_buffer_ms": 100 },
			{ "stream.requested_ms": 80, "stream.buffer_ms": 20 },
			{ "stream.buffer_ms": 30, "stream.underrun_ms": 0 },
		]);
	});

	it("are log records where it belongs to no call", () => {
		useUp(new StreamingBuffer({ name: "alone", format, targetMs: 20, maxMs: 100 }));
		expect(sdk.records().map(({ eventName, attributes }) => [eventName, attributes["stream.name"]])).toEqual([
			["stream.buffer_overflow", "alone"],
			["stream.buffer_underrun", "alone"],
			["stream.buffer_recovered", "alone"],
		]);
	});

	it("of a flood of overflows are few, and tell all that was dropped", async () => {
		const { clock, sink, metrics, make } = setUp();
		const buffer = make();
		buffer.write(new Uint8Array(100));
		for (let chunk = 0; chunk < 250; chunk++) {
			buffer.write(new Uint8Array(3));
			await clock.advance(10);
		}
		expect(sink.events).toHaveLength(3);
		buffer.end();
		const dropped = sink.events.map(({ attributes }) => attributes["stream.dropped_ms"] as number);
		expect(dropped).toEqual([3, 300, 300, 147]);
		expect(buffer.snapshot()).toMatchObject({ droppedMs: 750, overflows: 250 });
		expect(await metrics.total(eventsName, { "stream.buffer_event": "overflow" })).toBe(250);
		expect(await metrics.total("pipeline.stream.buffer.dropped_time")).toBeCloseTo(0.75, 6);
	});

	it("come with the next use of the buffer where no overflow follows", async () => {
		const { clock, sink, make } = setUp();
		const buffer = make();
		for (let chunk = 0; chunk < 3; chunk++) buffer.write(new Uint8Array(100));
		await clock.advance(1_000);
		buffer.read(10);
		expect(sink.events.map(({ attributes }) => attributes["stream.dropped_ms"])).toEqual([100, 100]);
	});

	it("change nothing where a listener throws, or uses the buffer", () => {
		const before = telemetryFailures().get("stream listener") ?? 0;
		let buffer: StreamingBuffer | undefined;
		buffer = new StreamingBuffer({
			...{ name: "speech", format, targetMs: 20, maxMs: 100 },
			onEvent: () => {
				buffer?.read(10);
				throw new Error("boom");
			},
		});
		expect(buffer.write(new Uint8Array(150))).toBe(50);
		expect([buffer.bufferedMs, buffer.snapshot().readMs]).toEqual([90, 10]);
		expect(telemetryFailures().get("stream listener")).toBe(before + 1);
	});
});

describe("the metrics of buffers", () => {
	it("are born at zero", async () => {
		const { metrics, make } = setUp();
		const buffer = make();
		const labels = { "pipeline.name": "call", "stage.name": "play", "stream.name": "speech" };
		expect(await metrics.points(fillName)).toEqual([{ attributes: labels, value: 0 }]);
		expect(await metrics.points("pipeline.stream.buffer.dropped_time")).toEqual([{ attributes: labels, value: 0 }]);
		expect(await metrics.points(eventsName)).toEqual(
			["overflow", "underrun", "recovered"].map((event) => ({
				attributes: { ...labels, "stream.buffer_event": event },
				value: 0,
			})),
		);
		expect(buffer.isDone).toBe(false);
	});

	it("sum up all of a name, and come back to zero exactly", async () => {
		const { metrics, make } = setUp();
		const buffers = Array.from({ length: 7 }, () => make());
		for (const buffer of buffers) buffer.write(new Uint8Array(33));
		expect(await metrics.total(fillName)).toBeCloseTo(7 * 0.033, 5);
		for (const buffer of buffers) buffer.read(33);
		expect(await metrics.total(fillName)).toBe(0);
		for (const buffer of buffers) useUp(buffer);
		for (const event of ["overflow", "underrun", "recovered"]) {
			expect(await metrics.total(eventsName, { "stream.buffer_event": event })).toBe(7);
		}
	});

	it("forget a buffer that is garbage", async () => {
		const { metrics, make } = setUp();
		make().write(new Uint8Array(50));
		expect(await metrics.total(fillName)).toBeCloseTo(0.05, 5);
		for (let turn = 0; turn < 200 && (await metrics.total(fillName)) !== 0; turn++) {
			globalThis.gc?.();
			await nextTurn();
		}
		expect(await metrics.total(fillName)).toBe(0);
		expect(await metrics.points(fillName)).toHaveLength(1);
	});

	it("begin when there is a provider", async () => {
		const recorded = recordMetrics();
		const buffer = new StreamingBuffer({ name: "late", format, maxMs: 100 });
		buffer.write(new Uint8Array(20));
		api.setGlobalMeterProvider(recorded.meterProvider);
		buffer.write(new Uint8Array(90));
		expect(await recorded.total(fillName, { "stream.name": "late" })).toBeCloseTo(0.1, 5);
		expect(await recorded.total(eventsName, { "stream.name": "late", "stream.buffer_event": "overflow" })).toBe(1);
	});
});
