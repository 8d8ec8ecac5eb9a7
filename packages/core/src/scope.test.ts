import { TraceFlags } from "@opentelemetry/api";
import { beforeEach, describe, expect, it } from "vitest";
import { brokenTracerProvider } from "./broken-tracer.fixture.ts";
import { footlight, type Middleware, telemetryFailures } from "./index.ts";
import { registerSdk } from "./sdk.fixture.ts";
import { recordingLogger, recordingSink } from "./testing/index.ts";

const recorded = registerSdk();
beforeEach(() => recorded.reset());

const light = footlight("docs-qa");
const cost = (name: string) => recorded.span(name).attributes["pipeline.cost.usd"];

describe("current() outside of runs and stages", () => {
	it("is a no-op that has every member", () => {
		const current = light.current();
		current.setAttribute("a", 1);
		current.event("a.b", { c: 1 });
		current.addLink({ traceId: "1", spanId: "2", traceFlags: 0 });
		current.addCost(5);
		for (const level of ["debug", "info", "warn", "error"] as const) current.log[level]("x", { a: 1 });
		expect(current.signal.aborted).toBe(false);
		expect(current.ids).toEqual({});
		expect(current.spanContext).toBeUndefined();
		expect(recorded.spans()).toEqual([]);
	});

	it("writes no line, even with a logger: there is nothing to tie it to", () => {
		const logger = recordingLogger();
		footlight("docs-qa", { logger }).current().log.info("lost");
		expect(logger.lines).toEqual([]);
	});
});

describe("current().setAttribute", () => {
	it("sets on the span of the innermost stage", async () => {
		const inner = light.stage("inner", () => light.current().setAttribute("app.inner", [1, 2]));
		await light.run(() => {
			light.current().setAttribute("app.outer", "run");
			inner();
			light.current().setAttribute("app.late", true);
		});
		expect(recorded.span("inner").attributes["app.inner"]).toEqual([1, 2]);
		expect(recorded.span("docs-qa").attributes).toMatchObject({ "app.outer": "run", "app.late": true });
		expect(recorded.span("inner").attributes).not.toHaveProperty("app.late");
	});
});

describe("current().addLink", () => {
	it("links to a span that also led here", async () => {
		const contextOf = (name: string) => light.stage(name, async () => light.current().spanContext);
		await light.run(async () => {
			const sources = await Promise.all([contextOf("one")(), contextOf("two")()]);
			light.stage("join", () => {
				for (const source of sources) if (source !== undefined) light.current().addLink(source);
			})();
		});
		const expected = ["one", "two"].map((name) => recorded.span(name).spanContext().spanId);
		expect(recorded.span("join").links.map((link) => link.context.spanId)).toEqual(expected);
	});

	it("takes whatever comes without throwing", () => {
		light.run(() =>
			expect(light.current().addLink({ traceId: "", spanId: "", traceFlags: TraceFlags.NONE })).toBeUndefined(),
		);
		light.run(() => expect(light.current().addLink(undefined as never)).toBeUndefined());
	});
});

describe("current().addCost", () => {
	it("adds to the call and to everything above it", async () => {
		const ask = light.stage("ask", async (usd: number) => light.current().addCost(usd));
		const outer = light.stage("outer", async () => {
			await Promise.all([ask(0.25), ask(0.5)]);
			light.current().addCost(1);
		});
		const other = light.stage("other", async () => {});
		await light.run(async () => {
			await outer();
			await other();
		});
		const asks = recorded.spans().filter((span) => span.name === "ask");
		expect(asks.map((span) => span.attributes["pipeline.cost.usd"]).sort()).toEqual([0.25, 0.5]);
		expect([cost("outer"), cost("docs-qa"), cost("other")]).toEqual([1.75, 1.75, undefined]);
	});

	it("reaches an outer run, and another pipeline's", async () => {
		const inner = footlight("inner");
		const ask = inner.stage("ask", () => inner.current().addCost(2));
		light.run(() => inner.run(() => ask()));
		expect([cost("ask"), cost("inner"), cost("docs-qa")]).toEqual([2, 2, 2]);
	});

	it("counts what a failed call had spent", async () => {
		const ask = light.stage("ask", async () => {
			light.current().addCost(2);
			throw new Error("x");
		});
		await light.run(() => ask().catch(() => {}));
		expect([cost("ask"), cost("docs-qa")]).toEqual([2, 2]);
	});

	it("counts what a stream spends while it is read", async () => {
		const ask = light.stage("ask", async function* () {
			yield 1;
			light.current().addCost(2);
		});
		await light.run(async () => {
			for await (const _ of ask());
		});
		expect([cost("ask"), cost("docs-qa")]).toEqual([2, 2]);
	});

	it.each([Number.NaN, Number.POSITIVE_INFINITY, "5", undefined, 5n, Object.create(null)])(
		"refuses %o, counts that, and throws nothing",
		(usd) => {
			const before = telemetryFailures().get("addCost") ?? 0;
			light.run(() => light.current().addCost(usd as number));
			expect(cost("docs-qa")).toBeUndefined();
			expect((telemetryFailures().get("addCost") ?? 0) - before).toBe(1);
		},
	);
});

describe("current().log", () => {
	it("writes to the pipeline's logger with the ids of span, run and stage", () => {
		const logger = recordingLogger();
		const logged = footlight("docs-qa", { logger });
		const ask = logged.stage("ask", () => logged.current().log.warn("slow", { "app.ms": 5 }));
		logged.run({ runId: "run-1", userId: "user-7" }, () => ask());
		const { traceId, spanId } = recorded.span("ask").spanContext();
		expect(logger.lines.find((line) => line.message === "slow")).toEqual({
			level: "warn",
			message: "slow",
			fields: {
				trace_id: traceId,
				span_id: spanId,
				"pipeline.name": "docs-qa",
				"stage.name": "ask",
				"pipeline.run.id": "run-1",
				"user.id": "user-7",
				"app.ms": 5,
			},
		});
	});

	it("is silent without a logger", () => {
		light.run(() => expect(light.current().log.info("x")).toBeUndefined());
	});

	it("survives fields that cannot be read", () => {
		const logged = footlight("docs-qa", { logger: recordingLogger() });
		const fields = {
			get broken(): never {
				throw new Error("boom");
			},
		};
		logged.run(() => expect(logged.current().log.info("x", fields)).toBeUndefined());
	});
});

describe("current()", () => {
	it("stays the stage's own across awaits, callbacks and parallel calls", async () => {
		const ask = light.stage("ask", async (name: string) => {
			const current = light.current();
			await new Promise((resolve) => setImmediate(resolve));
			expect(light.current()).toBe(current);
			current.setAttribute("app.name", name);
			return current.spanContext?.spanId;
		});
		const ids = await light.run(() => Promise.all(["a", "b", "c"].map((name) => ask(name))));
		expect(new Set(ids).size).toBe(3);
		for (const [index, name] of ["a", "b", "c"].entries()) {
			expect(recorded.spans().find((span) => span.spanContext().spanId === ids[index])?.attributes["app.name"]).toBe(
				name,
			);
		}
	});

	it("is the same of every light: it belongs to the call", () => {
		light.run({ runId: "run-1" }, () => expect(footlight("other").current().ids.runId).toBe("run-1"));
	});

	it("works where no layer observes", () => {
		const sink = recordingSink();
		const bare = footlight("bare", { use: [], sinks: [sink] });
		const ask = bare.stage("ask", () => {
			const { signal, ids, log } = bare.current();
			bare.current().event("answer.cited");
			log.info("x");
			return [signal.aborted, ids];
		});
		expect(ask()).toEqual([false, {}]);
		expect(bare.run({ runId: "run-1" }, () => ask())).toEqual([false, { runId: "run-1" }]);
		expect(sink.events.map((event) => event.attributes)).toEqual([
			{ "pipeline.name": "bare", "stage.name": "ask" },
			{ "pipeline.name": "bare", "stage.name": "ask", "pipeline.run.id": "run-1" },
		]);
		expect(recorded.spans()).toEqual([]);
	});

	it("says nothing of a span that cannot say which it is, and logs without", () => {
		const logger = recordingLogger("info");
		const tracerProvider = brokenTracerProvider({ member: "spanContext" });
		const broken = footlight("docs-qa", { logger, tracerProvider });
		const ask = broken.stage("ask", () => {
			broken.current().log.info("x", { "app.ms": 5 });
			return broken.current().spanContext;
		});
		expect(ask()).toBeUndefined();
		expect(logger.lines.map((line) => line.message)).toEqual(["x", "stage ask ok"]);
		expect(logger.lines[0]?.fields).toMatchObject({ "stage.name": "ask", "app.ms": 5 });
	});

	it("inside a layer that changed the call shows the changed signal", () => {
		const { signal } = new AbortController();
		const replacing: Middleware = (next) => (call) => next({ ...call, signal });
		const nested = light.stage("nested", () => light.current().signal);
		const ask = light.stage("ask", () => [light.current().signal, nested()], { use: [replacing] });
		expect(ask()).toEqual([signal, signal]);
		expect(recorded.span("nested").parentSpanContext?.spanId).toBe(recorded.span("ask").spanContext().spanId);
	});
});
