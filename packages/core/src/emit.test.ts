import { context, trace } from "@opentelemetry/api";
import { beforeEach, describe, expect, it } from "vitest";
import { type EventAttributes, footlight, type Middleware, telemetryFailures } from "./index.ts";
import { milliseconds, registerSdk } from "./sdk.fixture.ts";
import { failingSink, manualClock, recordingSink } from "./testing/index.ts";

const recorded = registerSdk({ events: true });
beforeEach(() => recorded.reset());

describe("an event", () => {
	it("is a log record with an event name, a span event, and what the sinks are given, all the same", () => {
		const sink = recordingSink();
		const clock = manualClock();
		const light = footlight("docs-qa", { sinks: [sink], clock });
		const ask = light.stage("ask", () => light.current().event("answer.cited", { sources: 3, names: ["a", "b"] }));
		light.run({ userId: "user-7", runId: "run-1", extra: { "app.tenant": "acme" } }, () => ask());
		const span = recorded.span("ask");
		const attributes = {
			"pipeline.name": "docs-qa",
			"stage.name": "ask",
			"pipeline.run.id": "run-1",
			"user.id": "user-7",
			"app.tenant": "acme",
			sources: 3,
			names: ["a", "b"],
		};
		const { traceId, spanId } = span.spanContext();
		expect(sink.events).toEqual([{ name: "answer.cited", timeMs: clock.now(), attributes, traceId, spanId }]);
		expect(span.events).toMatchObject([{ name: "answer.cited", attributes }]);
		expect(milliseconds(span.events[0]?.time ?? [0, 0])).toBe(clock.now());
		const [record, ...more] = recorded.records();
		expect(more).toEqual([]);
		expect(record).toMatchObject({ eventName: "answer.cited", attributes, severityNumber: 9 });
		expect(record?.spanContext).toMatchObject({ traceId, spanId });
		expect(milliseconds(record?.hrTime ?? [0, 0])).toBe(clock.now());
		expect(record?.instrumentationScope.name).toBe("@footlight/core");
	});

	it("of a run carries no stage, outside a run no run", () => {
		const sink = recordingSink();
		const light = footlight("docs-qa", { sinks: [sink] });
		light.run({ runId: "run-1" }, () => light.current().event("answer.cited"));
		light.stage("ask", () => light.current().event("answer.cited"))();
		expect(sink.events.map((event) => event.attributes)).toEqual([
			{ "pipeline.name": "docs-qa", "pipeline.run.id": "run-1" },
			{ "pipeline.name": "docs-qa", "stage.name": "ask" },
		]);
	});

	it("is emitted by a layer from the call", () => {
		const sink = recordingSink();
		const audited: Middleware = (next) => (call) => {
			call.emit("audit.written", { by: "layer" });
			return next(call);
		};
		footlight("docs-qa", { sinks: [sink] }).stage("ask", () => 1, { use: [audited] })();
		expect(sink.events).toMatchObject([{ name: "audit.written", attributes: { by: "layer", "stage.name": "ask" } }]);
		expect(recorded.span("ask").events.map((event) => event.name)).toEqual(["audit.written"]);
	});

	it("carries only simple values, whatever it is given", () => {
		const sink = recordingSink();
		const circular: Record<string, unknown> = {};
		circular.self = circular;
		const light = footlight("docs-qa", { sinks: [sink] });
		const given = {
			text: "x",
			number: 1.5,
			flag: false,
			list: ["a"],
			numbers: [1, 2],
			object: { a: 1 },
			date: new Date(0),
			big: 12n,
			symbol: Symbol("x"),
			nothing: null,
			missing: undefined,
			circular,
			get broken(): never {
				throw new Error("boom");
			},
		};
		light.run({ runId: "1" }, () => light.current().event("value.seen", given as unknown as EventAttributes));
		const expected = {
			"pipeline.name": "docs-qa",
			"pipeline.run.id": "1",
			text: "x",
			number: 1.5,
			flag: false,
			list: ["a"],
			numbers: "[1,2]",
			object: '{"a":1}',
			date: '"1970-01-01T00:00:00.000Z"',
			big: "12",
			symbol: "Symbol(x)",
			circular: "[not readable]",
			broken: "[not readable]",
		};
		expect(sink.events[0]?.attributes).toEqual(expected);
		expect(recorded.span("docs-qa").events[0]?.attributes).toEqual(expected);
		expect(recorded.records()[0]?.attributes).toEqual(expected);
	});

	it("is not changed by what its emitter does to the attributes later", () => {
		const sink = recordingSink();
		const light = footlight("docs-qa", { sinks: [sink] });
		const list = ["a"];
		light.run(() => light.current().event("value.seen", { list }));
		list.push("b");
		expect(sink.events[0]?.attributes.list).toEqual(["a"]);
	});

	it("takes absent attributes of any kind", () => {
		const sink = recordingSink();
		const light = footlight("docs-qa", { sinks: [sink] });
		light.run(() => {
			light.current().event("value.seen", undefined);
			light.current().event("value.seen", null as unknown as EventAttributes);
		});
		expect(sink.names).toEqual(["value.seen", "value.seen"]);
	});

	it("after its span has ended reaches the sinks and the Logs API", async () => {
		const sink = recordingSink();
		const light = footlight("docs-qa", { sinks: [sink] });
		const current = light.stage("ask", () => light.current())();
		current.event("answer.rated");
		expect(sink.events[0]?.spanId).toBe(recorded.span("ask").spanContext().spanId);
		expect(recorded.records().map((record) => record.eventName)).toEqual(["answer.rated"]);
	});
});

describe("the name of an event", () => {
	const sink = recordingSink();
	const light = footlight("docs-qa", { sinks: [sink] });
	const failures = () => telemetryFailures().get("emit") ?? 0;

	it.each<unknown>([
		"cited",
		"",
		".",
		"a.",
		".a",
		"answer cited.now",
		"answer.\n",
		`a.${"b".repeat(200)}`,
		"pipeline.started",
		"stage.x",
		"stream.item",
		"circuit_breaker.opened",
		"retry.scheduled",
		"cache.hit",
		"rate_limit.rejected",
		"feature_flag.evaluation",
		"interrupt.created",
		"analytics.overflow",
		"budget.exceeded",
		"gen_ai.x",
		5,
		5n,
		null,
		undefined,
		{},
		Symbol("a.b"),
		"a".repeat(100_000),
	])("is refused, counted, and throws nothing (%#)", (name) => {
		sink.clear();
		const before = failures();
		light.run(() => expect(light.current().event(name as string)).toBeUndefined());
		expect(sink.events).toEqual([]);
		expect(failures() - before).toBe(1);
	});

	it("is counted in one place, however many wrong ones there are", () => {
		const parts = telemetryFailures().size;
		const before = failures();
		light.run(() => {
			for (let count = 0; count < 10_000; count++) light.current().event(`wrong name ${count}`);
		});
		expect(failures() - before).toBe(10_000);
		expect(telemetryFailures().size).toBe(parts);
	});

	it.each(["answer.cited", "a.b", "app.answer.cited", "pipelines.x", "a..b"])("is taken: %s", (name) => {
		sink.clear();
		light.run(() => light.current().event(name));
		expect(sink.names).toEqual([name]);
	});
});

describe("listeners of events", () => {
	it.each(["throws", "rejects", "hangs"] as const)(
		"that fail (%s) leave the result and the other listeners alone",
		async (failure) => {
			const good = recordingSink();
			const light = footlight("docs-qa", { sinks: [failingSink(failure), good] });
			const result = await light.run(async () => {
				light.current().event("answer.cited");
				return "answer";
			});
			await Promise.resolve();
			expect(result).toBe("answer");
			expect(good.names).toEqual(["answer.cited"]);
			expect(recorded.span("docs-qa").events.map((event) => event.name)).toEqual(["answer.cited"]);
			expect(recorded.records()).toHaveLength(1);
		},
	);

	it("where there are none get no event, and nothing of one is even read", async () => {
		const { TracerProvider, AlwaysOffSampler } = await import("@opentelemetry/sdk-trace");
		const { logs } = await import("@opentelemetry/api");
		const read: string[] = [];
		const attributes = {
			get source(): string {
				read.push("source");
				return "x";
			},
		};
		const sampledOut = footlight("docs-qa", {
			tracerProvider: new TracerProvider({ sampler: new AlwaysOffSampler() }),
		});
		sampledOut.run(() => sampledOut.current().event("answer.cited", attributes));
		expect(read).toEqual(["source"]);
		expect(recorded.records()).toHaveLength(1);
		logs.disable();
		sampledOut.run(() => sampledOut.current().event("answer.cited", attributes));
		expect(read).toEqual(["source"]);
	});

	it("that emit themselves are given no event while they take one; another sink is", () => {
		const other = recordingSink();
		const names: string[] = [];
		const ask = (): void => light.stage("ask", () => light.current().event("answer.cited"))();
		const emitting = {
			async emit() {},
			tryEmit(event: { readonly name: string }) {
				names.push(event.name);
				ask();
			},
		};
		const light = footlight("docs-qa", { sinks: [emitting, other] });
		const before = telemetryFailures().get("sink") ?? 0;
		ask();
		expect([names.length, other.names.length]).toEqual([1, 2]);
		expect((telemetryFailures().get("sink") ?? 0) - before).toBe(1);
		ask();
		expect(names).toHaveLength(2);
	});

	it("see an event of a span that was started by hand between", () => {
		const light = footlight("docs-qa");
		const byHand = trace.getTracer("x").startSpan("by-hand");
		light.stage("ask", () =>
			context.with(trace.setSpan(context.active(), byHand), () => light.current().event("answer.cited")),
		)();
		byHand.end();
		expect(recorded.span("ask").events.map((event) => event.name)).toEqual(["answer.cited"]);
	});
});
