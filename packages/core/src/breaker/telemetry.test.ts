import * as api from "@opentelemetry/api";
import { beforeEach, describe, expect, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import { attempts, circuitBreaker, circuitBreakers, footlight, observe } from "../index.ts";
import { manualClock, recordingTracerProvider } from "../testing/index.ts";
import { breakerLight } from "./breaker-light.fixture.ts";

beforeEach(() => circuitBreakers.clear());

const name = { "circuit_breaker.name": "docs-qa.ask" };
const metric = "pipeline.circuit_breaker";

describe("a span of a call through a breaker", () => {
	it("says which breaker it found, and in what state", async () => {
		const { fail, ask, clock, tracerProvider } = breakerLight({ failureThreshold: 1, successThreshold: 1 });
		await fail(2);
		await clock.advance(10_000);
		await ask();
		await ask();
		expect(
			tracerProvider.spans.map(({ attributes }) => [
				attributes["circuit_breaker.name"],
				attributes["circuit_breaker.state"],
				attributes.outcome,
				attributes["error.type"],
			]),
		).toEqual([
			["docs-qa.ask", "closed", "error", "Error"],
			["docs-qa.ask", "open", "rejected", "circuit_open"],
			["docs-qa.ask", "half_open", "ok", undefined],
			["docs-qa.ask", "closed", "ok", undefined],
		]);
	});

	it("has the changes that this very call caused, with their figures", async () => {
		const { fail, ask, clock, tracerProvider } = breakerLight({ window: { calls: 10 }, minimumCalls: 2 });
		await fail(2);
		await clock.advance(10_000);
		await ask();
		await ask();
		const events = tracerProvider.spans.map(({ events }) =>
			events
				.filter((event) => event.name !== "exception")
				.map((event) => [event.name, event.attributes?.["circuit_breaker.reason"]]),
		);
		expect(events).toEqual([
			[],
			[["circuit_breaker.opened", "failure_rate"]],
			[["circuit_breaker.half_opened", "time"]],
			[["circuit_breaker.closed", "probes_succeeded"]],
		]);
		expect(tracerProvider.spans[1]?.events[0]?.attributes).toMatchObject({
			...name,
			"circuit_breaker.state": "open",
			"circuit_breaker.from_state": "closed",
			"circuit_breaker.failure_rate": 1,
			"circuit_breaker.failures": 2,
			"circuit_breaker.calls": 2,
			"circuit_breaker.open_ms": 10_000,
			"stage.name": "ask",
		});
	});

	it("is that of the attempt where the breaker is inside a retry", async () => {
		const tracerProvider = recordingTracerProvider();
		const light = footlight("docs-qa", { use: [observe()], tracerProvider, clock: manualClock() });
		const ask = light.stage("ask", async () => "answer", {
			use: [
				(next) => {
					const attempt = attempts(next);
					return async (call) => {
						await attempt(call);
						return attempt({ ...call, attempt: 2 });
					};
				},
				circuitBreaker(),
			],
		});
		await ask();
		const second = tracerProvider.spans.find(({ attributes }) => attributes["retry.attempt"] === 2);
		expect(second?.attributes).toMatchObject({ ...name, "circuit_breaker.state": "closed" });
	});
});

describe("the log", () => {
	it("warns when a breaker opens, and informs when it half-opens and closes", async () => {
		const { fail, ask, clock, logger } = breakerLight({ failureThreshold: 1, successThreshold: 1 });
		await fail();
		await clock.advance(10_000);
		await ask();
		expect(logger.lines.map(({ level, message }) => `${level}: ${message}`)).toEqual([
			"warn: circuit breaker docs-qa.ask open, was closed (consecutive_failures)",
			"info: circuit breaker docs-qa.ask half_open, was open (time)",
			"info: circuit breaker docs-qa.ask closed, was half_open (probes_succeeded)",
		]);
		expect(logger.lines[0]?.fields).toMatchObject({ ...name, "circuit_breaker.failures": 1, "stage.name": "ask" });
		expect(logger.lines[0]?.fields.span_id).toBeDefined();
	});

	it("and the events have changes by hand, too", () => {
		const { breaker, logger, sink } = breakerLight();
		breaker().forceOpen();
		breaker().disable();
		breaker().reset();
		expect(sink.names).toEqual(["circuit_breaker.opened", "circuit_breaker.closed", "circuit_breaker.closed"]);
		expect(sink.events[0]?.attributes).toMatchObject({
			...name,
			"circuit_breaker.state": "forced_open",
			"circuit_breaker.reason": "manual",
			"pipeline.name": "docs-qa",
			"stage.name": "ask",
		});
		expect(logger.lines.map(({ level }) => level)).toEqual(["warn", "info", "info"]);
	});
});

describe("metrics of a breaker", () => {
	it("are born at zero, for each possible label", async () => {
		const { metrics } = breakerLight({ window: { calls: 10 }, slowCallMs: 100, slowCallRateRatio: 0.5 });
		const values = async (of: string) =>
			(await metrics.points(`${metric}.${of}`, name)).map(({ attributes, value }) => {
				const { "circuit_breaker.name": _, ...labels } = attributes;
				return [...Object.values(labels), value].join(" ");
			});
		expect(await values("state")).toEqual(["closed 1", "open 0", "half_open 0", "forced_open 0", "disabled 0"]);
		expect(await values("calls")).toEqual([
			...["success false 0", "failure false 0", "ignored false 0", "not_permitted false 0"],
			...["success true 0", "failure true 0"],
		]);
		expect(await values("transitions")).toEqual([
			...["closed open failure_rate 0", "closed open slow_call_rate 0", "open half_open time 0"],
			...["half_open open probe_failed 0", "half_open closed probes_succeeded 0"],
			...[
				"open closed manual 0",
				"half_open closed manual 0",
				"forced_open closed manual 0",
				"disabled closed manual 0",
			],
			...["closed forced_open manual 0", "open forced_open manual 0", "half_open forced_open manual 0"],
			...["disabled forced_open manual 0", "closed disabled manual 0", "open disabled manual 0"],
			...["half_open disabled manual 0", "forced_open disabled manual 0"],
		]);
		expect(await values("time_in_state")).toEqual(["closed 0", "open 0", "half_open 0", "forced_open 0", "disabled 0"]);
		expect(await values("failure_rate_threshold")).toEqual(["0.5"]);
		expect(await values("slow_call_rate_threshold")).toEqual(["0.5"]);
		expect(await values("failure_rate")).toEqual([]);
		expect(await values("slow_call_rate")).toEqual([]);
		expect(await values("last_transition_time")).toEqual([]);
	});

	it("have no rate where failures are counted in a row", async () => {
		const { metrics, fail } = breakerLight();
		await fail(3);
		const collected = await metrics.collect();
		expect(collected.get(`${metric}.failure_rate`)?.points ?? []).toEqual([]);
		expect(collected.get(`${metric}.failure_rate_threshold`)?.points ?? []).toEqual([]);
	});

	it("show rates from the minimum of calls on", async () => {
		const { metrics, fail, ask } = breakerLight({ window: { calls: 10 }, minimumCalls: 4, failureRateRatio: 1 });
		await fail(3);
		expect(await metrics.points(`${metric}.failure_rate`)).toEqual([]);
		await ask();
		expect(await metrics.points(`${metric}.failure_rate`)).toEqual([{ attributes: name, value: 0.75 }]);
	});

	it("show half-open as soon as the time is up, though nobody calls, and count it with the first call", async () => {
		const { metrics, fail, ask, clock } = breakerLight();
		const startMs = clock.now();
		const states = async () =>
			Object.fromEntries(
				(await metrics.points(`${metric}.state`)).map(({ attributes, value }) => [
					attributes["circuit_breaker.state"],
					value,
				]),
			);
		const halfOpened = { "circuit_breaker.state": "half_open" };
		await fail(5);
		expect(await states()).toMatchObject({ closed: 0, open: 1, half_open: 0 });
		await clock.advance(12_000);
		expect(await states()).toMatchObject({ closed: 0, open: 0, half_open: 1 });
		expect(await metrics.total(`${metric}.transitions`, halfOpened)).toBe(0);
		expect(await metrics.total(`${metric}.last_transition_time`)).toBe((startMs + 10_000) / 1_000);
		await ask();
		expect(await metrics.total(`${metric}.transitions`, halfOpened)).toBe(1);
		await clock.advance(1_000);
		const seconds = (state: string) => metrics.total(`${metric}.time_in_state`, { "circuit_breaker.state": state });
		expect([await seconds("open"), await seconds("half_open")]).toEqual([10, 3]);
		expect(await metrics.total(`${metric}.last_transition_time`)).toBe((startMs + 10_000) / 1_000);
	});

	it("go back to open after a failed probe, each time", async () => {
		const { metrics, fail, clock } = breakerLight({ failureThreshold: 1 });
		await fail();
		for (let round = 1; round <= 3; round++) {
			await clock.advance(10_000);
			await fail();
			expect(await metrics.total(`${metric}.state`, { "circuit_breaker.state": "open" })).toBe(1);
			expect(await metrics.total(`${metric}.transitions`, { "circuit_breaker.reason": "probe_failed" })).toBe(round);
		}
	});

	it("count each call once, by how it was taken", async () => {
		const { metrics, fail, ask } = breakerLight({ failureThreshold: 3, slowCallMs: 50 });
		await ask();
		await ask(new DOMException("no longer wanted", "AbortError")).catch(() => {});
		await fail(4);
		const calls = await metrics.points(`${metric}.calls`);
		expect(
			Object.fromEntries(
				calls.map(({ attributes, value }) => [attributes["circuit_breaker.result"], value]).slice(0, 4),
			),
		).toEqual({ success: 1, failure: 3, ignored: 1, not_permitted: 1 });
		expect(await metrics.total(`${metric}.calls`)).toBe(6);
	});

	it("are those of one breaker in every provider of the pipelines that share it", async () => {
		const [first, second] = [recordMetrics(), recordMetrics()];
		const [one, other] = [first, second].map(({ meterProvider }, index) =>
			footlight(`pipeline ${index}`, { meterProvider }).stage("ask", async () => 1, {
				use: [circuitBreaker({ name: "shared" })],
			}),
		) as [() => Promise<number>, () => Promise<number>];
		await one();
		await other();
		await other();
		for (const { total } of [first, second]) expect(await total(`${metric}.calls`)).toBe(3);
	});

	it("are of all calls, though a provider comes only after some", async () => {
		const { meterProvider, total } = recordMetrics();
		const ask = footlight("docs-qa").stage("ask", async () => 1, { use: [circuitBreaker()] });
		await ask();
		await ask();
		api.metrics.setGlobalMeterProvider(meterProvider);
		try {
			await ask();
			expect(await total(`${metric}.calls`)).toBe(3);
		} finally {
			api.metrics.disable();
		}
	});

	it("end with the breaker", async () => {
		const { metrics, ask } = breakerLight();
		await ask();
		circuitBreakers.delete("docs-qa.ask");
		expect(await metrics.points(`${metric}.state`)).toEqual([]);
		await ask();
		expect(await metrics.total(`${metric}.calls`)).toBe(1);
	});

	it("are shared by those beyond a hundred, and each is counted as given up", async () => {
		const { metrics, light } = breakerLight();
		for (let number = 0; number < 101; number++) {
			await light.stage(`stage ${number}`, async () => 1, { use: [circuitBreaker()] })();
		}
		const overflow = { "otel.metric.overflow": true };
		expect(await metrics.points(`${metric}.calls`, overflow)).toEqual([{ attributes: overflow, value: 2 }]);
		expect(await metrics.total(`${metric}.calls`)).toBe(101);
		expect(await metrics.points(`${metric}.last_transition_time`, overflow)).toEqual([]);
		expect(await metrics.total("pipeline.telemetry.dropped", { "pipeline.telemetry.reason": "cardinality" })).toBe(2);
	});
});
