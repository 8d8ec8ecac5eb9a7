import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { losslessSpanProcessor } from "@footlight/otel/processors";
import type { Tracer } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";

const spansPerSecond = 20_000;
/** What both processors send without waiting for more. */
const batchSize = 512;

/** What a load came to. */
export interface Load {
	readonly made: number;
	readonly taken: number;
	/** Of this process. */
	readonly cpuNs: number;
}

/** A collector in a process of its own, so that what it costs is not counted. */
export async function startCollector(delayMs: number): Promise<{ readonly url: string; stop(): void }> {
	const child = spawn(process.execPath, [join(import.meta.dirname, "collector.ts"), String(delayMs)], {
		stdio: ["pipe", "pipe", "ignore"],
	});
	const [port] = await once(child.stdout, "data");
	return { url: `http://127.0.0.1:${String(port).trim()}/v1/traces`, stop: () => void child.kill() };
}

/** A processor with the official exporter behind it, as an application has them. */
export function spanSource(
	subject: string,
	url: string,
): {
	/** Spans at 20,000 a second. */
	load(spans: number): Promise<Load>;
	/** Spans a batch at a time, each taken before the next are made: the work and nothing else. */
	inBatches(batches: number): Promise<Load>;
} {
	const otlp = new OTLPTraceExporter({ url });
	let taken = 0;
	const exporter: SpanExporter = {
		export: (spans, done) =>
			otlp.export(spans, (result) => {
				if (result.code === 0) taken += spans.length;
				done(result);
			}),
		forceFlush: () => otlp.forceFlush(),
		shutdown: () => otlp.shutdown(),
	};
	const processor = subject === "batch" ? new BatchSpanProcessor({ exporter }) : losslessSpanProcessor({ exporter });
	const provider = new TracerProvider({ spanProcessors: [processor] });
	const tracer = provider.getTracer("benchmark");

	async function measured(spans: number, work: () => Promise<void>): Promise<Load> {
		const before = taken;
		const used = process.cpuUsage();
		await work();
		const { user, system } = process.cpuUsage(used);
		return { made: spans, taken: taken - before, cpuNs: (user + system) * 1_000 };
	}

	return {
		load: (spans) =>
			measured(spans, async () => {
				await make(tracer, spans);
				await provider.forceFlush();
			}),
		inBatches: (batches) =>
			measured(batches * batchSize, async () => {
				for (let batch = 0; batch < batches; batch++) {
					const due = taken + batchSize;
					for (let index = 0; index < batchSize; index++) makeSpan(tracer, index);
					while (taken < due) await sleep(1);
				}
			}),
	};
}

function makeSpan(tracer: Tracer, n: number): void {
	const span = tracer.startSpan("retrieve");
	span.setAttributes({ "pipeline.name": "docs-qa", "stage.name": "retrieve", outcome: "ok", n });
	span.end();
}

function make(tracer: Tracer, spans: number): Promise<void> {
	const startMs = performance.now();
	let made = 0;
	return new Promise((resolve) => {
		const timer = setInterval(() => {
			const due = Math.min(spans, ((performance.now() - startMs) / 1_000) * spansPerSecond);
			for (; made < due; made++) makeSpan(tracer, made);
			if (made < spans) return;
			clearInterval(timer);
			resolve();
		}, 5);
	});
}
