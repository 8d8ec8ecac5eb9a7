import { beforeEach, describe, expect, it } from "vitest";
import { brokenTracerProvider, spanMembers } from "./broken-tracer.fixture.ts";
import { attempts, footlight, type Middleware, markOutcome, telemetryFailures, tracing } from "./index.ts";
import { milliseconds, registerSdk } from "./sdk.fixture.ts";
import { manualClock, spanTree } from "./testing/index.ts";

const recorded = registerSdk();
beforeEach(() => recorded.reset());

const shown = { show: ["outcome", "retry.attempt", "error.type", "exception.message"] };
const tree = () => spanTree(recorded.spans(), shown);

/** Tries up to three times, as a retry would. */
const thrice: Middleware = (next) => {
	const attempt = attempts(next);
	return async (call) => {
		for (let number = 1; ; number++) {
			try {
				return await attempt({ ...call, attempt: number });
			} catch (error) {
				if (number === 3) throw error;
			}
		}
	};
};

/** Fails the given number of times, then answers. */
function failing(
	times: number,
	makeError: (number: number) => unknown = (number) => new Error(`failure ${number}`),
): () => Promise<string> {
	let failures = 0;
	return async () => {
		if (failures++ < times) throw makeError(failures);
		return "answer";
	};
}

describe("attempts", () => {
	it("draw a first that failed in its own way when the call is given up before a second", async () => {
		const giveUp: Middleware = (next) => {
			const attempt = attempts(next);
			return async (call) => {
				try {
					return await attempt(call);
				} catch {
					throw new TypeError("given up");
				}
			};
		};
		const ask = footlight("docs-qa").stage(
			"ask",
			failing(1, () => new Error("root cause")),
			{ use: [giveUp] },
		);
		await expect(ask()).rejects.toThrow("given up");
		expect(tree()).toBe(
			[
				'ask (internal) ERROR "given up"',
				'  error.type: "TypeError"',
				'  outcome: "error"',
				'  * exception { exception.message: "given up" }',
				'  ask attempt (internal) ERROR "root cause"',
				'    error.type: "Error"',
				'    outcome: "error"',
				"    retry.attempt: 1",
				'    * exception { exception.message: "root cause" }',
			].join("\n"),
		);
	});

	it("add nothing when the first succeeds", async () => {
		expect(await footlight("docs-qa").stage("ask", failing(0), { use: [thrice] })()).toBe("answer");
		expect(tree()).toBe('ask (internal)\n  outcome: "ok"');
	});

	it("are all drawn once there is a second, and the stage is as its last", async () => {
		expect(await footlight("docs-qa").stage("ask", failing(1), { use: [thrice] })()).toBe("answer");
		expect(tree()).toBe(
			[
				"ask (internal)",
				'  outcome: "ok"',
				'  ask attempt (internal) ERROR "failure 1"',
				'    error.type: "Error"',
				'    outcome: "error"',
				"    retry.attempt: 1",
				'    * exception { exception.message: "failure 1" }',
				"  ask attempt (internal)",
				'    outcome: "ok"',
				"    retry.attempt: 2",
			].join("\n"),
		);
	});

	it("that all fail have each its own exception, and the stage has none", async () => {
		await expect(footlight("docs-qa").stage("ask", failing(3), { use: [thrice] })()).rejects.toThrow("failure 3");
		expect(tree()).toBe(
			[
				'ask (internal) ERROR "failure 3"',
				'  error.type: "Error"',
				'  outcome: "error"',
				...[1, 2, 3].flatMap((number) => [
					`  ask attempt (internal) ERROR "failure ${number}"`,
					'    error.type: "Error"',
					'    outcome: "error"',
					`    retry.attempt: ${number}`,
					`    * exception { exception.message: "failure ${number}" }`,
				]),
			].join("\n"),
		);
	});

	it("are drawn from the first with attemptSpans: always", async () => {
		const light = footlight("docs-qa", { use: [tracing({ attemptSpans: "always" })] });
		await light.stage("ask", failing(0), { use: [thrice] })();
		expect(tree()).toBe(
			'ask (internal)\n  outcome: "ok"\n  ask attempt (internal)\n    outcome: "ok"\n    retry.attempt: 1',
		);
	});

	it("have their right times, the first too, though it is drawn after the fact", async () => {
		const clock = manualClock();
		const light = footlight("docs-qa", { clock });
		const startMs = clock.now();
		const fails = failing(1);
		const ask = light.stage(
			"ask",
			async () => {
				await clock.sleep(100);
				return fails();
			},
			{ use: [waiting(1_000, clock)] },
		);
		const answer = ask();
		await clock.advance(10_000);
		await answer;
		const times = recorded
			.spans()
			.map((span) => [span.name, milliseconds(span.startTime) - startMs, milliseconds(span.endTime) - startMs]);
		expect(times).toEqual([
			["ask attempt", 0, 100],
			["ask attempt", 1_100, 1_200],
			["ask", 0, 1_200],
		]);
	});

	function waiting(delayMs: number, clock: ReturnType<typeof manualClock>): Middleware {
		return (next) => {
			const attempt = attempts(next);
			return async (call) => {
				try {
					return await attempt(call);
				} catch {
					await clock.sleep(delayMs);
					return attempt({ ...call, attempt: 2 });
				}
			};
		};
	}

	it("leave the first one's children under the stage and keep the later ones' under theirs", async () => {
		const light = footlight("docs-qa");
		const fails = failing(1);
		const load = light.stage("load", async () => 1);
		const ask = light.stage(
			"ask",
			async () => {
				await load();
				return fails();
			},
			{ use: [thrice] },
		);
		await light.run(() => ask());
		expect(spanTree(recorded.spans(), { show: ["retry.attempt"] })).toBe(
			[
				"docs-qa (internal)",
				"  ask (internal)",
				'    ask attempt (internal) ERROR "failure 1"',
				"      retry.attempt: 1",
				"      * exception",
				"    load (internal)",
				"    ask attempt (internal)",
				"      retry.attempt: 2",
				"      load (internal)",
			].join("\n"),
		);
	});

	it("carry the ids of their run and stage", async () => {
		const light = footlight("docs-qa");
		await light.run({ runId: "run-1", userId: "user-7" }, () => light.stage("ask", failing(1), { use: [thrice] })());
		for (const span of recorded.spans().filter((span) => span.name === "ask attempt")) {
			expect(span.attributes).toMatchObject({
				"pipeline.name": "docs-qa",
				"stage.name": "ask",
				"pipeline.run.id": "run-1",
				"user.id": "user-7",
			});
		}
	});

	it("that retry a result are drawn too: a success can be followed by another attempt", async () => {
		const untilEven: Middleware = (next) => {
			const attempt = attempts(next);
			return async (call) => {
				const first = (await attempt(call)) as number;
				return first % 2 === 0 ? first : attempt({ ...call, attempt: 2 });
			};
		};
		let count = 0;
		expect(await footlight("docs-qa").stage("ask", async () => ++count, { use: [untilEven] })()).toBe(2);
		expect(
			recorded.spans().map((span) => [span.name, span.attributes.outcome, span.attributes["retry.attempt"]]),
		).toEqual([
			["ask attempt", "ok", 1],
			["ask attempt", "ok", 2],
			["ask", "ok", undefined],
		]);
	});

	it("that run side by side (a hedge) are drawn too, whichever ends first", async () => {
		const clock = manualClock();
		const hedge: Middleware = (next) => {
			const attempt = attempts(next);
			return async (call) => {
				const first = attempt(call);
				const second = clock.sleep(10).then(() => attempt({ ...call, attempt: 2 }));
				const all = await Promise.allSettled([first, second]);
				return all.find((settled) => settled.status === "fulfilled")?.value;
			};
		};
		const light = footlight("docs-qa", { clock });
		const slowFailure = async () => {
			await clock.sleep(50);
			throw new Error("too late");
		};
		const answers = [slowFailure, async () => "quick"];
		const answer = light.stage("ask", () => answers.shift()?.(), { use: [hedge] })();
		await clock.advance(100);
		expect(await answer).toBe("quick");
		expect(
			recorded.spans().map((span) => [span.name, span.attributes.outcome, span.attributes["retry.attempt"]]),
		).toEqual([
			["ask attempt", "ok", 2],
			["ask attempt", "error", 1],
			["ask", "ok", undefined],
		]);
	});

	it("let an answer in a later attempt's place count for the stage, and none of an earlier one", async () => {
		const fallingBack: Middleware = (next) => async (call) => {
			if (call.attempt === 1) markOutcome(call, "skipped");
			try {
				return await next(call);
			} catch (error) {
				if (call.attempt < 2) throw error;
				markOutcome(call, "fallback", error);
				return "fallback";
			}
		};
		const light = footlight("docs-qa");
		expect(await light.stage("ask", failing(2), { use: [thrice, fallingBack] })()).toBe("fallback");
		expect(recorded.span("ask").attributes.outcome).toBe("fallback");
		recorded.reset();
		expect(await light.stage("ask", failing(1), { use: [thrice, fallingBack] })()).toBe("answer");
		expect(recorded.span("ask").attributes.outcome).toBe("ok");
	});

	it("are cancelled, not failed, when they are aborted", async () => {
		const reason = new DOMException("x", "AbortError");
		const light = footlight("docs-qa");
		await light.stage(
			"ask",
			failing(1, () => reason),
			{ use: [thrice] },
		)();
		expect(recorded.spans().map((span) => [span.attributes.outcome, span.status.code, span.events.length])).toEqual([
			["cancelled", 0, 0],
			["ok", 0, 0],
			["ok", 0, 0],
		]);
	});

	it("of a stage that nobody traces run all the same", async () => {
		const bare = footlight("bare", { use: [] });
		expect(await bare.stage("ask", failing(2), { use: [thrice] })()).toBe("answer");
		expect(recorded.spans()).toEqual([]);
	});

	it.each([2, 3])("are made though the tracer throws from span %i on, and the stage records the error", async (nth) => {
		const provider = brokenTracerProvider({ startSpanFrom: nth });
		const light = footlight("docs-qa", { tracerProvider: provider });
		const before = telemetryFailures().get("attempt span") ?? 0;
		expect(await light.stage("ask", failing(1), { use: [thrice] })()).toBe("answer");
		expect(telemetryFailures().get("attempt span")).toBeGreaterThan(before);
		expect(provider.recording.openSpans).toBe(0);
		await expect(light.stage("ask", failing(3), { use: [thrice] })()).rejects.toThrow("failure 3");
	});

	it("that could not be drawn leave their error to the stage", async () => {
		const provider = brokenTracerProvider({ startSpanFrom: 2 });
		const light = footlight("docs-qa", { tracerProvider: provider });
		await expect(light.stage("ask", failing(3), { use: [thrice] })()).rejects.toThrow("failure 3");
		expect(spanTree(provider.recording.spans, shown)).toBe(
			[
				'ask (internal) ERROR "failure 3"',
				'  error.type: "Error"',
				'  outcome: "error"',
				'  * exception { exception.message: "failure 3" }',
			].join("\n"),
		);
	});

	it.each(spanMembers.filter((member) => member !== "spanContext"))(
		"are made and their spans ended though span.%s throws",
		async (member) => {
			const provider = brokenTracerProvider({ member });
			const light = footlight("docs-qa", { tracerProvider: provider });
			expect(await light.stage("ask", failing(2), { use: [thrice] })()).toBe("answer");
			expect([provider.started, provider.ends]).toEqual([4, 4]);
			await expect(light.stage("ask", failing(3), { use: [thrice] })()).rejects.toThrow("failure 3");
			expect([provider.started, provider.ends]).toEqual([8, 8]);
		},
	);

	it("show the attempt to the function", async () => {
		const seen: number[] = [];
		const watching: Middleware = (next) => (call) => {
			seen.push(call.attempt);
			return next(call);
		};
		await footlight("docs-qa").stage("ask", failing(2), { use: [thrice, watching] })();
		expect(seen).toEqual([1, 2, 3]);
	});

	it("of concurrent calls stay apart", async () => {
		const light = footlight("docs-qa");
		const ask = light.stage("ask", async (fails: () => Promise<string>) => fails(), { use: [thrice] });
		await Promise.all([
			light.run({ runId: "a" }, () => ask(failing(2))),
			light.run({ runId: "b" }, () => ask(failing(0))),
			light.run({ runId: "c" }, () => ask(failing(1))),
		]);
		const count = (run: string) =>
			recorded.spans().filter((span) => span.name === "ask attempt" && span.attributes["pipeline.run.id"] === run)
				.length;
		expect([count("a"), count("b"), count("c")]).toEqual([3, 0, 2]);
	});
});
