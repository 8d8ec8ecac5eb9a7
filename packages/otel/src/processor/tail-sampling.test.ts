import { fallback, footlight, InterruptedError, RejectedError, retry } from "@footlight/core";
import { manualClock } from "@footlight/core/testing";
import * as api from "@opentelemetry/api";
import { context, type SpanContext, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { beforeAll, describe, expect, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import { type TailSamplingOptions, tailSampling } from "./tail-sampling.ts";

interface SetUp {
	readonly tracer: Tracer;
	readonly provider: TracerProvider;
	readonly sampling: ReturnType<typeof tailSampling>;
	names(): string[];
	exporter: InMemorySpanExporter;
}

function setUp(options: Partial<TailSamplingOptions> = {}): SetUp {
	const exporter = new InMemorySpanExporter();
	const last = new SimpleSpanProcessor({ exporter });
	const sampling = tailSampling({ ratio: 0, processors: [last], ...options });
	const provider = new TracerProvider({ spanProcessors: [sampling] });
	return {
		...{ tracer: provider.getTracer("test"), provider, sampling, exporter },
		names: () => exporter.getFinishedSpans().map(({ name }) => name),
	};
}

const within = (span: ReturnType<Tracer["startSpan"]>) => trace.setSpan(context.active(), span);

beforeAll(() => {
	context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});

describe("a trace", () => {
	it("is kept whole for an error deep inside of it, and handed on once its root has ended", () => {
		const { tracer, names, exporter, sampling } = setUp();
		const root = tracer.startSpan("root");
		const child = tracer.startSpan("child", {}, within(root));
		const leaf = tracer.startSpan("leaf", {}, within(child));
		leaf.setStatus({ code: SpanStatusCode.ERROR });
		leaf.end();
		child.end();
		expect(names()).toEqual([]);
		root.end();
		expect(names()).toEqual(["leaf", "child", "root"]);
		expect(exporter.getFinishedSpans().map(({ attributes }) => attributes)).toEqual([
			{ "pipeline.sampling.adjusted_count": 1 },
			{ "pipeline.sampling.adjusted_count": 1 },
			{ "pipeline.sampling.adjusted_count": 1, "pipeline.sampling.reason": "error" },
		]);
		expect(sampling.report()).toEqual({ ended: 3, kept: 3, sampledOut: 0, sampledOutEarly: 0, held: 0 });
	});

	it("is left out whole where nothing speaks for it", () => {
		const { tracer, names, sampling } = setUp();
		const root = tracer.startSpan("root");
		const late = tracer.startSpan("late", {}, within(root));
		tracer.startSpan("child", {}, within(root)).end();
		root.end();
		late.setStatus({ code: SpanStatusCode.ERROR });
		late.end();
		expect(names()).toEqual([]);
		expect(sampling.report()).toMatchObject({ ended: 3, kept: 0, sampledOut: 3 });
	});

	it("that is kept gets the spans that end late", () => {
		const { tracer, names } = setUp();
		const root = tracer.startSpan("root");
		const late = tracer.startSpan("late", {}, within(root));
		root.setStatus({ code: SpanStatusCode.ERROR });
		root.end();
		late.end();
		expect(names()).toEqual(["root", "late"]);
	});

	it("of another service begins here with the span that it came in by", () => {
		const { tracer, names } = setUp();
		const caller: SpanContext = { traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1, isRemote: true };
		const remote = trace.setSpanContext(context.active(), caller);
		const [one, other] = [tracer.startSpan("one", {}, remote), tracer.startSpan("other", {}, remote)];
		one.setStatus({ code: SpanStatusCode.ERROR });
		one.end();
		expect(names()).toEqual([]);
		other.end();
		expect(names()).toEqual(["one", "other"]);
	});

	it("stands for as many as its share says, as an attribute and beside its trace id", () => {
		const { tracer, exporter } = setUp({ ratio: 0.25 });
		for (let count = 0; count < 400; count++) tracer.startSpan("root").end();
		const spans = exporter.getFinishedSpans();
		expect(spans.length).toBeGreaterThan(50);
		expect(spans.length).toBeLessThan(150);
		for (const span of spans) {
			expect(span.attributes).toEqual({
				"pipeline.sampling.adjusted_count": 4,
				"pipeline.sampling.reason": "sampled",
			});
			const { traceId, traceState } = span.spanContext();
			expect(traceState?.serialize()).toBe("ot=th:c");
			expect(Number.parseInt(traceId.at(18) ?? "", 16)).toBeGreaterThanOrEqual(0xc);
		}
	});

	it("is handed on as a copy: the span itself, and the context that requests carry, stay as they were", () => {
		const { tracer, exporter } = setUp({ ratio: 1 });
		const root = tracer.startSpan("root", { attributes: { a: 1 } });
		root.end();
		const [kept] = exporter.getFinishedSpans();
		expect(root.spanContext().traceState).toBeUndefined();
		expect((root as unknown as { attributes: object }).attributes).toEqual({ a: 1 });
		expect(kept).toMatchObject({ name: "root", ended: true, attributes: { a: 1 }, status: { code: 0 } });
		const { traceId, spanId } = root.spanContext();
		expect(kept?.spanContext()).toMatchObject({ traceId, spanId, traceFlags: 1 });
	});
});

describe("a run of Footlight", () => {
	async function kept(
		run: (light: ReturnType<typeof footlight>) => Promise<unknown>,
		options?: Partial<TailSamplingOptions>,
	): Promise<{ names: string[]; reason: unknown }> {
		const { provider, exporter, names } = setUp(options);
		const light = footlight("docs-qa", { tracerProvider: provider });
		await light.run(() => run(light)).catch(() => {});
		const root = exporter.getFinishedSpans().find(({ parentSpanContext }) => parentSpanContext === undefined);
		return { names: names().sort(), reason: root?.attributes["pipeline.sampling.reason"] };
	}

	async function fails(error: Error): Promise<never> {
		throw error;
	}

	it("is left out where all went well, or its consumer went away", async () => {
		expect(await kept((light) => light.stage("load", async () => 1)())).toEqual({ names: [], reason: undefined });
		const aborted = async () => fails(new DOMException("gone", "AbortError"));
		expect(await kept((light) => light.stage("load", aborted)())).toEqual({ names: [], reason: undefined });
	});

	it.each([
		["error", new Error("boom")],
		["rejected", new RejectedError("circuit_open", "open")],
		["interrupted", new InterruptedError("waits for review")],
	])("is kept for the outcome of a stage: %s", async (reason, error) => {
		const run = (light: ReturnType<typeof footlight>) =>
			light
				.stage("load", async () => fails(error))()
				.catch(() => {});
		expect(await kept(run)).toEqual({ names: ["docs-qa", "load"], reason });
	});

	it("is kept where a stage was tried again, attempts included", async () => {
		let attempts = 0;
		const flaky = async () => (attempts++ === 0 ? fails(Object.assign(new Error("no"), { code: "ECONNRESET" })) : 1);
		const { names, reason } = await kept((light) =>
			light.stage("load", flaky, { use: [retry({ initialDelayMs: 1 })] })(),
		);
		// The failed attempt is an error of its own.
		expect(reason).toBe("error");
		expect(names).toHaveLength(4);
	});

	it("is kept where a fallback answered", async () => {
		const run = (light: ReturnType<typeof footlight>) =>
			light.stage("load", async () => fails(new Error("busy")), { use: [fallback([{ name: "none", value: 0 }])] })();
		expect(await kept(run)).toEqual({ names: ["docs-qa", "load"], reason: "fallback" });
	});

	it("is kept for what it has cost", async () => {
		const run = (light: ReturnType<typeof footlight>) => light.stage("ask", async () => light.current().addCost(0.3))();
		expect(await kept(run)).toEqual({ names: ["ask", "docs-qa"], reason: "expensive" });
		expect(await kept(run, { expensiveUsd: 0.5 })).toEqual({ names: [], reason: undefined });
	});

	it("is kept for what the application asks of a span", async () => {
		const run = (light: ReturnType<typeof footlight>) =>
			light.stage("ask", async () => light.current().setAttribute("app.tenant", "acme"))();
		const keepIf: TailSamplingOptions["keepIf"] = ({ attributes }) => "app.tenant" in attributes;
		expect(await kept(run, { keepIf })).toEqual({ names: ["ask", "docs-qa"], reason: "chosen" });
	});
});

describe("a span of others", () => {
	it("keeps its trace where it was slow, if the trace came in by it", () => {
		const { tracer, names } = setUp({ slowMs: 2_000 });
		const startTime = Date.now();
		tracer.startSpan("quick", { startTime }).end(startTime + 1_999);
		tracer.startSpan("slow", { startTime }).end(startTime + 2_000);
		expect(names()).toEqual(["slow"]);
	});

	it("keeps its trace where a request was sent again", () => {
		const { tracer, names } = setUp();
		tracer.startSpan("GET", { attributes: { "http.request.resend_count": 1 } }).end();
		expect(names()).toEqual(["GET"]);
	});

	it("is handed on as it is where it is not sampled", () => {
		const seen: object[] = [];
		const quiet = { forceFlush: () => Promise.resolve(), shutdown: () => Promise.resolve() };
		const all = tailSampling({
			ratio: 0,
			processors: [{ onStart() {}, onEnd: (span) => void seen.push(span), ...quiet }],
		});
		const spanContext = { traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 0 };
		const span = { attributes: {}, events: [], links: [], status: { code: 2 }, spanContext: () => spanContext };
		all.onStart(span, {});
		all.onEnd(span);
		expect(seen).toEqual([span]);
		expect(all.report().ended).toBe(0);
	});
});

describe("what waits", () => {
	it("is bounded in traces, spans and bytes: the oldest trace is decided early, and counted", async () => {
		const metrics = recordMetrics();
		const { meterProvider } = metrics;
		const counted = (reason: string) =>
			metrics.total("pipeline.telemetry.dropped", { "pipeline.telemetry.reason": reason });
		const { tracer, sampling } = setUp({ maxTraces: 100, maxSpans: 250, maxBytes: 200_000, meterProvider });
		expect(await counted("sampling_early")).toBe(0);
		for (let count = 0; count < 20_000; count++) {
			const root = tracer.startSpan("never ends");
			tracer.startSpan("child", { attributes: { text: "x".repeat(count % 2_000) } }, within(root)).end();
			const { held } = sampling.report();
			if (held > 100) throw new Error(`${held} are held`);
		}
		const { ended, held, sampledOutEarly } = sampling.report();
		expect({ ended, lost: held + sampledOutEarly }).toEqual({ ended: 20_000, lost: 20_000 });
		expect(await counted("sampling_early")).toBe(sampledOutEarly);
		expect(await counted("sampling")).toBe(0);
	});

	it("is decided after a while, though its root goes on", async () => {
		const clock = manualClock();
		const { tracer, names } = setUp({ clock, decideAfterMs: 60_000 });
		const root = tracer.startSpan("a connection");
		const child = tracer.startSpan("child", {}, within(root));
		child.setStatus({ code: SpanStatusCode.ERROR });
		child.end();
		await clock.advance(59_999);
		expect(names()).toEqual([]);
		await clock.advance(1);
		expect(names()).toEqual(["child"]);
		root.end();
		expect(names()).toEqual(["child", "a connection"]);
	});

	it("is not decided by a flush, and is by a shutdown", async () => {
		const { tracer, provider, names, sampling } = setUp({ ratio: 1 });
		const root = tracer.startSpan("root");
		tracer.startSpan("child", {}, within(root)).end();
		await provider.forceFlush();
		expect(names()).toEqual([]);
		expect(sampling.report().held).toBe(1);
		await sampling.shutdown();
		expect(sampling.report()).toMatchObject({ kept: 1, held: 0 });
	});

	it("remembers so many decisions and no more", () => {
		const { tracer, sampling, names } = setUp({ maxDecisions: 10 });
		const late = Array.from({ length: 100 }, () => {
			const root = tracer.startSpan("root");
			const child = tracer.startSpan("late", {}, within(root));
			root.end();
			return child;
		});
		for (const child of late) {
			child.setStatus({ code: SpanStatusCode.ERROR });
			child.end();
		}
		// Of those that are forgotten, each span is decided on its own.
		const kept = names().length;
		expect(kept).toBeGreaterThanOrEqual(90);
		expect(sampling.report()).toMatchObject({ ended: 200, kept, sampledOut: 200 - kept });
	});
});

describe("whatever goes wrong behind it or beside it", () => {
	it("reaches neither who ends a span, nor other processors", async () => {
		const exporter = new InMemorySpanExporter();
		const broken = () => {
			throw new Error("broken");
		};
		const rejects = () => Promise.reject(new Error("broken"));
		const { tracer, provider } = setUp({
			ratio: 1,
			processors: [
				{ onStart: broken, onEnding: broken, onEnd: broken, forceFlush: rejects, shutdown: rejects },
				new SimpleSpanProcessor({ exporter }),
			],
			keepIf: broken,
		});
		tracer.startSpan("root").end();
		await provider.forceFlush();
		expect(exporter.getFinishedSpans()).toHaveLength(1);
		await provider.shutdown();
	});

	it("counts from zero in a provider that comes later", async () => {
		const metrics = recordMetrics();
		const { tracer } = setUp();
		tracer.startSpan("before").end();
		api.metrics.setGlobalMeterProvider(metrics.meterProvider);
		try {
			tracer.startSpan("after").end();
			expect(await metrics.total("pipeline.telemetry.dropped", { "pipeline.telemetry.reason": "sampling" })).toBe(2);
		} finally {
			api.metrics.disable();
		}
	});
});

describe("options", () => {
	const processors = [new SimpleSpanProcessor({ exporter: new InMemorySpanExporter() })];
	it.each([
		[undefined, "tailSampling: options must be an object, got undefined"],
		[{ processors }, "tailSampling: ratio must be a number from 0 to 1, got undefined"],
		[{ processors, ratio: 1.5 }, "tailSampling: ratio must be a number from 0 to 1, got 1.5"],
		[
			{ processors: [], ratio: 1 },
			"tailSampling: processors must be an array of at least one entry, got an array of 0",
		],
		[{ processors, ratio: 1, slowMs: -1 }, "tailSampling: slowMs must be a number of at least 0, got -1"],
		[{ processors, ratio: 1, maxSpans: 0 }, "tailSampling: maxSpans must be a positive integer, got 0"],
		[{ processors, ratio: 1, keepIf: true }, "tailSampling: keepIf must be a function, got true"],
		[{ processors, ratio: 1, slow: 1 }, /tailSampling: unknown option "slow"/],
	])("%j are refused", (options, message) => {
		expect(() => tailSampling(options as unknown as TailSamplingOptions)).toThrow(message);
	});
});
