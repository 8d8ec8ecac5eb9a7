import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attributes, eventCatalogue, type MetricDefinition, metricCatalogue } from "@footlight/core";
import { manualClock } from "@footlight/core/testing";
import { context, logs, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { beforeAll, describe, expect, it } from "vitest";
import { type Metric, recordMetrics } from "../../../../test/recorded-metrics.ts";
import { BufferedExporter } from "../buffered.ts";
import { fileSpool } from "../spool.ts";
import { away, refused, scriptedSink } from "./set-up.fixture.ts";

const { meterProvider, collect } = recordMetrics();
const logExporter = new InMemoryLogRecordExporter();
const spanExporter = new InMemorySpanExporter();
let collected: ReadonlyMap<string, Metric>;

/** Drives exporters, one of them with a spool, through all that they count and tell. */
beforeAll(async () => {
	context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
	trace.setGlobalTracerProvider(
		new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spanExporter })] }),
	);
	logs.setGlobalLoggerProvider(
		new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: logExporter })] }),
	);
	const directory = await mkdtemp(join(tmpdir(), "footlight-catalogue-"));
	try {
		const clock = manualClock();
		const options = { meterProvider, clock, maxItems: 2 };
		const kept = new BufferedExporter<string>({
			...{ name: "kept", sink: scriptedSink(), spool: fileSpool({ directory, maxBytes: 2 ** 20 }) },
			...options,
		});
		await kept.emit("a");
		await kept.flush();
		const sink = scriptedSink();
		const write: typeof sink.write = (batch, signal) => {
			trace.getTracer("http").startSpan("POST").end();
			return sink.write(batch, signal);
		};
		const audit = new BufferedExporter<string>({ name: "audit", sink: { write }, ...options });
		sink.answers.push(away(), refused());
		trace.getTracer("test").startActiveSpan("caller", (span) => {
			for (const item of ["a", "b", "c"]) audit.tryEmit(item);
			span.end();
		});
		const flushed = audit.flush();
		await clock.advance(10_000);
		await flushed;
		expect(sink.batches).toHaveLength(2);
		collected = await collect();
		await Promise.all([audit.close(), kept.close()]);
	} finally {
		await rm(directory, { recursive: true, force: true });
	}
});

describe("metrics of exporters", () => {
	const definitions = Object.entries(metricCatalogue as Readonly<Record<string, MetricDefinition>>).filter(([name]) =>
		name.startsWith("pipeline.exporter."),
	);

	it("are those of the catalogue, all of them and no other", () => {
		const names = [...collected.keys()].filter((name) => name.startsWith("pipeline.exporter."));
		expect(names.sort()).toEqual(definitions.map(([name]) => name).sort());
	});

	it.each(definitions)("%s has its attributes, all of them and no other, its unit and its text", (name, definition) => {
		const metric = collected.get(name);
		const carried = new Set(metric?.points.flatMap((point) => Object.keys(point.attributes)));
		expect([...carried].sort()).toEqual([...definition.attributes].sort());
		expect([metric?.unit, metric?.description]).toEqual([definition.unit, definition.description]);
		expect(metric?.isHistogram).toBe(definition.instrument === "histogram");
		const isSum = definition.instrument.endsWith("counter");
		expect(metric?.isMonotonic).toBe(isSum ? !definition.instrument.includes("up_down") : undefined);
	});

	it("have no attribute that the catalogue does not describe", () => {
		for (const [, definition] of definitions) {
			for (const name of definition.attributes) expect(name in attributes, name).toBe(true);
		}
	});
});

describe("events of exporters", () => {
	it("are those of the catalogue, each with its attributes and no other, of their types", () => {
		const records = logExporter.getFinishedLogRecords();
		expect(new Set(records.map(({ eventName }) => eventName))).toEqual(new Set(["analytics.overflow"]));
		for (const record of records) {
			expect(Object.keys(record.attributes).sort()).toEqual(
				[...eventCatalogue["analytics.overflow"].attributes].sort(),
			);
		}
		expect(records[0]?.attributes).toEqual({
			"exporter.name": "audit",
			"analytics.dropped": 1,
			"analytics.total_dropped": 1,
			"analytics.buffer_size": 2,
			"analytics.capacity": 2,
		});
	});
});

describe("what an exporter does to deliver", () => {
	it("makes neither spans nor events of its own", () => {
		expect(spanExporter.getFinishedSpans().map(({ name }) => name)).toEqual(["caller"]);
		const events = logExporter.getFinishedLogRecords().map(({ eventName }) => eventName);
		expect(events).not.toContain("retry.scheduled");
	});
});
