import { AlwaysOffSampler, TracerProvider } from "@opentelemetry/sdk-trace";
import { describe, expect, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import { attempts, footlight, type Middleware, type Outcome } from "../index.ts";
import { exceptionsOf, milliseconds, registerSdk } from "../sdk.fixture.ts";
import { failingSink, manualClock, recordingLogger } from "../testing/index.ts";

const recorded = registerSdk();
const boom = new Error("boom");

const retrying: Middleware = (next) => {
	const attempt = attempts(next);
	return async (call) => {
		try {
			return await attempt(call);
		} catch {
			return await attempt({ ...call, attempt: 2 });
		}
	};
};

describe("a run", () => {
	it("says the same in its result, its spans, its log lines and its metrics, through a real SDK", async () => {
		recorded.reset();
		const metrics = recordMetrics();
		const logger = recordingLogger();
		const clock = manualClock();
		const light = footlight("docs-qa", { clock, logger, meterProvider: metrics.meterProvider });
		let calls = 0;
		const running = light
			.pipeline({ mode: "continue", concurrency: 2 })
			.stage("load", async (_: string, ctx) => {
				ctx.addCost(1);
				await clock.sleep(10);
				return ["a", "b", "c"];
			})
			.stage("bad", async (_, ctx) => {
				ctx.addCost(4);
				throw boom;
			})
			.map(
				"each",
				["load"],
				({ load }) => load,
				() => clock.sleep(5),
			)
			.stage(
				"flaky",
				["load"],
				async () => {
					if (calls++ === 0) throw new Error("once");
				},
				{ use: [retrying] },
			)
			.stage("left", ["bad"], () => 1)
			.stage("out", ["load"], () => 1, { when: () => false })
			.stage("words", ["flaky"], async function* () {
				yield "a";
				await clock.sleep(7);
				yield "b";
			})
			.run("in", { userId: "user-7" });
		await clock.advance(1_000);
		const { report, outcome } = await running;

		const run = recorded.span("docs-qa");
		expect(report).toMatchObject({
			outcome: "error",
			traceId: run.spanContext().traceId,
			spend: { costUsd: 5, wastedUsd: 4 },
		});
		expect(run.attributes).toMatchObject({
			outcome,
			"pipeline.run.id": report.runId,
			"user.id": "user-7",
			"pipeline.cost.usd": 5,
		});
		expect(run.status.code).toBe(2);
		expect(exceptionsOf(run)).toEqual([]);
		expect(recorded.spans().flatMap((span) => exceptionsOf(span).map((message) => `${span.name}: ${message}`))).toEqual(
			["bad: boom", "flaky attempt: once"],
		);
		expect(milliseconds(run.endTime) - milliseconds(run.startTime)).toBeCloseTo(report.durationMs);

		for (const stage of report.stages) {
			const calls = (stage.items ?? [stage]).filter(({ notRun }) => notRun === undefined);
			const spans = recorded.spans().filter(({ name }) => name === stage.name);
			expect(spans.map(({ attributes }) => attributes.outcome)).toEqual(calls.map((call) => call.outcome));
			expect(
				spans.map(({ startTime, endTime }) => Math.round(milliseconds(endTime) - milliseconds(startTime))),
			).toEqual(calls.map(({ durationMs }) => durationMs));
			for (const span of spans) expect(span.parentSpanContext?.spanId).toBe(run.spanContext().spanId);
			const lines = logger.lines.filter(({ message }) => message === `stage ${stage.name} ${calls[0]?.outcome}`);
			expect(lines).toHaveLength(calls.length);
			for (const ended of ["ok", "error", "skipped", "cancelled"] satisfies Outcome[]) {
				const labels = { "stage.name": stage.name, outcome: ended };
				const counted = calls.filter((call) => call.outcome === ended).length;
				expect(await metrics.total("pipeline.stage.calls", labels)).toBe(counted);
			}
			const [waited] = await metrics.points("pipeline.stage.queue_duration", { "stage.name": stage.name });
			expect(waited?.value ?? 0).toBe(calls.length);
			expect(waited?.sum ?? 0).toBeCloseTo(stage.queuedMs / 1_000);
		}
		expect(await metrics.total("pipeline.runs", { outcome: "error" })).toBe(1);
		expect(await metrics.total("pipeline.cost.usd")).toBe(5);
		expect(await metrics.total("pipeline.cost.wasted_usd")).toBe(4);
		expect(report.stages.find(({ name }) => name === "flaky")).toMatchObject({ attempts: 2, outcome: "ok" });
	});

	it("links each span to those of the stages it depends on", async () => {
		recorded.reset();
		await footlight("docs-qa")
			.pipeline()
			.stage("a", () => 1)
			.stage("b", () => 2)
			.map(
				"c",
				["a"],
				() => [1, 2],
				() => 3,
			)
			.stage("d", ["b", "c"], () => 4)
			.run();
		const links = (name: string) =>
			recorded
				.span(name)
				.links.map(
					({ context }) => recorded.spans().find((span) => span.spanContext().spanId === context.spanId)?.name,
				);
		expect(links("a")).toEqual([]);
		expect(links("d")).toEqual(["b", "c", "c"]);
	});

	it("is right in its report where a stage is not sampled", async () => {
		const tracerProvider = new TracerProvider({ sampler: new AlwaysOffSampler() });
		const result = await footlight("docs-qa", { tracerProvider })
			.pipeline({ mode: "continue" })
			.stage("good", async (_, ctx) => ctx.addCost(1))
			.stage("bad", () => {
				throw boom;
			})
			.stage("words", ["good"], async function* () {
				yield 1;
			})
			.run();
		expect(result.report.stages.map(({ outcome }) => outcome)).toEqual(["ok", "error", "ok"]);
		expect(result.report).toMatchObject({ outcome: "error", spend: { costUsd: 1 } });
	});

	it("is right in its report where no layer observes at all", async () => {
		const result = await footlight("docs-qa", { use: [] })
			.pipeline({ mode: "continue" })
			.stage("good", async (_, ctx) => ctx.addCost(1))
			.stage("flaky", () => 1, { use: [(next) => async (call) => next(call)] })
			.stage("bad", ["flaky"], () => {
				throw boom;
			})
			.run();
		expect(result.report.stages.map(({ outcome, attempts }) => [outcome, attempts])).toEqual([
			["ok", 1],
			["ok", 1],
			["error", 1],
		]);
		expect(result.report).toMatchObject({ outcome: "error", spend: { costUsd: 1 } });
	});

	it("accounts for what stages inside its stages spend, whoever listens", async () => {
		for (const options of [{}, { tracerProvider: recorded.tracerProvider }, { use: [] }]) {
			const light = footlight("docs-qa", options);
			const inner = light.stage("inner", () => light.current().addCost(1));
			const { report } = await light.pipeline().stage("outer", inner).run();
			expect(report.stages[0]?.spend.costUsd).toBe(1);
			expect(report.spend.costUsd).toBe(1);
		}
	});

	it("ends as it would have, whatever a sink, a logger or a clock does", async () => {
		const throwing = () => {
			throw new Error("telemetry is broken");
		};
		const logger = { debug: throwing, info: throwing, warn: throwing, error: throwing };
		const clock = { now: throwing, monotonicMs: throwing, sleep: throwing };
		const light = footlight("docs-qa", { logger, sinks: [failingSink("throws")], clock });
		const result = await light
			.pipeline({ timeoutMs: 1_000 })
			.stage("a", async (_, ctx) => {
				ctx.event("answer.cited");
				return 1;
			})
			.stage("b", ["a"], ({ a }) => a + 1)
			.run();
		expect(result).toMatchObject({ outcome: "ok", outputs: { a: 1, b: 2 } });
	});

	it("gives the function of a stage its own span", async () => {
		recorded.reset();
		const light = footlight("docs-qa");
		await light
			.pipeline()
			.stage("a", (_, ctx) => ctx.setAttribute("app.answer", 42))
			.run();
		expect(recorded.span("a").attributes["app.answer"]).toBe(42);
	});
});
