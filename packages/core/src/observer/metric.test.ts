import { describe, expect, it } from "vitest";
import { type RecordedMetrics, recordMetrics } from "../../../../test/recorded-metrics.ts";
import {
	footlight,
	type Light,
	type Middleware,
	markOutcome,
	metrics,
	type Outcome,
	observe,
	RejectedError,
	TimeoutError,
	tracing,
} from "../index.ts";
import { outcomes } from "../outcome.ts";
import { registerSdk } from "../sdk.fixture.ts";
import { type ManualClock, manualClock } from "../testing/index.ts";

const recorded = registerSdk();

interface Metered {
	readonly light: Light;
	readonly meter: RecordedMetrics;
	readonly clock: ManualClock;
}

function metered(use?: Middleware[]): Metered {
	const meter = recordMetrics();
	const clock = manualClock();
	const light = footlight("docs-qa", { meterProvider: meter.meterProvider, clock, ...(use && { use }) });
	return { meter, clock, light };
}

function failing(error: unknown): () => Promise<number> {
	return async () => {
		throw error;
	};
}

const endings: readonly (readonly [Outcome, () => Promise<number>, string | undefined])[] = [
	["ok", async () => 1, undefined],
	["error", failing(new TypeError("boom")), "TypeError"],
	["timeout", failing(new TimeoutError("ask", 5)), "timeout"],
	["rejected", failing(new RejectedError("rate_limited", "x")), "rate_limited"],
	["cancelled", failing(new DOMException("x", "AbortError")), undefined],
];

describe("the counters of a stage", () => {
	it("stand at zero for each outcome before it is ever called", async () => {
		const { light, meter } = metered();
		light.stage("ask", () => 1);
		const points = await meter.points("pipeline.stage.calls", { "stage.name": "ask" });
		expect(points.map(({ attributes }) => attributes.outcome).sort()).toEqual([...outcomes].sort());
		expect(points.every(({ value }) => value === 0)).toBe(true);
		expect(await meter.total("pipeline.runs")).toBe(0);
		expect(await meter.points("pipeline.runs")).toHaveLength(outcomes.length);
	});

	it("of an instrumented object come with its first call", async () => {
		const { light, meter } = metered();
		const store = light.instrument({ read: () => 1, write: () => 2 });
		expect(await meter.points("pipeline.stage.calls")).toEqual([]);
		store.read();
		expect(await meter.points("pipeline.stage.calls", { "stage.name": "read" })).toHaveLength(outcomes.length);
		expect(await meter.points("pipeline.stage.calls", { "stage.name": "write" })).toEqual([]);
	});

	it.each(endings)("count a call that ends as %s, and time it, once", async (outcome, fn, type) => {
		const { light, meter } = metered();
		await light
			.stage("ask", fn)()
			.catch(() => {});
		expect(await meter.total("pipeline.stage.calls")).toBe(1);
		expect(await meter.total("pipeline.stage.calls", { outcome })).toBe(1);
		const durations = await meter.points("pipeline.stage.duration");
		expect(durations.map(({ attributes, value }) => [attributes, value])).toEqual([
			[{ "pipeline.name": "docs-qa", "stage.name": "ask", outcome, ...(type && { "error.type": type }) }, 1],
		]);
	});

	it.each(["skipped", "fallback", "interrupted"] as const)(
		"count a call that a layer marked as %s",
		async (outcome) => {
			const { light, meter } = metered();
			light.stage("ask", () => 1, { use: [() => (call) => markOutcome(call, outcome)] })();
			expect(await meter.total("pipeline.stage.calls", { outcome })).toBe(1);
		},
	);

	it("are shared by all stages of a name, however often they are defined", async () => {
		const { light, meter } = metered();
		for (let call = 0; call < 5; call++) light.stage("ask", () => call)();
		expect(await meter.total("pipeline.stage.calls", { outcome: "ok" })).toBe(5);
		expect(await meter.points("pipeline.stage.active")).toHaveLength(1);
	});

	it("count a call once that two layers see", async () => {
		const { light, meter } = metered([tracing(), metrics()]);
		await light.stage("ask", async () => 1, { use: [observe(), metrics()] })();
		expect(await meter.total("pipeline.stage.calls")).toBe(1);
		expect(await meter.total("pipeline.stage.active")).toBe(0);
	});
});

describe("the duration of a call", () => {
	it("is in seconds, with buckets that suit them, and a run's is apart from its stages'", async () => {
		const { light, meter, clock } = metered();
		await light.run(async () => light.stage("ask", () => clock.advance(250))());
		for (const name of ["pipeline.stage.duration", "pipeline.run.duration"]) {
			const [point] = await meter.points(name);
			expect(point).toMatchObject({ value: 1, sum: 0.25 });
			expect(point?.bounds).toEqual([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]);
		}
	});

	it("of a stream lasts to its end, and it is active until then", async () => {
		const { light, meter, clock } = metered();
		const items = light.stage("items", async function* () {
			yield 1;
			await clock.advance(2_000);
			yield 2;
		})();
		await items.next();
		expect(await meter.total("pipeline.stage.active", { "stage.name": "items" })).toBe(1);
		expect(await meter.total("pipeline.stage.duration")).toBe(0);
		for await (const _ of items);
		expect(await meter.total("pipeline.stage.active", { "stage.name": "items" })).toBe(0);
		expect((await meter.points("pipeline.stage.duration"))[0]).toMatchObject({ value: 1, sum: 2 });
	});

	it("is recorded in the context of its span, for an exemplar", async () => {
		recorded.reset();
		const traced: (string | undefined)[] = [];
		const { meterProvider } = recordMetrics();
		const meter = meterProvider.getMeter("x");
		const { trace } = await import("@opentelemetry/api");
		const listening = {
			getMeter: () =>
				new Proxy(meter, {
					get: (target, key) =>
						key === "createHistogram"
							? () => ({
									record: (_: number, __: object, context: Parameters<typeof trace.getSpanContext>[0]) =>
										traced.push(trace.getSpanContext(context)?.spanId),
								})
							: Reflect.get(target, key).bind(target),
				}),
		};
		await footlight("docs-qa", { meterProvider: listening }).stage("ask", async () => 1)();
		expect(traced).toEqual([recorded.span("ask").spanContext().spanId]);
	});

	it("of a clock that was set back is zero", async () => {
		const { light, meter, clock } = metered();
		const now = clock.now;
		light.stage("ask", () => {
			Object.assign(clock, { now: () => now() - 5_000 });
		})();
		expect((await meter.points("pipeline.stage.duration"))[0]).toMatchObject({ value: 1, sum: 0 });
	});
});

describe("names without end", () => {
	it("of stages share one series beyond the limit, and are counted", async () => {
		const { light, meter } = metered();
		for (let request = 0; request < 300; request++) light.stage(`ask ${request}`, () => 1)();
		const calls = await meter.points("pipeline.stage.calls");
		expect(new Set(calls.map(({ attributes }) => attributes["stage.name"])).size).toBe(241);
		expect(await meter.total("pipeline.stage.calls")).toBe(300);
		expect(await meter.total("pipeline.stage.calls", { "otel.metric.overflow": true })).toBe(60);
		expect(await meter.total("pipeline.telemetry.dropped")).toBe(60);
	});

	it("of errors are one kind beyond the limit, and are counted", async () => {
		const { light, meter } = metered();
		for (let kind = 0; kind < 60; kind++) {
			await light
				.stage("ask", failing(Object.assign(new Error("x"), { name: `Error${kind}` })))()
				.catch(() => {});
		}
		const durations = await meter.points("pipeline.stage.duration");
		expect(durations).toHaveLength(51);
		expect(await meter.total("pipeline.stage.duration", { "error.type": "_OTHER" })).toBe(10);
		expect(await meter.total("pipeline.stage.calls", { outcome: "error" })).toBe(60);
		expect(await meter.total("pipeline.telemetry.dropped")).toBe(10);
	});
});

describe("a meter provider", () => {
	it("that nobody registered costs nothing, and one that is registered later is found", async () => {
		const { metrics: api } = await import("@opentelemetry/api");
		const light = footlight("docs-qa");
		const ask = light.stage("ask", () => 1);
		ask();
		const meter = recordMetrics();
		api.setGlobalMeterProvider(meter.meterProvider);
		try {
			ask();
			expect(await meter.total("pipeline.stage.calls", { outcome: "ok" })).toBe(1);
		} finally {
			api.disable();
		}
	});

	it("alone makes a call worth observing", async () => {
		const meter = recordMetrics();
		const light = footlight("docs-qa", { meterProvider: meter.meterProvider, use: [metrics()] });
		expect(light.run(() => light.stage("ask", () => 5)())).toBe(5);
		expect(await meter.total("pipeline.stage.calls")).toBe(1);
		expect(await meter.total("pipeline.runs", { outcome: "ok" })).toBe(1);
	});

	it.each(["getMeter", "createHistogram", "createObservableCounter", "addCallback"])(
		"whose %s throws changes no result",
		async (broken) => {
			const boom = () => {
				throw new Error("boom");
			};
			const { meterProvider } = recordMetrics();
			const meter = meterProvider.getMeter("x");
			const part = (member: string, value: unknown) => (member === broken ? boom : value);
			const throwing = new Proxy(meter, {
				get(target, key: string) {
					if (key === "createObservableCounter")
						return part(key, () => ({ addCallback: part("addCallback", () => {}), removeCallback() {} }));
					return part(key, Reflect.get(target, key).bind(target));
				},
			});
			const light = footlight("docs-qa", {
				meterProvider: { getMeter: part("getMeter", () => throwing) as () => typeof meter },
			});
			expect(await light.run(async () => light.stage("ask", async () => 5)())).toBe(5);
			await expect(light.stage("ask", failing(new TypeError("mine")))()).rejects.toThrow("mine");
		},
	);

	it("gets the failures of telemetry, by part", async () => {
		const { light, meter } = metered();
		light.current().event("x");
		light.run(() => light.current().event("no-dot"));
		expect(await meter.total("pipeline.telemetry.failures", { "pipeline.telemetry.part": "emit" })).toBeGreaterThan(0);
	});
});
