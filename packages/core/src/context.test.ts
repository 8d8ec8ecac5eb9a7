import { trace } from "@opentelemetry/api";
import { expect, it } from "vitest";
import { footlight, observe, tracing } from "./index.ts";
import { registerSdk } from "./sdk.fixture.ts";
import { recordingSink } from "./testing/index.ts";

// One test, in this order: whether there is a context manager can change only once in a process.
it("carries a run's ids and signal before there is an SDK, across its registration in mid-run, and after", async () => {
	const sink = recordingSink();
	const light = footlight("docs-qa", { sinks: [sink], use: [observe(), tracing()] });
	const aborting = new AbortController();
	const look = light.stage("look", async () => {
		await null;
		return light.current();
	});

	// A generator stage outside a run asks for the root context, which is active without a manager, too.
	const [first] = light.stage("first", function* () {
		yield light.current().ids;
	})();
	expect(first).toEqual({});

	await light.run({ runId: "run-1", signal: aborting.signal }, async () => {
		expect((await look()).ids.runId).toBe("run-1");
		const recorded = registerSdk();
		expect(light.current().ids.runId).toBe("run-1");
		expect(light.current().signal).toBe(aborting.signal);
		const after = await look();
		expect(after.ids.runId).toBe("run-1");
		expect(after.signal).toBe(aborting.signal);
		expect(recorded.spans().every((span) => span.attributes["pipeline.run.id"] === "run-1")).toBe(true);

		const tracer = trace.getTracer("a library");
		await tracer.startActiveSpan("library", async (span) => {
			await look();
			span.end();
			expect(recorded.spans().at(-2)?.parentSpanContext?.traceId).toBe(span.spanContext().traceId);
		});
	});

	expect(light.current().ids).toEqual({});
	await light.run({ runId: "run-2" }, async () => {
		expect((await look()).ids.runId).toBe("run-2");
	});
});
