/**
 * The names that examples of the documentation may use without an import: what the packages export, what an
 * OpenTelemetry SDK brings, and stand-ins for the reader's own code. The one place that defines them.
 */
import { isDeepStrictEqual } from "node:util";
import * as genaiPrices from "@footlight/adapters/genai-prices";
import * as core from "@footlight/core";
import * as testing from "@footlight/core/testing";
import * as buffered from "@footlight/exporters/buffered";
import * as consoleTree from "@footlight/exporters/console";
import * as jsonLines from "@footlight/exporters/jsonl";
import * as otlpLogs from "@footlight/exporters/otlp";
import * as pino from "@footlight/exporters/pino";
import * as sinks from "@footlight/exporters/sinks";
import * as spool from "@footlight/exporters/spool";
import * as webhook from "@footlight/exporters/webhook";
import * as otel from "@footlight/otel";
import * as processors from "@footlight/otel/processors";
import * as propagation from "@footlight/otel/propagation";
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from "@opentelemetry/sdk-logs";
import { NodeSDK } from "@opentelemetry/sdk-node";
import {
	BatchSpanProcessor,
	InMemorySpanExporter,
	type ReadableSpan,
	SimpleSpanProcessor,
	TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { ExpectStatic } from "vitest";

const exporter = new InMemorySpanExporter() as InMemorySpanExporter & LogRecordExporter;
/** A run that was recorded before: `exporter` holds it. */
const earlier = core.footlight("docs-qa", {
	tracerProvider: new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
});
earlier.run(earlier.stage("retrieve", () => []));

const batch = new BatchSpanProcessor({ exporter });
const light = core.footlight("docs-qa");
const logger: testing.RecordingLogger = testing.recordingLogger();
const sink: testing.RecordingSink = testing.recordingSink();

const pages: readonly string[] = ["A span is one step of a trace.", "A trace is one run, end to end."];
const search = (query: string): string[] => pages.filter((page) => page.toLowerCase().includes(query.toLowerCase()));
const load = async (name: string): Promise<string> => `the page ${name}`;
async function* answer(text: string): AsyncGenerator<string> {
	yield* text.split(" ");
}

function streamOf<T>(...items: T[]): ReadableStream<T> {
	return new ReadableStream({
		pull(controller) {
			const item = items.shift();
			if (item === undefined) controller.close();
			else controller.enqueue(item);
		},
	});
}

const layerUnderTest: core.Middleware = (next) => (call) => next(call);
const audit = (_: { readonly sink: core.EventSink }): core.Middleware =>
	core.layer({ name: "audit" }, (next) => (call) => {
		call.emit("audit.written");
		return next(call);
	});

const request: { readonly headers: Record<string, string> } = {
	headers: { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
};
interface Message {
	readonly headers: Record<string, string>;
}
const consumer = { on: (_: "message", receive: (message: Message) => void): void => receive(request) };
const file = { write: (_: string): void => {} };
const line = "one line";
const handle = (message: Message): number => Object.keys(message.headers).length;

const ours = {
	exporter,
	batch,
	light,
	logger,
	sink,
	search,
	load,
	answer,
	streamOf,
	layerUnderTest,
	audit,
	request,
	consumer,
	handle,
	file,
	line,
};
const sdk = {
	BatchLogRecordProcessor,
	LoggerProvider,
	NodeSDK,
	BatchSpanProcessor,
	SimpleSpanProcessor,
	TracerProvider,
};

/** What `// => value` becomes: the value goes on, if it is the one the page says. */
function assertSame<T>(actual: T, expected: unknown, where: string): T {
	if (isDeepStrictEqual(actual, expected)) return actual;
	throw new Error(`${where}: the page says ${show(expected)}, the code gives ${show(actual)}`);
}

/** What `// throws Error: message` becomes; of an async call, a promise. */
function assertThrows(call: () => unknown, message: string, where: string): unknown {
	const refused = (error: unknown): void => void assertSame(String(error), message, where);
	const missing = (): never => {
		throw new Error(`${where}: the page says it throws ${message}, but it does not`);
	};
	let result: unknown;
	try {
		result = call();
	} catch (error) {
		return refused(error);
	}
	return result instanceof Promise ? result.then(missing, refused) : missing();
}

function show(value: unknown): string {
	return typeof value === "string" ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value));
}

/** Every name, with the value an example finds under it. */
export const names = {
	...core,
	...testing,
	...buffered,
	...consoleTree,
	...jsonLines,
	...otlpLogs,
	...pino,
	...sinks,
	...spool,
	...webhook,
	...otel,
	...genaiPrices,
	...processors,
	...propagation,
	...sdk,
	...ours,
	assertSame,
	assertThrows,
} as const;

// As plain properties, which a module's own declarations shadow.
for (const [name, value] of Object.entries(names)) {
	Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}

declare global {
	type AddingMiddleware<T> = core.AddingMiddleware<T>;
	type AsyncMiddleware = core.AsyncMiddleware;
	type Call = core.Call;
	type EventSink = core.EventSink;
	type Handler = core.Handler;
	type Logger = core.Logger;
	type Middleware = core.Middleware;
	/** What the SDK has recorded of the example so far. */
	var spans: readonly ReadableSpan[];
	/** A server on this machine that takes anything. */
	var url: URL;
	var expect: ExpectStatic;
}
