import { context, diag, logs, type Span, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
	InMemoryLogRecordExporter,
	LoggerProvider,
	type LogRecordProcessor,
	type ReadableLogRecord,
	SimpleLogRecordProcessor,
} from "@opentelemetry/sdk-logs";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import type { Logger } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { type PinoLoggerOptions, pinoLogger } from "../pino.ts";

const tracer = new TracerProvider().getTracer("test");
const exporter = new InMemoryLogRecordExporter();

/** Registers the in-memory exporter whose records {@link records} gives; a logger made before follows it. */
export function provideMemory(): void {
	logs.setGlobalLoggerProvider(new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }));
}

/** Registers another log processor in its place. */
export function provide(processor: LogRecordProcessor): void {
	logs.disable();
	logs.setGlobalLoggerProvider(new LoggerProvider({ processors: [processor] }));
}

/** A logger, and the lines it has written. */
export function set<CustomLevels extends string = never>(
	options: PinoLoggerOptions<CustomLevels> = {},
): { readonly lines: Record<string, unknown>[]; readonly logger: Logger<CustomLevels> } {
	const lines: Record<string, unknown>[] = [];
	const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
	return { lines, logger: pinoLogger<CustomLevels>({ destination, base: null, ...options }) };
}

export function inSpan<T>(work: (span: Span) => T): T {
	const span = tracer.startSpan("work");
	return context.with(trace.setSpan(context.active(), span), () => work(span));
}

export const records = (): ReadableLogRecord[] => exporter.getFinishedLogRecords();

/** The one record there is. */
export function record(): ReadableLogRecord {
	const [first, ...rest] = records();
	if (first === undefined || rest.length > 0) throw new Error(`expected one record, got ${records().length}`);
	return first;
}

/** A real context manager and a real log provider around each test. */
export function provideForEach(): void {
	beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager()));
	afterAll(() => context.disable());
	beforeEach(() => {
		exporter.reset();
		provideMemory();
	});
	afterEach(() => {
		logs.disable();
		diag.disable();
	});
}
