import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { attempts, CancelledError, footlight, type Middleware, markOutcome, TimeoutError } from "../index.ts";
import { type ManualClock, manualClock } from "../testing/index.ts";

const boom = new Error("boom");
const fail = (): never => {
	throw boom;
};

function lightOn(clock: ManualClock) {
	return footlight("docs-qa", { clock });
}

/** What the reports say in short: outcome, and why a stage did not run. */
function inShort({
	report,
}: {
	readonly report: { readonly stages: readonly { name: string; outcome: string; notRun?: string }[] };
}) {
	return Object.fromEntries(
		report.stages.map(({ name, outcome, notRun }) => [name, notRun ? `${outcome} (${notRun})` : outcome]),
	);
}

describe("a stage", () => {
	it("starts the moment its last dependency is done, beside whatever else still runs", async () => {
		const clock = manualClock();
		const started: Record<string, number> = {};
		const sleeping = (name: string, durationMs: number) => async () => {
			started[name] = clock.monotonicMs();
			await clock.sleep(durationMs);
		};
		const pipeline = lightOn(clock)
			.pipeline()
			.stage("fast", sleeping("fast", 10))
			.stage("slow", sleeping("slow", 100))
			.stage("afterFast", ["fast"], sleeping("afterFast", 10))
			.stage("afterBoth", ["afterFast", "slow"], sleeping("afterBoth", 1));
		const running = pipeline.run();
		await clock.advance(1_000);
		const { report } = await running;
		expect(started).toEqual({ fast: 0, slow: 0, afterFast: 10, afterBoth: 100 });
		expect(report.stages.map(({ durationMs }) => durationMs)).toEqual([10, 100, 10, 1]);
		expect(report.durationMs).toBe(101);
	});

	it("is given inputs of its own: what a sibling does to them is not seen", async () => {
		const pipeline = footlight("docs-qa")
			.pipeline()
			.stage("a", () => 1)
			.stage("b", ["a"], (inputs) => {
				(inputs as { a?: number }).a = 99;
				return inputs;
			})
			.stage("c", ["a"], (inputs) => inputs);
		const { outputs } = await pipeline.run();
		expect(outputs.c).toEqual({ a: 1 });
		expect(outputs.c).not.toBe(outputs.b);
	});

	it("finds itself in light.current(), the run's input in ctx, with nobody listening as well", async () => {
		const light = footlight("docs-qa");
		const later = async () => {
			await null;
			return light.current();
		};
		const pipeline = light
			.pipeline()
			.stage("sync", (input: string, ctx) => [light.current() === ctx, ctx.input === input, ctx.index])
			.stage("promise", (_: string, ctx) => later().then((current) => current === ctx))
			.stage("async", async (_: string, ctx) => (await later()) === ctx)
			.stage("stream", async function* (_: string, ctx) {
				yield (await later()) === ctx;
			});
		for (let round = 0; round < 3; round++) {
			const { outputs } = await pipeline.run("in");
			expect(outputs).toEqual({ sync: [true, true, undefined], promise: true, async: true, stream: [true] });
		}
	});

	it("is not the current one for whoever starts the run, with nobody listening", async () => {
		const light = footlight("docs-qa");
		const pipeline = light
			.pipeline()
			.stage("plain", () => 1)
			.stage("async", async () => 2);
		await light.run({ runId: "run-1" }, async () => {
			const outer = light.current();
			const running = pipeline.run();
			expect(light.current()).toBe(outer);
			await running;
			expect(light.current()).toBe(outer);
		});
	});

	it("that ends the run is not the current one where others hear of it", async () => {
		const light = footlight("docs-qa");
		const heard: unknown[] = [];
		const pipeline = light
			.pipeline()
			.stage("waits", async (_, ctx) => {
				await new Promise<void>((resolve) => {
					ctx.signal.addEventListener("abort", () => {
						heard.push(light.current().ids.runId, "index" in light.current());
						resolve();
					});
				});
			})
			.stage("fails", async () => fail());
		await pipeline.run(undefined, { runId: "run-2" });
		expect(heard).toEqual(["run-2", false]);
	});

	it("gets the attempt's own ctx where a layer tries again", async () => {
		const light = footlight("docs-qa");
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
		const seen: unknown[] = [];
		const pipeline = light.pipeline().stage(
			"flaky",
			(input: string, ctx) => {
				seen.push([light.current() === ctx, ctx.input, input]);
				if (seen.length === 1) fail();
				return "ok";
			},
			{ use: [retrying] },
		);
		const { report } = await pipeline.run("in");
		expect(seen).toEqual([
			[true, "in", "in"],
			[true, "in", "in"],
		]);
		expect(report.stages[0]).toMatchObject({ outcome: "ok", attempts: 2 });
	});

	it("may be answered for by a layer: then its function was not called", async () => {
		const cached: Middleware = () => (call) => {
			markOutcome(call, "fallback", boom);
			return "cached";
		};
		const result = await footlight("docs-qa")
			.pipeline()
			.stage("a", fail, { use: [cached] })
			.run();
		expect(result.outputs).toEqual({ a: "cached" });
		expect(result.report.stages[0]).toMatchObject({ outcome: "fallback", attempts: 0, error: boom });
	});
});

describe("the concurrency limit", () => {
	it("lets as many go on at once, first come, first served, and says how long each waited", async () => {
		const clock = manualClock();
		let active = 0;
		let most = 0;
		const order: number[] = [];
		const work = (number: number) => async () => {
			order.push(number);
			most = Math.max(most, ++active);
			await clock.sleep(10);
			active--;
		};
		const pipeline = lightOn(clock)
			.pipeline({ concurrency: 2 })
			.stages(Array.from({ length: 5 }, (_, number) => ({ name: `s${number}`, run: work(number) })));
		const running = pipeline.run();
		await clock.advance(100);
		const { report } = await running;
		expect(most).toBe(2);
		expect(order).toEqual([0, 1, 2, 3, 4]);
		expect(report.stages.map(({ queuedMs }) => queuedMs)).toEqual([0, 0, 10, 10, 20]);
	});
});

describe("a failure", () => {
	function diamond(mode: "fail-fast" | "continue" | "best-effort", clock: ManualClock) {
		return lightOn(clock)
			.pipeline({ mode })
			.stage("good", async () => "good")
			.stage("bad", fail)
			.stage("slow", async (_, ctx) => {
				await clock.sleep(50, ctx.signal);
				return "slow";
			})
			.stage("afterBad", ["bad"], ({ bad }) => bad === undefined)
			.stage("afterGood", ["good", "slow"], ({ good, slow }) => `${good} ${slow}`)
			.stage("last", ["afterBad"], (inputs) => inputs);
	}

	it("ends the run at once where nothing else is said, and keeps what there was", async () => {
		const clock = manualClock();
		const early = lightOn(clock)
			.pipeline()
			.stage("first", () => 1)
			.stage("bad", ["first"], async () => fail())
			.stage("sibling", ["first"], (_, ctx) => clock.sleep(1_000, ctx.signal))
			.stage("never", ["bad"], () => 1);
		const result = await early.run();
		expect(result).toMatchObject({ outcome: "error", error: boom, outputs: { first: 1 } });
		expect(Object.keys(result.outputs)).toEqual(["first"]);
		expect(inShort(result)).toEqual({
			first: "ok",
			bad: "error",
			sibling: "cancelled",
			never: "cancelled (run_ended)",
		});
		const [, , sibling, never] = result.report.stages;
		expect(sibling?.error).toBeInstanceOf(CancelledError);
		expect((sibling as { error: Error }).error.cause).toBe(boom);
		expect(never?.error).toBe(sibling?.error);
		expect(() => result.outputsOrThrow()).toThrow(boom);
	});

	it("starts nothing that came later in the same turn", async () => {
		let calls = 0;
		const result = await footlight("docs-qa")
			.pipeline()
			.stage("bad", fail)
			.stage("other", () => calls++)
			.run();
		expect(inShort(result)).toEqual({ bad: "error", other: "cancelled (run_ended)" });
		expect(calls).toBe(0);
	});

	it("leaves out what depends on it in mode continue", async () => {
		const clock = manualClock();
		const running = diamond("continue", clock).run();
		await clock.advance(100);
		const result = await running;
		expect(result).toMatchObject({
			outcome: "error",
			error: boom,
			outputs: { good: "good", slow: "slow", afterGood: "good slow" },
		});
		expect(inShort(result)).toEqual({
			...{ good: "ok", bad: "error", slow: "ok", afterGood: "ok" },
			...{ afterBad: "skipped (dependency_failed)", last: "skipped (dependency_failed)" },
		});
	});

	it("leaves undefined in its place in mode best-effort; the run is ok when its ends are", async () => {
		const clock = manualClock();
		const running = diamond("best-effort", clock).run();
		await clock.advance(100);
		const result = await running;
		expect(result.outcome).toBe("ok");
		expect(result.outputs).toEqual({
			...{ good: "good", bad: undefined, slow: "slow" },
			...{ afterBad: true, afterGood: "good slow", last: { afterBad: true } },
		});
		const failed = await footlight("docs-qa")
			.pipeline({ mode: "best-effort" })
			.stage("end", fail)
			.stage("other", () => 1)
			.run();
		expect(failed).toMatchObject({ outcome: "error", error: boom, outputs: { other: 1 } });
	});

	it("may be anything that can be thrown", async () => {
		for (const thrown of [undefined, null, "text", 0]) {
			const result = await footlight("docs-qa")
				.pipeline()
				.stage("bad", () => {
					throw thrown;
				})
				.run();
			expect(result).toMatchObject({ outcome: "error", error: thrown });
			expect(result.report.stages[0]).toHaveProperty("error", thrown);
		}
	});
});

describe("a condition", () => {
	it("leaves a stage out, and those that depend on it get undefined", async () => {
		const pipeline = footlight("docs-qa")
			.pipeline()
			.stage("size", (input: number) => input)
			.stage("big", ["size"], () => "big", { when: ({ size }) => size > 10 })
			.stage("end", ["big"], ({ big }) => big ?? "small");
		const small = await pipeline.run(1);
		expect(small.outputs).toEqual({ size: 1, big: undefined, end: "small" });
		expect(inShort(small)).toMatchObject({ big: "skipped (condition)" });
		expect((await pipeline.run(11)).outputs).toMatchObject({ end: "big" });
	});

	it("that fails, or says neither yes nor no, is a failure of its stage", async () => {
		const light = footlight("docs-qa");
		const thrown = await light
			.pipeline()
			.stage("a", () => 1, { when: fail })
			.run();
		expect(thrown).toMatchObject({ outcome: "error", error: boom });
		expect(thrown.report.stages[0]).toMatchObject({ outcome: "error", attempts: 0, error: boom });
		const unclear = await light
			.pipeline()
			.stage("a", () => 1, { when: (async () => true) as never })
			.run();
		expect(String((unclear as { error?: unknown }).error)).toBe(
			"TypeError: pipeline docs-qa: when of a must return true or false, got an instance of Promise",
		);
	});
});

describe("a run", () => {
	it("is told to end by the caller's signal, which every stage hears", async () => {
		const clock = manualClock();
		const abort = new AbortController();
		const heard: unknown[] = [];
		const light = lightOn(clock);
		const pipeline = light
			.pipeline()
			.stage("a", async (_, ctx) => {
				ctx.signal.addEventListener("abort", () =>
					heard.push(ctx.signal.reason, light.current().signal === ctx.signal),
				);
				await clock.sleep(100, ctx.signal);
			})
			.stage("b", ["a"], () => 1);
		const running = pipeline.run(undefined, { signal: abort.signal });
		const reason = new Error("enough");
		abort.abort(reason);
		const result = await running;
		expect(result).toMatchObject({ outcome: "cancelled", error: reason });
		expect(inShort(result)).toEqual({ a: "cancelled", b: "cancelled (run_ended)" });
		expect(heard[0]).toBe(reason);
	});

	it("starts nothing where that signal is aborted already", async () => {
		let calls = 0;
		const result = await footlight("docs-qa")
			.pipeline()
			.stage("a", () => calls++)
			.run(undefined, { signal: AbortSignal.abort("no") });
		expect(result).toMatchObject({ outcome: "cancelled", error: "no", outputs: {} });
		expect(calls).toBe(0);
	});

	it("ends at its deadline, that of the run before that of the pipeline", async () => {
		const clock = manualClock();
		const pipeline = lightOn(clock)
			.pipeline({ timeoutMs: 1_000 })
			.stage("slow", (_, ctx) => clock.sleep(5_000, ctx.signal));
		const running = [pipeline.run(), pipeline.run(undefined, { timeoutMs: 10 })];
		await clock.advance(2_000);
		const [long, short] = await Promise.all(running);
		expect(long).toMatchObject({ outcome: "timeout", report: { durationMs: 1_000 } });
		expect(short).toMatchObject({ outcome: "timeout", report: { durationMs: 10 } });
		expect((short as { error: unknown }).error).toBeInstanceOf(TimeoutError);
		expect(String((short as { error: unknown }).error)).toContain("docs-qa did not settle within 10 ms");
		expect(inShort(short as never)).toEqual({ slow: "timeout" });
		expect(clock.pendingSleeps).toBe(0);
	});

	it("ends at its deadline between stages that never wait", async () => {
		const clock = manualClock();
		let nowMs = 0;
		const light = footlight("docs-qa", { clock: { ...clock, now: () => nowMs, sleep: clock.sleep } });
		const step = () => {
			nowMs += 10;
		};
		const result = await light
			.pipeline({ timeoutMs: 15 })
			.stage("a", step)
			.stage("b", ["a"], step)
			.stage("c", ["b"], step)
			.run();
		expect(result.outcome).toBe("timeout");
		expect(inShort(result)).toEqual({ a: "ok", b: "ok", c: "cancelled (run_ended)" });
	});

	it("gives up a stage that heeds no signal, after the grace, and hears nothing of it any more", async () => {
		const clock = manualClock();
		const pipeline = lightOn(clock)
			.pipeline({ cancelGraceMs: 50 })
			.stage("deaf", () => clock.sleep(10_000))
			.stage("bad", async () => fail());
		const running = pipeline.run();
		await clock.advance(50);
		const result = await running;
		expect(result).toMatchObject({ outcome: "error", error: boom, report: { durationMs: 50 } });
		expect(result.report.stages[0]).toMatchObject({ outcome: "cancelled", durationMs: 50 });
		await clock.advance(20_000);
		expect(result.report.stages[0]).toMatchObject({ outcome: "cancelled", durationMs: 50 });
	});

	it("waits for a stage that cleans up within the grace", async () => {
		const clock = manualClock();
		let cleaned = false;
		const pipeline = lightOn(clock)
			.pipeline()
			.stage("tidy", async (_, ctx) => {
				try {
					await clock.sleep(1_000, ctx.signal);
				} finally {
					await clock.sleep(20);
					cleaned = true;
				}
			})
			.stage("bad", async () => fail());
		const running = pipeline.run();
		await clock.advance(20);
		expect((await running).outcome).toBe("error");
		expect(cleaned).toBe(true);
		expect(clock.pendingSleeps).toBe(0);
	});

	it("is one of many at the same time, each with what is its own", async () => {
		const clock = manualClock();
		const pipeline = lightOn(clock)
			.pipeline({ concurrency: 1 })
			.stage("wait", async (input: number) => {
				await clock.sleep(input);
				return input;
			})
			.stage("double", ["wait"], ({ wait }) => wait * 2);
		const running = Promise.all([30, 10, 20].map((input) => pipeline.run(input)));
		await clock.advance(100);
		const results = await running;
		expect(results.map(({ outputs }) => outputs.double)).toEqual([60, 20, 40]);
		expect(new Set(results.map(({ report }) => report.runId)).size).toBe(3);
	});

	it("gives a result that nobody can change", async () => {
		const result = await footlight("docs-qa")
			.pipeline()
			.stage("a", () => 1)
			.run();
		for (const part of [
			result,
			result.outputs,
			result.report,
			result.report.stages,
			result.report.stages[0],
			result.report.stages[0]?.spend,
		]) {
			expect(Object.isFrozen(part)).toBe(true);
		}
	});

	it("shows the reports of its stages in whatever way one looks", async () => {
		const { report } = await footlight("docs-qa")
			.pipeline()
			.stage("a", () => 1)
			.run();
		const [stage] = report.stages;
		expect(stage).toMatchObject({ name: "a", kind: "stage", outcome: "ok", attempts: 1, queuedMs: 0 });
		expect(report.stages).toBe(report.stages);
		expect(Object.keys(report)).toContain("stages");
		expect({ ...report }.stages).toBe(report.stages);
		expect(JSON.parse(JSON.stringify(report)).stages).toEqual([stage]);
		expect(structuredClone(report).stages).toEqual([stage]);
		expect(inspect(report, { depth: 3 })).toContain("name: 'a'");
	});

	it("of no stages is over at once", async () => {
		expect(await footlight("docs-qa").pipeline().run()).toMatchObject({
			outcome: "ok",
			outputs: {},
			report: { stages: [] },
		});
	});

	it("accounts for money by stage and in all, with nobody listening", async () => {
		const pipeline = footlight("docs-qa")
			.pipeline({ mode: "continue" })
			.stage("good", (_, ctx) => ctx.addCost(1))
			.stage("bad", (_, ctx) => {
				ctx.addCost(2);
				fail();
			});
		const { report } = await pipeline.run();
		expect(report.stages.map(({ spend: { costUsd, wastedUsd } }) => [costUsd, wastedUsd])).toEqual([
			[1, 0],
			[2, 2],
		]);
		expect(report.spend).toMatchObject({ costUsd: 3, wastedUsd: 2 });
	});
});
