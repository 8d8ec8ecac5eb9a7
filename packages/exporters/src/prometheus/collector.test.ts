import { telemetryFailures } from "@footlight/core";
import type { Observable } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import { prometheusExporter } from "../prometheus.ts";
import { parseExposition } from "./exposition.fixture.ts";

const failures = () => telemetryFailures().get("observable callback") ?? 0;

function start(options: { cardinalityLimit?: number; callbackTimeoutMs?: number } = {}) {
	const exporter = prometheusExporter({ scopeLabels: false, ...options });
	const read = async () => {
		const { values } = parseExposition((await exporter.metrics()).body);
		return Object.fromEntries([...values].filter(([name]) => !name.startsWith("pipeline_telemetry")));
	};
	return { exporter, read, meter: exporter.meterProvider.getMeter("app") };
}

describe("callbacks", () => {
	test("give the values of each scrape, sync or async", async () => {
		const { read, meter } = start();
		let scrapes = 0;
		meter.createObservableCounter("calls", { unit: "{call}" }).addCallback((result) => {
			scrapes++;
			result.observe(scrapes * 10, { outcome: "ok" });
		});
		meter.createObservableGauge("fill", { unit: "1" }).addCallback(async (result) => {
			await Promise.resolve();
			result.observe(scrapes / 4);
		});
		meter.createObservableUpDownCounter("active").addCallback((result) => result.observe(-scrapes));
		expect(await read()).toEqual({ 'calls_total{outcome="ok"}': 10, fill_ratio: 0.25, active: -1 });
		expect(await read()).toEqual({ 'calls_total{outcome="ok"}': 20, fill_ratio: 0.5, active: -2 });
	});

	test("that a registry renders itself are called once for all metrics, and for scrapes at the same time", async () => {
		const { exporter, meter } = start();
		let calls = 0;
		const instruments = ["a", "b"].map((name) => meter.createObservableGauge(name));
		meter.addBatchObservableCallback((result) => {
			calls++;
			for (const instrument of instruments) result.observe(instrument, calls);
		}, instruments);
		const text = await exporter.registry.metrics();
		expect([parseExposition(text).values.get("a"), parseExposition(text).values.get("b"), calls]).toEqual([1, 1, 1]);
		const [one, other] = await Promise.all([exporter.metrics(), exporter.metrics("application/openmetrics-text")]);
		expect(parseExposition(one.body).values).toEqual(parseExposition(other.body).values);
		expect(calls).toBe(2);
	});

	test("are called once however often they are added, and no more once removed", async () => {
		const { read, meter } = start();
		const gauge = meter.createObservableGauge("g");
		const other = meter.createObservableGauge("o");
		let calls = 0;
		const callback = (result: { observe(value: number): void }) => result.observe(++calls);
		gauge.addCallback(callback);
		gauge.addCallback(callback);
		gauge.removeCallback(() => {});
		expect(await read()).toEqual({ g: 1 });
		gauge.removeCallback(callback);
		expect(await read()).toEqual({});
		const batch = (result: { observe(metric: Observable, value: number): void }) => result.observe(gauge, ++calls);
		meter.addBatchObservableCallback(batch, [gauge, other]);
		meter.addBatchObservableCallback(batch, [other, gauge]);
		meter.addBatchObservableCallback(batch, []);
		expect(await read()).toEqual({ g: 2 });
		meter.removeBatchObservableCallback(batch, [gauge]);
		expect(await read()).toEqual({ g: 3 });
		meter.removeBatchObservableCallback(batch, [other, gauge]);
		expect(await read()).toEqual({});
	});

	test("of a batch observe only what they were added for", async () => {
		const { read, meter } = start();
		const [mine, foreign] = [meter.createObservableGauge("mine"), meter.createObservableGauge("foreign")];
		meter.addBatchObservableCallback(
			(result) => {
				result.observe(mine, 1);
				result.observe(foreign, 2);
			},
			[mine],
		);
		expect(await read()).toEqual({ mine: 1 });
	});

	test("lose the series they no longer give, and make room for others by it", async () => {
		const { read, meter } = start({ cardinalityLimit: 3 });
		let current = 0;
		const attributes = [0, 1, 2, 3].map((worker) => Object.freeze({ worker }));
		meter.createObservableGauge("load").addCallback((result) => {
			for (const worker of [current, current + 1]) result.observe(worker, attributes[worker] ?? {});
		});
		for (current = 0; current < 3; current++) {
			expect(await read()).toEqual({
				[`load{worker="${current}"}`]: current,
				[`load{worker="${current + 1}"}`]: current + 1,
			});
		}
	});

	test("have what is beyond the limit added up", async () => {
		const { read, meter } = start({ cardinalityLimit: 2 });
		meter.createObservableCounter("n").addCallback((result) => {
			for (const user of [1, 2, 3]) result.observe(user * 10, { user });
		});
		const expected = { 'n_total{user="1"}': 10, 'n_total{otel_metric_overflow="true"}': 50 };
		expect(await read()).toEqual(expected);
		expect(await read()).toEqual(expected);
	});

	test("that observe the same attributes twice mean the last", async () => {
		const { read, meter } = start();
		meter.createObservableCounter("n").addCallback((result) => {
			result.observe(1, { a: 1 });
			result.observe(5, { a: 1 });
		});
		expect(await read()).toEqual({ 'n_total{a="1"}': 5 });
	});

	test("that throw or reject cost what they had still to give, and are counted", async () => {
		const { read, meter } = start();
		const before = failures();
		meter.createObservableGauge("thrown").addCallback((result) => {
			result.observe(1, { at: "first" });
			throw new Error("no");
		});
		meter.createObservableGauge("rejected").addCallback(async () => Promise.reject(new Error("no")));
		meter.createObservableGauge("fine").addCallback((result) => result.observe(1));
		expect(await read()).toEqual({ 'thrown{at="first"}': 1, fine: 1 });
		expect(failures()).toBe(before + 2);
	});

	test("that give no number cost that value", async () => {
		const { read, meter } = start();
		meter.createObservableCounter("n").addCallback((result) => {
			for (const value of [-1, Number.NaN, "5" as never, undefined as never])
				result.observe(value, { value: String(value) });
			result.observe(2);
		});
		expect(await read()).toEqual({ n_total: 2 });
	});

	test("that keep what they observe with observe nothing later", async () => {
		const { read, meter } = start();
		const gauge = meter.createObservableGauge("g");
		let kept: { observe(value: number): void } | undefined;
		gauge.addCallback((result) => {
			kept ??= result;
		});
		expect(await read()).toEqual({});
		gauge.addCallback((result) => {
			result.observe(2);
			kept?.observe(1);
		});
		expect(await read()).toEqual({ g: 2 });
	});

	test("that hang hold up a scrape for a bounded time, are not called again meanwhile, and come back", async () => {
		const { read, meter } = start({ callbackTimeoutMs: 20 });
		const before = failures();
		const pending = Promise.withResolvers<void>();
		let calls = 0;
		meter.createObservableGauge("slow").addCallback(async (result) => {
			if (++calls === 1) await pending.promise;
			result.observe(calls);
		});
		meter.createObservableGauge("fine").addCallback((result) => result.observe(1));
		expect(await read()).toEqual({ fine: 1 });
		expect(await read()).toEqual({ fine: 1 });
		expect([calls, failures() - before]).toEqual([1, 2]);
		pending.resolve();
		await new Promise(setImmediate);
		expect(await read()).toEqual({ fine: 1, slow: 2 });
	});
});
