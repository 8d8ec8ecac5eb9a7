import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type ManualClock, manualClock } from "@footlight/core/testing";
import { fileSpool } from "@footlight/exporters/spool";
import { context, createTraceState, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { isTracingSuppressed } from "@opentelemetry/core";
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import { type LosslessSpanProcessorOptions, losslessSpanProcessor } from "./lossless-span-processor.ts";

type Answer = Parameters<SpanExporter["export"]>[1];
type Result = Parameters<Answer>[0];

/** An exporter that answers what it is told to, in turn, and well when there is nothing left. */
class ScriptedExporter implements SpanExporter {
	readonly taken: ReadableSpan[] = [];
	readonly calls: ReadableSpan[][] = [];
	readonly script: (Result | "hangs" | "throws")[];
	shutdowns = 0;

	constructor(...script: (Result | "hangs" | "throws")[]) {
		this.script = script;
	}

	export(spans: ReadableSpan[], done: Answer): void {
		this.calls.push(spans);
		const step = this.script.shift() ?? { code: 0 };
		if (step === "hangs") return;
		if (step === "throws") throw new TypeError("cannot serialize");
		if (step.code === 0) this.taken.push(...spans);
		done(step);
	}

	async shutdown(): Promise<void> {
		this.shutdowns++;
	}
}

function setUp(exporter: SpanExporter, options: Omit<LosslessSpanProcessorOptions, "exporter"> = {}) {
	const metrics = recordMetrics();
	const clock: ManualClock = manualClock();
	const processor = losslessSpanProcessor({ clock, exporter, meterProvider: metrics.meterProvider, ...options });
	const provider = new TracerProvider({ spanProcessors: [processor] });
	const tracer = provider.getTracer("test", "1.0.0");
	return {
		...{ processor, provider, tracer, clock, metrics },
		make(spans: number) {
			for (let count = 0; count < spans; count++) tracer.startSpan(`span ${count}`).end();
		},
		items: (errorType?: string) =>
			metrics
				.points("pipeline.exporter.items", { "exporter.name": "spans" })
				.then((points) => points.filter(({ attributes }) => attributes["error.type"] === errorType))
				.then((points) => points.reduce((sum, { value }) => sum + value, 0)),
	};
}

const warnings: { code?: string; message: string }[] = [];
const listen = (warning: Error) => void warnings.push(warning);
/** The platform tells of them a turn later. */
async function lastWarning(): Promise<string | undefined> {
	await nextTurn();
	return warnings.at(-1)?.message;
}
beforeAll(() => {
	context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
beforeEach(() => {
	warnings.length = 0;
	process.on("warning", listen);
});
afterEach(async () => {
	await nextTurn();
	process.off("warning", listen);
});

describe("spans that come faster than a batch at a time is taken", () => {
	/** Answers once so many further spans have ended: 50 ms, at 20,000 spans a second. */
	function slowExporter(): SpanExporter & { taken: number; ended(): void } {
		const waiting: { readonly due: number; readonly answer: () => void }[] = [];
		let ended = 0;
		const exporter = {
			taken: 0,
			export(spans: ReadableSpan[], done: Answer) {
				const answer = () => {
					exporter.taken += spans.length;
					done({ code: 0 });
				};
				waiting.push({ due: ended + 1_000, answer });
			},
			ended() {
				ended++;
				while (waiting[0] !== undefined && waiting[0].due <= ended) waiting.shift()?.answer();
			},
			forceFlush: () => Promise.resolve(),
			shutdown: () => Promise.resolve(),
		};
		return exporter;
	}

	async function taken(exporter: ReturnType<typeof slowExporter>, spanProcessor: object): Promise<number> {
		const provider = new TracerProvider({ spanProcessors: [spanProcessor as never] });
		const tracer = provider.getTracer("test");
		for (let count = 0; count < 40_000; count++) {
			tracer.startSpan("span").end();
			exporter.ended();
			if (count % 50 === 0) await nextTurn();
		}
		const flushed = provider.forceFlush();
		for (let count = 0; count < 40_000; count++) {
			exporter.ended();
			if (count % 50 === 0) await nextTurn();
		}
		await flushed;
		return exporter.taken;
	}

	it("are all taken, where the batch processor loses more than a third and says nothing", async () => {
		const exporter = slowExporter();
		expect(await taken(exporter, losslessSpanProcessor({ exporter }))).toBe(40_000);
		const other = slowExporter();
		expect(await taken(other, new BatchSpanProcessor({ exporter: other }))).toBeLessThan(27_000);
	});

	it("are taken by a server that answers after 50 ms", async () => {
		let answered = 0;
		const server = createServer((request, response) => {
			request.resume().on("end", () =>
				setTimeout(() => {
					answered += Number(request.headers["x-spans"]);
					response.end();
				}, 50),
			);
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
		const exporter: SpanExporter = {
			export(spans, done) {
				const headers = { "x-spans": String(spans.length) };
				fetch(url, { method: "POST", body: "spans", headers }).then(
					() => done({ code: 0 }),
					(error) => done({ code: 1, error }),
				);
			},
			shutdown: () => Promise.resolve(),
		};
		const provider = new TracerProvider({ spanProcessors: [losslessSpanProcessor({ exporter })] });
		const tracer = provider.getTracer("test");
		for (let count = 0; count < 10_000; count++) tracer.startSpan("span").end();
		await provider.shutdown();
		expect(answered).toBe(10_000);
		await new Promise((resolve) => server.close(resolve));
	});
});

describe("an export that fails", () => {
	it.each<[string, Result | "hangs"]>([
		["says so without a reason", { code: 1 }],
		["says what no one can read", { code: 1, error: new Error("Export failed with retryable status") }],
		["is told to come back", { code: 1, error: Object.assign(new Error("busy"), { code: 503 }) }],
		["cannot connect", { code: 1, error: Object.assign(new Error("no"), { code: "ECONNREFUSED" }) }],
		["does not answer in time", "hangs"],
	])("and %s is tried again until it is taken, however long that is", async (_, failure) => {
		const exporter = new ScriptedExporter(...Array.from({ length: 12 }, () => failure));
		const { make, clock, items, provider } = setUp(exporter);
		make(3);
		for (let minute = 0; minute < 20; minute++) await clock.advance(60_000);
		expect(exporter.calls).toHaveLength(13);
		expect(exporter.taken.map(({ name }) => name)).toEqual(["span 0", "span 1", "span 2"]);
		expect(await items()).toBe(3);
		await provider.shutdown();
		expect(exporter.shutdowns).toBe(1);
	});

	it.each<[string, Result | "throws", string]>([
		["is refused", { code: 1, error: Object.assign(new Error("bad"), { name: "BadRequest", code: 400 }) }, "400"],
		["throws for a mistake in the exporter", "throws", "TypeError"],
	])("and %s is given up and counted, and the next go on", async (_, failure, errorType) => {
		const exporter = new ScriptedExporter(failure);
		const { make, clock, processor, items } = setUp(exporter);
		make(2);
		await clock.advance(1_000);
		make(1);
		await clock.advance(1_000);
		expect(exporter.calls).toHaveLength(2);
		expect(exporter.taken).toHaveLength(1);
		expect([await items(), await items(errorType)]).toEqual([1, 2]);
		expect(processor.snapshot()).toMatchObject({ delivered: 1, lost: { [errorType]: 2 }, left: 0 });
	});
});

it("leaves out spans that are recorded and not sampled", async () => {
	const exporter = new ScriptedExporter();
	const { processor, clock, tracer } = setUp(exporter);
	const span = tracer.startSpan("span") as unknown as ReadableSpan;
	const unsampled = { ...span.spanContext(), traceFlags: TraceFlags.NONE };
	processor.onEnd({ ...span, spanContext: () => unsampled } as ReadableSpan);
	await clock.advance(5_000);
	expect(exporter.calls).toEqual([]);
	expect(processor.snapshot().accepted).toBe(0);
});

it("makes no spans of its own work", async () => {
	const suppressed: boolean[] = [];
	const exporter: SpanExporter = {
		export(_spans, done) {
			suppressed.push(isTracingSuppressed(context.active()), trace.getActiveSpan() === undefined);
			setImmediate(() => {
				suppressed.push(isTracingSuppressed(context.active()));
				done({ code: 0 });
			});
		},
		forceFlush: async () => void suppressed.push(isTracingSuppressed(context.active())),
		shutdown: () => Promise.resolve(),
	};
	const { tracer, provider } = setUp(exporter, { batchSize: 2 });
	const active = tracer.startSpan("active");
	context.with(trace.setSpan(context.active(), active), () => {
		tracer.startSpan("one").end();
		tracer.startSpan("two").end();
	});
	await provider.forceFlush();
	expect(suppressed).toEqual([true, true, true, true]);
});

it("waits for what is still asked about the resource", async () => {
	const exporter = new ScriptedExporter();
	const { processor, tracer } = setUp(exporter);
	let settle = () => {};
	const settled = new Promise<void>((resolve) => {
		settle = resolve;
	});
	const resource = { attributes: {}, asyncAttributesPending: true, waitForAsyncAttributes: () => settled };
	const span = tracer.startSpan("span") as unknown as ReadableSpan;
	processor.onEnd(Object.assign(Object.create(span), { resource }));
	const flushed = processor.forceFlush();
	await nextTurn();
	expect(exporter.calls).toEqual([]);
	settle();
	await flushed;
	expect(exporter.taken).toHaveLength(1);
});

describe("what there is no room for", () => {
	it("is dropped from the oldest, counted, and told by one line", async () => {
		const exporter = new ScriptedExporter(...Array.from({ length: 100 }, () => "hangs" as const));
		const told: number[] = [];
		const { make, items, processor, provider, clock } = setUp(exporter, {
			...{ maxItems: 10, batchSize: 2, concurrency: 1, deadlineMs: 100 },
			onOverflow: ({ total }) => told.push(total),
		});
		make(15);
		make(85);
		await nextTurn();
		expect(await items("queue_full")).toBe(90);
		expect(processor.snapshot()).toMatchObject({ size: 10, lost: { queue_full: 90 } });
		const line = warnings.filter(({ code }) => code === "FOOTLIGHT_TELEMETRY_DROPPED");
		expect(line.map(({ message }) => message)).toEqual([
			"spans: there is no room for all, the oldest are dropped; further ones are only counted, in pipeline.exporter.items",
		]);
		expect(told[0]).toBe(1);
		const stopped = provider.shutdown();
		await clock.advance(1_000);
		await stopped;
		expect(told.at(-1)).toBe(90);
		expect(await lastWarning()).toBe("spans: 10 were not delivered within 100 ms and are lost");
		expect(await items("shutdown")).toBe(10);
	});

	it("is so by its size too", async () => {
		const exporter = new ScriptedExporter("hangs");
		const { tracer, processor } = setUp(exporter, { maxBytes: 1_000_000 });
		for (let count = 0; count < 100; count++) {
			tracer.startSpan("span", { attributes: { document: "x".repeat(100_000) } }).end();
		}
		expect(processor.snapshot().size).toBeLessThan(10);
		expect(processor.snapshot().bytes).toBeLessThan(1_000_000);
	});
});

it.each(["forceFlush", "shutdown"] as const)("%s keeps its deadline whatever the exporter does", async (method) => {
	const never = () => new Promise<void>(() => {});
	const exporter: SpanExporter = { export() {}, forceFlush: never, shutdown: never };
	const { make, processor } = setUp(exporter, { deadlineMs: 50, clock: undefined as never });
	make(3);
	const startMs = performance.now();
	await processor[method]();
	expect(performance.now() - startMs).toBeLessThan(2_000);
	await processor.shutdown();
});

it("is shut down once, and what ends after that is counted", async () => {
	const exporter = new ScriptedExporter();
	const { make, processor, items } = setUp(exporter);
	make(1);
	await Promise.all([processor.shutdown(), processor.shutdown()]);
	make(1);
	await processor.forceFlush();
	expect([exporter.taken.length, exporter.shutdowns, await items("already_shutdown")]).toEqual([1, 1, 1]);
});

describe("with a spool", () => {
	let directory: string;
	beforeEach(() => {
		directory = mkdtempSync(join(tmpdir(), "footlight-spans-"));
	});
	afterEach(() => rmSync(directory, { recursive: true, force: true }));

	it("spans outlive their process, with all that is in them", async () => {
		const dead = new ScriptedExporter(...Array.from({ length: 100 }, () => ({ code: 1 })));
		const before = setUp(dead, { spool: { directory }, deadlineMs: 50, clock: undefined as never });
		const parent = before.tracer.startSpan("parent");
		const span = before.tracer.startSpan(
			"span",
			{
				kind: 2,
				startTime: [1_700_000_000, 123_456_789],
				attributes: {
					text: "größe\n\u0000",
					list: [1, 2.5],
					no: false,
					huge: Number.MAX_SAFE_INTEGER,
					none: Number.NaN,
				},
				links: [
					{
						context: { ...parent.spanContext(), traceState: createTraceState("vendor=1"), isRemote: true },
						attributes: { why: "edge" },
					},
				],
			},
			trace.setSpan(context.active(), parent),
		);
		span.addEvent("note", { text: "hello" }, [1_700_000_000, 5]);
		span.recordException(new Error("boom"));
		span.setStatus({ code: SpanStatusCode.ERROR, message: "failed" });
		span.end([1_700_000_001, 7]);
		parent.end();
		await before.processor.shutdown();
		expect(await lastWarning()).toBe(
			"spans: 2 were not delivered within 50 ms and stay in the spool, for the next process",
		);

		const alive = new ScriptedExporter();
		const after = setUp(alive, { spool: { directory } });
		await nextTurn();
		await after.processor.forceFlush();
		await after.processor.shutdown();
		const [first, second] = alive.taken;
		const fields = (one: ReadableSpan | undefined) => {
			const { name, kind, startTime, endTime, duration, ended, status, attributes, events } = one as ReadableSpan;
			const { parentSpanContext, droppedAttributesCount, droppedEventsCount, droppedLinksCount } = one as ReadableSpan;
			const links = one?.links.map((link) => ({ ...link, state: link.context.traceState?.serialize(), context: 0 }));
			const { traceId, spanId, traceFlags, traceState } = one?.spanContext() ?? {};
			return {
				...{ name, kind, startTime, endTime, duration, ended, status, attributes, events, links },
				...{ traceId, spanId, traceFlags, state: traceState?.serialize(), parent: parentSpanContext?.spanId },
				...{ droppedAttributesCount, droppedEventsCount, droppedLinksCount },
				scope: { name: one?.instrumentationScope.name, version: one?.instrumentationScope.version },
				resource: one?.resource.attributes,
			};
		};
		expect(fields(first)).toEqual(fields(span as unknown as ReadableSpan));
		expect(fields(second)).toEqual(fields(parent as unknown as ReadableSpan));
		// Exporters group by identity: one resource for all.
		expect(first?.resource).toBe(second?.resource);
		expect(first?.instrumentationScope).toBe(second?.instrumentationScope);

		const third = new ScriptedExporter();
		const last = setUp(third, { spool: { directory } });
		await nextTurn();
		await last.processor.shutdown();
		expect(third.taken).toEqual([]);
	});
});

describe("options", () => {
	const exporter = new ScriptedExporter();
	it.each([
		[undefined, "losslessSpanProcessor: options must be an object, got undefined"],
		[{}, "losslessSpanProcessor: exporter must have a method export, got undefined"],
		[{ exporter, deadlineMs: 0 }, "losslessSpanProcessor: deadlineMs must be a positive integer, got 0"],
		[{ exporter, queueSize: 1 }, /losslessSpanProcessor: unknown option "queueSize"/],
		[{ exporter, spool: {} }, "fileSpool: directory must be a string, got undefined"],
		[
			{ exporter, spool: "/tmp/x" },
			'losslessSpanProcessor: spool must be options such as { directory: "/var/spool/spans" }, got "/tmp/x"',
		],
		[
			{ exporter, spool: fileSpool({ directory: "/tmp/x" }) },
			'losslessSpanProcessor: spool must be options such as { directory: "/var/spool/spans" }, got a fileSpool()',
		],
	])("%j are refused", (options, message) => {
		expect(() => losslessSpanProcessor(options as unknown as LosslessSpanProcessorOptions)).toThrow(message);
	});
});
