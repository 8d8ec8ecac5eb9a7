import { footlight, streamExporter, streamingTelemetry } from "@footlight/core";
import { recordingSink } from "@footlight/core/testing";
import { logs } from "@opentelemetry/api";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { expect, it, vi } from "vitest";
import { BufferedExporter } from "../buffered.ts";
import { scriptedSink } from "./set-up.fixture.ts";

const recorded = new InMemoryLogRecordExporter();
logs.setGlobalLoggerProvider(
	new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: recorded })] }),
);

it("is made by streamingTelemetry for a call, tells of its overflow as that call, once, and delivers all it took", async () => {
	const events = recordingSink();
	const sink = scriptedSink();
	const light = footlight("docs-qa", { sinks: [events] });
	const ask = light.stage(
		"ask",
		() => {
			const exporter = light.current().value(streamExporter<string>());
			expect(exporter).toBeInstanceOf(BufferedExporter);
			for (const item of ["a", "b", "c"]) exporter.tryEmit(item);
		},
		{
			use: [
				streamingTelemetry({
					exporter: ({ name, onOverflow }) =>
						new BufferedExporter<string>({ name, onOverflow, sink, maxItems: 2, batchSize: 1 }),
				}),
			],
		},
	);
	light.run({ runId: "run-1" }, () => ask());
	const overflow = events.events.filter(({ name }) => name === "analytics.overflow");
	expect(overflow.map(({ attributes }) => attributes)).toEqual([
		{
			"pipeline.name": "docs-qa",
			"pipeline.run.id": "run-1",
			"stage.name": "ask",
			"exporter.name": "ask",
			"analytics.dropped": 1,
			"analytics.total_dropped": 1,
			"analytics.buffer_size": 2,
			"analytics.capacity": 2,
		},
	]);
	expect(recorded.getFinishedLogRecords().map(({ eventName }) => eventName)).toEqual(["analytics.overflow"]);
	await vi.waitFor(() => expect(sink.batches.flatMap(({ items }) => items)).toHaveLength(2));
});
