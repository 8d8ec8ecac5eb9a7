import { setImmediate as nextTurn } from "node:timers/promises";
import { trace } from "@opentelemetry/api";
import { beforeEach, expect, it } from "vitest";
import { CancelledError, footlight } from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";

const recorded = registerSdk();
beforeEach(() => recorded.reset());

const light = footlight("docs-qa");
const boom = new Error("boom");

/** up > up > ... until ten, and notes how far it has come. */
function counting() {
	const ran: number[] = [];
	const graph = light.graph({
		nodes: {
			up: (state: number) => {
				ran.push(state);
				if (state === 5) throw boom;
				return state + 1;
			},
		},
		edges: [{ from: "up", to: "up", when: (state) => state < 10 }],
		entry: "up",
	});
	return { graph, ran };
}

it("hands out each step as it ends, and the result at the end", async () => {
	const { graph } = counting();
	const stream = graph.stream(7);
	const steps: unknown[] = [];
	for await (const { node, state, report } of stream) steps.push([node, state, report.outcome]);
	expect(steps).toEqual([
		["up", 8, "ok"],
		["up", 9, "ok"],
		["up", 10, "ok"],
	]);
	const result = await stream.result;
	expect(result.outputOrThrow()).toBe(10);
	expect(result.report.stages).toHaveLength(3);
	expect(await stream.next()).toEqual({ done: true, value: undefined });
});

it("runs nothing before it is asked, and no step further than it is asked for", async () => {
	const { graph, ran } = counting();
	const stream = graph.stream(6);
	await nextTurn();
	expect(ran).toEqual([]);
	await stream.next();
	await nextTurn();
	expect(ran).toEqual([6]);
	await Promise.all([stream.next(), stream.next()]);
	expect(ran).toEqual([6, 7, 8]);
	await stream.return();
});

it("cancels the run when the loop is left", async () => {
	const { graph, ran } = counting();
	const stream = graph.stream(6);
	for await (const { state } of stream) if (state === 8) break;
	expect(ran).toEqual([6, 7]);
	const result = await stream.result;
	expect(result).toMatchObject({ outcome: "cancelled", state: 8, error: expect.any(CancelledError) });
	expect(result.report.stages.at(-1)).toMatchObject({ notRun: "run_ended" });
	expect(recorded.span("docs-qa").attributes.outcome).toBe("cancelled");
});

it("is complete when the loop is left after the last step", async () => {
	const { graph } = counting();
	const stream = graph.stream(9);
	for await (const _ of stream) break;
	expect((await stream.result).outcome).toBe("ok");
});

it("throws what the run failed with, after the step that failed", async () => {
	const { graph } = counting();
	const stream = graph.stream(4);
	const outcomes: string[] = [];
	await expect(async () => {
		for await (const { report, state } of stream) outcomes.push(`${report.outcome} ${state}`);
	}).rejects.toBe(boom);
	expect(outcomes).toEqual(["ok 5", "error 5"]);
	expect(await stream.result).toMatchObject({ outcome: "error", error: boom });
	expect(await stream.next()).toEqual({ done: true, value: undefined });
});

it("runs on its own when only the result is asked for, and keeps the steps", async () => {
	const { graph } = counting();
	const stream = graph.stream(8);
	expect((await stream.result).outputOrThrow()).toBe(10);
	const states: number[] = [];
	for await (const { state } of stream) states.push(state);
	expect(states).toEqual([9, 10]);
});

it("ends while nobody asks, when its signal aborts", async () => {
	const { graph } = counting();
	const aborting = new AbortController();
	const stream = graph.stream(6, { signal: aborting.signal });
	await stream.next();
	aborting.abort();
	expect(await stream.result).toMatchObject({ outcome: "cancelled", state: 7 });
	await expect(stream.next()).rejects.toBe(aborting.signal.reason);
});

it("does not wait for a node that heeds no signal when the loop is left", async () => {
	const graph = light.graph({ nodes: { a: (): Promise<number> => new Promise(() => {}) }, edges: [], entry: "a" });
	const stream = graph.stream(1);
	const asked = stream.next();
	await nextTurn();
	await stream.return();
	expect((await asked).value).toMatchObject({ node: "a", report: { outcome: "cancelled" } });
	expect((await stream.result).outcome).toBe("cancelled");
});

it("can be left before it began, and disposed of", async () => {
	const { graph, ran } = counting();
	const left = graph.stream(6);
	await left.return();
	expect(await left.next()).toEqual({ done: true, value: undefined });
	expect((await left.result).outcome).toBe("cancelled");
	{
		await using stream = graph.stream(6);
		void stream;
	}
	expect(ran).toEqual([]);
});

it("belongs to where it was asked for, and its loop's body does not belong to it", async () => {
	const { graph } = counting();
	const outer = await trace.getTracer("test").startActiveSpan("outer", async (span) => {
		const stream = graph.stream(9);
		span.end();
		return { stream, span };
	});
	for await (const _ of outer.stream) expect(light.current().ids).toEqual({});
	expect(recorded.span("docs-qa").parentSpanContext?.spanId).toBe(outer.span.spanContext().spanId);
	expect(recorded.span("up").parentSpanContext?.spanId).toBe(recorded.span("docs-qa").spanContext().spanId);
});
