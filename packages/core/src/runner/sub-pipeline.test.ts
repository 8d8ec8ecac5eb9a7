import { describe, expect, it } from "vitest";
import { footlight } from "../index.ts";
import { manualClock, recordingTracerProvider, spanTree } from "../testing/index.ts";

const boom = new Error("boom");

describe("a stage that is a pipeline", () => {
	it("is a run of its own below the stage's span, and its report stands in the stage's", async () => {
		const tracerProvider = recordingTracerProvider();
		const light = footlight("docs-qa", { tracerProvider });
		const inner = light.pipeline().stage("double", ({ one }: { one: number }, ctx) => {
			ctx.addCost(2);
			return one * 2;
		});
		const { outputs, report } = await light
			.pipeline()
			.stage("one", () => 1)
			.stage("inner", ["one"], inner)
			.stage("end", ["inner"], ({ inner }) => inner.double + 1)
			.run(undefined, { runId: "outer", userId: "user-7" });
		expect(outputs).toEqual({ one: 1, inner: { double: 2 }, end: 3 });
		expect(spanTree(tracerProvider.spans, { show: [] })).toBe(
			[
				"docs-qa (internal)",
				"  one (internal)",
				"  inner (internal)",
				"    -> one",
				"    docs-qa (internal)",
				"      double (internal)",
				"  end (internal)",
				"    -> inner",
			].join("\n"),
		);
		const [run] = report.stages[1]?.runs ?? [];
		expect(run).toMatchObject({ outcome: "ok", parentRunId: "outer", spend: { costUsd: 2 } });
		expect(run?.traceId).toBe(report.traceId);
		expect(report).toMatchObject({ runId: "outer", spend: { costUsd: 2 } });
		expect(report.stages[1]).toMatchObject({ spend: { costUsd: 2 } });
		const child = tracerProvider.spans.find(({ name, parentSpanContext }) => name === "docs-qa" && parentSpanContext);
		expect(child?.attributes).toMatchObject({
			"pipeline.run.id": run?.runId,
			"pipeline.parent_run.id": "outer",
			"user.id": "user-7",
		});
	});

	it("gets the inputs as they are, or what input makes of them", async () => {
		const light = footlight("docs-qa");
		const shout = light.pipeline().stage("loud", (text: string) => text.toUpperCase());
		const { outputs } = await light
			.pipeline()
			.stage("first", shout)
			.stage("second", ["first"], shout, { input: ({ first }) => `${first.loud}!` })
			.map("each", ["second"], ({ second }) => second.loud, shout)
			.run("a");
		expect(outputs).toEqual({ first: { loud: "A" }, second: { loud: "A!" }, each: [{ loud: "A" }, { loud: "!" }] });
	});

	it("fails with what it fails with, recorded once, and its report is there", async () => {
		const tracerProvider = recordingTracerProvider();
		const light = footlight("docs-qa", { tracerProvider });
		const inner = light.pipeline().stage("bad", () => {
			throw boom;
		});
		const result = await light.pipeline().stage("inner", inner).run();
		expect(result).toMatchObject({ outcome: "error", error: boom });
		expect(result.report.stages[0]?.runs?.[0]).toMatchObject({ outcome: "error", error: boom });
		expect(tracerProvider.spans.map(({ name, events }) => [name, events.length])).toEqual([
			["bad", 1],
			["docs-qa", 0],
			["inner", 0],
			["docs-qa", 0],
		]);
	});

	it("hears the end of the run around it, and is given up before it", async () => {
		const clock = manualClock();
		const tracerProvider = recordingTracerProvider();
		const light = footlight("docs-qa", { clock, tracerProvider });
		const inner = light
			.pipeline()
			.stage("heeds", (_, ctx) => clock.sleep(1_000, ctx.signal))
			.stage("deaf", () => clock.sleep(1_000));
		const running = light.pipeline({ cancelGraceMs: 100 }).stage("inner", inner).run(undefined, { timeoutMs: 10 });
		await clock.advance(5_000);
		const { outcome, report } = await running;
		expect(outcome).toBe("timeout");
		expect(report.durationMs).toBe(60);
		expect(report.stages[0]?.runs?.[0]?.stages.map(({ outcome, durationMs }) => [outcome, durationMs])).toEqual([
			["timeout", 10],
			["timeout", 60],
		]);
		const recorded = tracerProvider.spans.filter(({ events }) => events.length > 0);
		expect(recorded).toHaveLength(1);
		expect(recorded[0]?.parentSpanContext).toBeUndefined();
	});

	it("is no longer stood in by what a stage has set going and left: a job that starts itself again goes on", async () => {
		let jobs = 0;
		const outcomes: string[] = [];
		await new Promise<void>((done) => {
			const again = async () => {
				outcomes.push((await job.run()).outcome);
				if (jobs === 5) done();
			};
			const job = footlight("docs-qa")
				.pipeline({ maxNesting: 2 })
				.stage("work", async () => {
					if (++jobs < 5) setImmediate(again);
				});
			void again();
		});
		expect(outcomes).toEqual(["ok", "ok", "ok", "ok", "ok"]);
	});

	it("may not stand in itself without end", async () => {
		const light = footlight("docs-qa");
		let depth = 0;
		const again = async (): Promise<unknown> => {
			depth++;
			return (await pipeline.run()).outputsOrThrow();
		};
		const pipeline = light.pipeline({ maxNesting: 3 }).stage("again", again as () => Promise<number>);
		const result = await pipeline.run();
		expect(depth).toBe(4);
		expect(String((result as { error?: unknown }).error)).toBe(
			"RangeError: pipeline docs-qa: runs stand more than 3 deep in each other: again > again > again > again",
		);
	});
});

it("says of any run within a run which one it was started in", () => {
	const tracerProvider = recordingTracerProvider();
	const light = footlight("docs-qa", { tracerProvider });
	light.run({ runId: "outer" }, () => light.run({ runId: "inner" }, () => {}));
	const [inner, outer] = tracerProvider.spans;
	expect(inner?.attributes["pipeline.parent_run.id"]).toBe("outer");
	expect(outer?.attributes).not.toHaveProperty("pipeline.parent_run.id");
});
