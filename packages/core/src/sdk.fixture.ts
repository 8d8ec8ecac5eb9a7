import { context, logs, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
	InMemoryLogRecordExporter,
	LoggerProvider,
	type ReadableLogRecord,
	SimpleLogRecordProcessor,
} from "@opentelemetry/sdk-logs";
import {
	InMemorySpanExporter,
	type ReadableSpan,
	type Sampler,
	SimpleSpanProcessor,
	TracerProvider,
} from "@opentelemetry/sdk-trace";

/** What a real SDK has recorded. */
export interface Recorded {
	readonly tracerProvider: TracerProvider;
	spans(): ReadableSpan[];
	/** The only finished span of a name. */
	span(name: string): ReadableSpan;
	records(): ReadableLogRecord[];
	reset(): void;
}

/** Registers a real SDK for this process: context manager, tracer provider, and logger provider if `events` are asked for. */
export function registerSdk({ events = false, sampler }: { events?: boolean; sampler?: Sampler } = {}): Recorded {
	const spanExporter = new InMemorySpanExporter();
	const logExporter = new InMemoryLogRecordExporter();
	const tracerProvider = new TracerProvider({
		spanProcessors: [new SimpleSpanProcessor({ exporter: spanExporter })],
		...(sampler && { sampler }),
	});
	context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
	trace.setGlobalTracerProvider(tracerProvider);
	if (events) {
		logs.setGlobalLoggerProvider(
			new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: logExporter })] }),
		);
	}
	const spans = () => spanExporter.getFinishedSpans();
	return {
		tracerProvider,
		spans,
		span(name) {
			const found = spans().filter((span) => span.name === name);
			if (found.length !== 1) {
				throw new Error(
					`${found.length} spans named ${name} among ${
						spans()
							.map((span) => span.name)
							.join(", ") || "none"
					}`,
				);
			}
			return found[0] as ReadableSpan;
		},
		records: () => logExporter.getFinishedLogRecords(),
		reset() {
			spanExporter.reset();
			logExporter.reset();
		},
	};
}

/** Milliseconds of a time of the API, to compare. */
export function milliseconds([seconds, nanoseconds]: readonly [number, number]): number {
	return seconds * 1_000 + nanoseconds / 1_000_000;
}

export function exceptionsOf(span: ReadableSpan): (string | undefined)[] {
	return span.events
		.filter((event) => event.name === "exception")
		.map((event) => event.attributes?.["exception.message"] as string);
}
