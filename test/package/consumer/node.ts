// A server's file, as a user writes it: every entry of every package, whose declarations have to hold.
import { genaiPrices } from "@footlight/adapters/genai-prices";
import {
	ChunkQueue,
	type CorrelationIds,
	footlight,
	type Light,
	observe,
	StreamingBuffer,
	standardStack,
	streamingTelemetry,
	streamQueue,
} from "@footlight/core";
import { manualClock, recordingSink, spanTree } from "@footlight/core/testing";
import { type BatchSink, BufferedExporter } from "@footlight/exporters/buffered";
import * as consoleExporter from "@footlight/exporters/console";
import { jsonLinesSink } from "@footlight/exporters/jsonl";
import { otlpLogsSink } from "@footlight/exporters/otlp";
import * as pinoExporter from "@footlight/exporters/pino";
import { compositeSink, memorySink } from "@footlight/exporters/sinks";
import { fileSpool } from "@footlight/exporters/spool";
import { webhookSink } from "@footlight/exporters/webhook";
import { doctor, startTelemetry, type Telemetry } from "@footlight/otel";
import { losslessSpanProcessor, redaction, sizeLimits, tailSampling } from "@footlight/otel/processors";
import { extract, inject } from "@footlight/otel/propagation";

const light: Light = footlight("typed", { use: [observe()], sinks: [recordingSink()], clock: manualClock() });

const sync = light.stage("sync", (text: string, times = 1) => text.repeat(times));
const promised = light.stage("promised", async (text: string) => text.length);
const streamed = light.stage("streamed", async function* (text: string) {
	yield* text;
});

export const repeated: string = sync("a", 2);
export const length: Promise<number> = promised("a");
export const parts: AsyncGenerator<string, void, unknown> = streamed("a");
export const ids: CorrelationIds = { userId: "user-7" };
export const answer: Promise<number> = light.run(ids, () => promised("a"));

// @ts-expect-error a stage takes what its function takes
sync(7);
// @ts-expect-error a synchronous stage stays synchronous
export const wrong: Promise<string> = sync("a");

export const telemetry = (): Telemetry => startTelemetry({ serviceName: "typed" });
export const parts2: readonly unknown[] = [
	redaction(),
	sizeLimits(),
	extract,
	inject,
	doctor,
	genaiPrices({ providers: { acme: "openai" } }),
	spanTree,
	standardStack(),
];
export const queue: ChunkQueue<string> = light.current().value(streamQueue<string>());
export const buffer = (): StreamingBuffer =>
	new StreamingBuffer({ name: "speech", format: { encoding: "pcm_s16le", sampleRateHz: 16_000 } });
export const exported = (sink: BatchSink<string>): BufferedExporter<string> =>
	new BufferedExporter({ name: "audit", sink, spool: fileSpool({ directory: "spool" }) });
export const sinks = (): readonly object[] => [
	jsonLinesSink({ path: "events.jsonl" }),
	webhookSink({ url: "http://localhost" }),
	otlpLogsSink(),
	compositeSink([memorySink()]),
	streamingTelemetry({ exporter: ({ name }) => exported({ write: () => void name }) }),
	ChunkQueue,
	losslessSpanProcessor,
	tailSampling,
];
export const modules: readonly object[] = [consoleExporter, pinoExporter];
