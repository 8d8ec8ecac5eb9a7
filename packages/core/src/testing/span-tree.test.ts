import { trace } from "@opentelemetry/api";
import { beforeEach, describe, expect, it } from "vitest";
import { footlight } from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";
import { manualClock, recordingTracerProvider, type SpanTreeOptions, spanTree } from "./index.ts";

const recorded = registerSdk();
beforeEach(() => recorded.reset());

/** Two stages, one of which fails, with a link between them. */
async function runSample(options: Parameters<typeof footlight>[1]): Promise<void> {
	const light = footlight("docs-qa", options);
	const retrieve = light.stage("retrieve", async () => light.current().spanContext, { kind: "retrieval" });
	const answer = light.stage("answer", async (source: ReturnType<typeof light.current>["spanContext"]) => {
		if (source !== undefined) light.current().addLink(source);
		light.current().event("answer.begun", { tokens: 3 });
		throw new TypeError("no answer");
	});
	await light.run({ userId: "user-7" }, async () => answer(await retrieve())).catch(() => {});
}

const expected = `
docs-qa (internal) ERROR "no answer"
  error.type: "TypeError"
  outcome: "error"
  retrieve (internal)
    outcome: "ok"
  answer (internal) ERROR "no answer"
    error.type: "TypeError"
    outcome: "error"
    * answer.begun
    * exception
    -> retrieve
`.trim();

const show: SpanTreeOptions = { show: ["outcome", "error.type"] };

describe("spanTree", () => {
	it("draws the spans of an SDK without ids and times", async () => {
		await runSample({});
		expect(spanTree(recorded.spans(), show)).toBe(expected);
	});

	it("draws the same of the recording provider, without any SDK", async () => {
		const tracerProvider = recordingTracerProvider();
		await runSample({ tracerProvider });
		expect(spanTree(tracerProvider.spans, show)).toBe(expected);
		expect([tracerProvider.openSpans, recorded.spans().length]).toEqual([0, 0]);
	});

	it("gives the same text for two runs, attributes and all", async () => {
		await runSample({});
		const first = spanTree(recorded.spans());
		recorded.reset();
		await runSample({});
		expect(spanTree(recorded.spans())).toBe(first);
		expect(first).toContain('user.id: "user-7"');
		expect(first).toContain(
			'* answer.begun { pipeline.name: "docs-qa", stage.name: "answer", tokens: 3, user.id: "user-7" }',
		);
		expect(first).not.toMatch(/run\.id|stacktrace/);
	});

	it("hides what it is asked to hide, and shows volatile attributes only when asked", async () => {
		await runSample({});
		expect(spanTree(recorded.spans(), { hide: ["user.id"] })).not.toContain("user-7");
		expect(spanTree(recorded.spans(), { show: ["pipeline.run.id"] })).toMatch(/pipeline\.run\.id: "[0-9a-f-]{36}"/);
	});

	it("marks a span whose parent is not among those given", async () => {
		await runSample({});
		const inner = recorded.spans().filter((span) => span.name === "retrieve");
		expect(spanTree(inner, { show: [] })).toBe("retrieve (internal) below a span elsewhere");
	});

	it("orders children by their start, whichever ended first", async () => {
		const clock = manualClock();
		const tracerProvider = recordingTracerProvider();
		const light = footlight("etl", { clock, tracerProvider });
		const wait = (name: string, ms: number) => light.stage(name, () => clock.sleep(ms))();
		const run = light.run(async () => {
			const slow = wait("slow", 50);
			await clock.sleep(1);
			await Promise.all([slow, wait("quick", 1)]);
		});
		await clock.advance(100);
		await run;
		expect(tracerProvider.spans.map((span) => span.name)).toEqual(["quick", "slow", "etl"]);
		expect(spanTree(tracerProvider.spans, { show: [] })).toBe("etl (internal)\n  slow (internal)\n  quick (internal)");
	});
});

describe("recordingTracerProvider", () => {
	it("serves code that starts spans by itself", () => {
		const provider = recordingTracerProvider();
		const tracer = provider.getTracer("test");
		tracer.startActiveSpan("outer", (outer) => {
			expect(trace.getActiveSpan()).toBe(outer);
			tracer.startSpan("inner").updateName("renamed").setAttributes({ a: 1 }).addEvent("seen", [5, 0]).end([9, 0]);
			tracer.startSpan("apart", { root: true, links: [{ context: outer.spanContext() }] }).end();
			outer.recordException(new RangeError("boom"));
			outer.end();
			outer.setAttribute("late", true);
		});
		expect(spanTree(provider.spans)).toBe(
			[
				"outer (internal)",
				'  * exception { exception.message: "boom", exception.type: "RangeError" }',
				"  renamed (internal)",
				"    a: 1",
				"    * seen",
				"apart (internal)",
				"  -> outer",
			].join("\n"),
		);
	});
});
