import { context, trace } from "@opentelemetry/api";
import { beforeEach, describe, expect, it } from "vitest";
import { footlight, tracing } from "./index.ts";
import { registerSdk } from "./sdk.fixture.ts";
import { recordingSink } from "./testing/index.ts";

const recorded = registerSdk();
beforeEach(() => recorded.reset());

const light = footlight("docs-qa");
const ask = light.stage("ask", async () => light.current().ids.runId);
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** As an HTTP instrumentation would: an active SERVER span around the handler. */
async function inServerSpan(fn: () => Promise<unknown>): Promise<void> {
	await trace.getTracer("http").startActiveSpan("GET /", { kind: 1 }, async (span) => {
		await fn();
		span.end();
	});
}

const parentOf = (name: string) => recorded.span(name).parentSpanContext?.spanId;
const idOf = (name: string) => recorded.span(name).spanContext().spanId;
const traceOf = (name: string) => recorded.span(name).spanContext().traceId;

describe("run", () => {
	it("frames a trace: one root, every stage below it, the ids on all", async () => {
		const ids = {
			runId: "run-1",
			requestId: "req-1",
			sessionId: "session-1",
			userId: "user-1",
			organizationId: "org-1",
			executionMode: "practice",
			topology: "rag",
			extra: { "app.tenant": "acme" },
		};
		const outer = light.stage("outer", () => ask());
		expect(await light.run(ids, () => outer())).toBe("run-1");
		expect(parentOf("docs-qa")).toBeUndefined();
		expect(parentOf("outer")).toBe(idOf("docs-qa"));
		expect(parentOf("ask")).toBe(idOf("outer"));
		for (const span of recorded.spans()) {
			expect(span.attributes).toMatchObject({
				"pipeline.name": "docs-qa",
				"pipeline.run.id": "run-1",
				"pipeline.request.id": "req-1",
				"session.id": "session-1",
				"user.id": "user-1",
				"pipeline.organization.id": "org-1",
				"pipeline.execution_mode": "practice",
				"pipeline.topology": "rag",
				"app.tenant": "acme",
			});
			expect(span.spanContext().traceId).toBe(traceOf("docs-qa"));
		}
	});

	it("gives each run an id of its own where none is given", async () => {
		const [first, second] = [await light.run(() => ask()), await light.run({}, () => ask())];
		expect(first).toMatch(uuid);
		expect(second).toMatch(uuid);
		expect(first).not.toBe(second);
	});

	it("is what its function is: synchronous, asynchronous, throwing", async () => {
		expect(light.run(() => 5)).toBe(5);
		expect(await light.run({ userId: "u" }, async () => 5)).toBe(5);
		const error = new Error("boom");
		expect(() =>
			light.run(() => {
				throw error;
			}),
		).toThrow(error);
		expect(recorded.spans().map((span) => span.attributes.outcome)).toEqual(["ok", "ok", "error"]);
	});

	it("inside an active span is its child", async () => {
		await inServerSpan(() => light.run(() => ask()));
		expect(parentOf("docs-qa")).toBe(idOf("GET /"));
		expect(traceOf("docs-qa")).toBe(traceOf("GET /"));
	});

	it("as a root begins a trace of its own, linked back to the span it was started under", async () => {
		await inServerSpan(() => light.run({ root: true }, () => ask()));
		expect(parentOf("docs-qa")).toBeUndefined();
		expect(traceOf("docs-qa")).not.toBe(traceOf("GET /"));
		expect(traceOf("ask")).toBe(traceOf("docs-qa"));
		expect(recorded.span("docs-qa").links.map((link) => link.context.spanId)).toEqual([idOf("GET /")]);
	});

	it("as a root outside of any span has nothing to link to", async () => {
		await light.run({ root: true }, () => ask());
		expect(recorded.span("docs-qa").links).toEqual([]);
	});

	it("within a run is a child run in the same trace, with its own id and the other ids of the outer one", async () => {
		const inner = footlight("inner");
		const ids: unknown[] = [];
		await light.run({ runId: "outer-1", userId: "user-7", sessionId: "s-1" }, () =>
			inner.run({ sessionId: "s-2" }, async () => {
				ids.push(inner.current().ids);
				await ask();
			}),
		);
		expect(parentOf("inner")).toBe(idOf("docs-qa"));
		expect(traceOf("inner")).toBe(traceOf("docs-qa"));
		expect(ids).toMatchObject([{ userId: "user-7", sessionId: "s-2" }]);
		const innerId = recorded.span("inner").attributes["pipeline.run.id"];
		expect(innerId).toMatch(uuid);
		expect(recorded.span("ask").attributes["pipeline.run.id"]).toBe(innerId);
		expect(recorded.span("docs-qa").attributes["pipeline.run.id"]).toBe("outer-1");
	});

	it("within a run adds its further ids to those of the outer one, and an absent id takes none away", () => {
		const inner = footlight("inner");
		light.run({ userId: "user-7", extra: { "app.tenant": "acme", "app.plan": "free" } }, () =>
			inner.run({ userId: undefined as never, extra: { "app.plan": "paid" } }, () => 1),
		);
		expect(recorded.span("inner").attributes).toMatchObject({
			"user.id": "user-7",
			"app.tenant": "acme",
			"app.plan": "paid",
		});
	});

	it("as a root within a run is a trace of its own, linked to the stage it was started in", async () => {
		const outer = light.stage("outer", () => footlight("inner").run({ root: true }, () => ask()));
		await light.run(() => outer());
		expect(traceOf("inner")).not.toBe(traceOf("docs-qa"));
		expect(recorded.span("inner").links.map((link) => link.context.spanId)).toEqual([idOf("outer")]);
	});

	it("of a generator lasts as long as the stream", async () => {
		const stream = light.run(async function* () {
			yield await ask();
		});
		expect(recorded.spans()).toEqual([]);
		for await (const _ of stream) expect(recorded.spans().map((span) => span.name)).toEqual(["ask"]);
		expect(parentOf("ask")).toBe(idOf("docs-qa"));
		expect(recorded.span("docs-qa").attributes["stream.item_count"]).toBe(1);
	});

	it("keeps parallel runs apart", async () => {
		const runs = Array.from({ length: 50 }, (_, index) =>
			light.run({ runId: `run-${index}` }, async () => {
				await null;
				return ask();
			}),
		);
		expect(await Promise.all(runs)).toEqual(runs.map((_, index) => `run-${index}`));
		const byTrace = Map.groupBy(recorded.spans(), (span) => span.spanContext().traceId);
		expect(byTrace.size).toBe(50);
		for (const spans of byTrace.values())
			expect(new Set(spans.map((span) => span.attributes["pipeline.run.id"])).size).toBe(1);
	});
});

describe("a stage outside a run", () => {
	it("works, without run ids", async () => {
		expect(await ask()).toBeUndefined();
		expect(recorded.span("ask").attributes).not.toHaveProperty("pipeline.run.id");
		expect(parentOf("ask")).toBeUndefined();
	});

	it("is the child of the active span", async () => {
		await inServerSpan(() => ask());
		expect(parentOf("ask")).toBe(idOf("GET /"));
	});
});

describe("the signal", () => {
	const signalOf = light.stage("signal", async () => light.current().signal);

	it("of a run reaches every stage inside", async () => {
		const aborting = new AbortController();
		const [direct, nested] = await light.run({ signal: aborting.signal }, async () => [
			light.current().signal,
			await light.stage("outer", () => signalOf())(),
		]);
		expect(direct).toBe(aborting.signal);
		expect(nested).toBe(aborting.signal);
	});

	it("of a run reaches a run inside, beside one of its own", async () => {
		const [outer, inner] = [new AbortController(), new AbortController()];
		await light.run({ signal: outer.signal }, async () => {
			expect(await light.run(() => signalOf())).toBe(outer.signal);
			await light.run({ signal: inner.signal }, async () => {
				const signal = await signalOf();
				outer.abort("the outer run is over");
				expect(signal.reason).toBe("the outer run is over");
			});
		});
		const alone = await light.run({ signal: inner.signal }, () => signalOf());
		expect(alone).toBe(inner.signal);
	});

	it("makes a call that it aborted cancelled, with its status unset and no exception", async () => {
		const aborting = new AbortController();
		const wait = light.stage("wait", () => {
			const { signal } = light.current();
			return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
		});
		const running = light.run({ signal: aborting.signal }, () => wait());
		aborting.abort();
		await expect(running).rejects.toThrow("aborted");
		for (const span of recorded.spans()) {
			expect(span.attributes.outcome).toBe("cancelled");
			expect(span.attributes).not.toHaveProperty("error.type");
			expect(span.status.code).toBe(0);
			expect(span.events).toEqual([]);
		}
	});
});

describe("what a light shares", () => {
	it("is fixed when it is made: lists changed later change nothing", () => {
		const sink = recordingSink();
		const use = [tracing()];
		const sinks = [sink];
		const late = footlight("docs-qa", { use, sinks });
		use.length = 0;
		sinks.length = 0;
		late.run(() => late.stage("ask", () => late.current().event("answer.cited"))());
		expect(recorded.spans().map((span) => span.name)).toEqual(["ask", "docs-qa"]);
		expect(sink.names).toEqual(["answer.cited"]);
	});

	it("is its own: another light's stage inside is a child under its own pipeline", async () => {
		const other = footlight("other");
		const load = other.stage("load", async () => 1);
		await light.run(() => load());
		expect(recorded.span("load").attributes["pipeline.name"]).toBe("other");
		expect(parentOf("load")).toBe(idOf("docs-qa"));
	});

	it("is a tracer provider of its own, if it was given one", async () => {
		const { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } = await import("@opentelemetry/sdk-trace");
		const exporter = new InMemorySpanExporter();
		const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
		footlight("apart", { tracerProvider }).stage("ask", () => 1)();
		expect(exporter.getFinishedSpans().map((span) => span.name)).toEqual(["ask"]);
		expect(recorded.spans()).toEqual([]);
	});

	it("leaves the active span of the caller as it was", async () => {
		await inServerSpan(async () => {
			const before = context.active();
			const running = light.run(() => ask());
			expect(context.active()).toBe(before);
			await running;
			expect(context.active()).toBe(before);
		});
	});
});
