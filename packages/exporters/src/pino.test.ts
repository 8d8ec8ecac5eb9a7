import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { fileURLToPath, pathToFileURL } from "node:url";
import { context, DiagLogLevel, diag, logs, type Span, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
	InMemoryLogRecordExporter,
	LoggerProvider,
	type LogRecordProcessor,
	SimpleLogRecordProcessor,
} from "@opentelemetry/sdk-logs";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type PinoLoggerOptions, pinoLogger } from "./pino.ts";

const tracer = new TracerProvider().getTracer("test");
const other = { trace_id: "0af7651916cd43dd8448eb211c80319c", span_id: "b7ad6b7169203331" };
const exporter = new InMemoryLogRecordExporter();

function provide(...processors: LogRecordProcessor[]): void {
	logs.disable();
	logs.setGlobalLoggerProvider(new LoggerProvider({ processors }));
}

function set<CustomLevels extends string = never>(options: PinoLoggerOptions<CustomLevels> = {}) {
	const lines: Record<string, unknown>[] = [];
	const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
	return { lines, logger: pinoLogger<CustomLevels>({ destination, base: null, ...options }) };
}

function inSpan<T>(work: (span: Span) => T): T {
	const span = tracer.startSpan("work");
	return context.with(trace.setSpan(context.active(), span), () => work(span));
}

const records = () => exporter.getFinishedLogRecords();
const record = () => {
	const [first, ...rest] = records();
	if (first === undefined || rest.length > 0) throw new Error(`expected one record, got ${records().length}`);
	return first;
};

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager()));
afterAll(() => context.disable());
beforeEach(() => {
	exporter.reset();
	provide(new SimpleLogRecordProcessor({ exporter }));
});
afterEach(() => {
	logs.disable();
	diag.disable();
	vi.restoreAllMocks();
});

describe("a line of pinoLogger", () => {
	test("carries the ids of the active span", () => {
		const { logger, lines } = set();
		inSpan((span) => {
			logger.info({ stage: "load" }, "loaded %d pages", 3);
			const { traceId, spanId } = span.spanContext();
			expect(lines).toEqual([
				{
					level: 30,
					time: expect.any(Number),
					trace_id: traceId,
					span_id: spanId,
					trace_flags: "01",
					stage: "load",
					msg: "loaded 3 pages",
				},
			]);
		});
	});

	test("has no ids where no span is active", () => {
		const { logger, lines } = set();
		logger.info("hello");
		expect(lines).toEqual([{ level: 30, time: expect.any(Number), msg: "hello" }]);
	});

	test.each<[string, (logger: pino.Logger) => void, PinoLoggerOptions?]>([
		["itself", (logger) => logger.info(other, "hello")],
		["through its child logger", (logger) => logger.child(other).info("hello")],
		["through the user's mixin", (logger) => logger.info("hello"), { mixin: () => ({ ...other }) }],
	])("keeps the trace it names %s, and so does its record", (_title, log, options) => {
		const { logger, lines } = set(options);
		inSpan(() => log(logger));
		expect(lines).toEqual([{ level: 30, time: expect.any(Number), ...other, msg: "hello" }]);
		expect(record().spanContext).toEqual({ traceId: other.trace_id, spanId: other.span_id, traceFlags: 0 });
		expect(record().attributes).toEqual({});
	});

	test("gets no span of another trace beside an id of its own", () => {
		const { logger, lines } = set();
		inSpan(() => logger.info({ trace_id: "mine" }, "hello"));
		expect(lines[0]).not.toHaveProperty("span_id");
		expect(record().attributes).toEqual({ trace_id: "mine" });
	});

	test("has what the user's mixin adds, and merges as the user says", () => {
		const { logger, lines } = set({
			mixin: (_line, level) => ({ tenant: "acme", level_seen: level }),
			mixinMergeStrategy: (line, mixed) => ({ ...line, ...mixed }),
		});
		inSpan(() => logger.warn({ tenant: "line" }, "hello"));
		expect(lines[0]).toMatchObject({
			tenant: "acme",
			level_seen: 40,
			trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
		});
	});

	test("costs nothing when its level is disabled", () => {
		const mixin = vi.fn(() => ({}));
		const { logger, lines } = set({ level: "warn", mixin });
		expect(logger.debug).toBe(logger.silent);
		logger.info("hello");
		expect([lines, records(), mixin.mock.calls]).toEqual([[], [], []]);
		logger.level = "info";
		logger.info("hello");
		expect(lines).toHaveLength(1);
		expect(records()).toHaveLength(1);
	});

	test("hides secrets, in the record as well", () => {
		const { logger, lines } = set({ redact: ["user.email"] });
		const headers = { authorization: "Bearer abc", accept: "*/*" };
		const error = Object.assign(new Error("boom"), { config: { headers } });
		logger.child({ apiKey: "abc" }).info({ err: error, req: { headers }, user: { email: "abc", id: 7 } });
		const shown = { authorization: "[Redacted]", accept: "*/*" };
		expect(lines[0]).toMatchObject({
			apiKey: "[Redacted]",
			req: { headers: shown },
			user: { email: "[Redacted]", id: 7 },
		});
		expect(record().attributes).toMatchObject({
			apiKey: "[Redacted]",
			req: { headers: shown },
			user: { email: "[Redacted]", id: 7 },
			err: { config: { headers: shown } },
		});
		expect(JSON.stringify([lines, record().attributes])).not.toContain("abc");
	});

	test("takes pino's own redaction options, and hides nothing when told so", () => {
		const removing = set({ redact: { paths: ["user.email"], remove: true } });
		removing.logger.info({ user: { email: "a@b.c" }, password: "x" });
		expect(removing.lines[0]).toMatchObject({ user: {}, password: "[Redacted]" });
		const open = set({ redact: false });
		open.logger.info({ password: "x" });
		expect(open.lines[0]).toMatchObject({ password: "x" });
	});

	test("is text for people when asked, or on a terminal", () => {
		const texts: string[] = [];
		const write = (line: string) => texts.push(line);
		const terminal = { isTTY: true, write };
		vi.stubEnv("NO_COLOR", "1");
		vi.stubEnv("FORCE_COLOR", undefined);
		const logger = pinoLogger({ destination: terminal, name: "docs-qa" });
		inSpan(() => logger.info({ stage: "load", password: "x" }, "loaded"));
		expect(record().body).toBe("loaded");
		pinoLogger({ destination: terminal, pretty: false }).info("loaded");
		pinoLogger({ destination: { write }, pretty: true }).info("loaded");
		expect(texts).toEqual([
			expect.stringMatching(/^\[[\d:.]{12}\] INFO \(docs-qa\): loaded \{"stage":"load","password":"\[Redacted\]"\}\n$/),
			expect.stringMatching(/^\{"level":30,.*"msg":"loaded"\}\n$/),
			expect.stringMatching(/^\[[\d:.]{12}\] INFO: loaded\n$/),
		]);
	});

	test("goes to a file, whole, even if the process exits at once", async () => {
		const file = join(mkdtempSync(join(tmpdir(), "footlight-")), "app.log");
		const script = `
			import { pinoLogger } from ${JSON.stringify(pathToFileURL(fileURLToPath(new URL("./pino.ts", import.meta.url))).href)};
			pinoLogger({ destination: process.argv[1] }).info("to a file");
			pinoLogger().info("to stdout");
			process.exit(3);`;
		const child = spawn(process.execPath, ["--input-type=module", "-e", script, file], {
			stdio: ["ignore", "pipe", "inherit"],
		});
		const [output, [code]] = await Promise.all([child.stdout.setEncoding("utf8").toArray(), once(child, "exit")]);
		expect(code).toBe(3);
		expect(JSON.parse(readFileSync(file, "utf8")).msg).toBe("to a file");
		expect(JSON.parse(output.join("")).msg).toBe("to stdout");
	});
});

describe("the log record of a line", () => {
	test("has severity, body, attributes, time and trace", () => {
		const { logger, lines } = set({ name: "docs-qa", base: { pid: process.pid } });
		inSpan((span) => {
			logger.warn({ stage: "load", nested: { pages: [1, 2] } }, "slow");
			expect(record()).toMatchObject({
				severityNumber: 13,
				severityText: "warn",
				body: "slow",
				attributes: { name: "docs-qa", stage: "load", nested: { pages: [1, 2] } },
				spanContext: span.spanContext(),
				instrumentationScope: { name: "@footlight/exporters" },
			});
			expect(Object.keys(record().attributes).sort()).toEqual(["name", "nested", "stage"]);
			const [seconds, nanoseconds] = record().hrTime;
			expect(seconds * 1000 + nanoseconds / 1e6).toBeCloseTo(lines[0]?.time as number, 3);
		});
	});

	test("tells an error by the exception attributes, and keeps what else it says", () => {
		const { logger } = set();
		const error = Object.assign(new TypeError("no page"), { status: 404, code: "ENOPAGE" });
		logger.error(error);
		expect(record().body).toBe("no page");
		expect(record().attributes).toEqual({
			"exception.type": "TypeError",
			"exception.message": "no page",
			"exception.stacktrace": expect.stringContaining("pino.test.ts"),
			err: { status: 404, code: "ENOPAGE" },
		});
	});

	test("includes bindings, serializers and prefixes of child loggers", () => {
		const { logger } = set({ serializers: { user: (user: { id: number }) => user.id } });
		const child = logger.child({ stage: "load", user: { id: 7 } }, { msgPrefix: "[load] ", level: "debug" });
		child.child({ page: 2 }).debug({ stage: "chunk" }, "done");
		expect(record()).toMatchObject({ severityNumber: 5, severityText: "debug", body: "[load] done" });
		expect(record().attributes).toEqual({ stage: "chunk", user: 7, page: 2 });
	});

	test("follows the logger's keys, time, level format and nesting", () => {
		const { logger } = set({
			messageKey: "message",
			errorKey: "error",
			nestedKey: "data",
			timestamp: pino.stdTimeFunctions.isoTime,
			formatters: { level: (label) => ({ severity: label }) },
		});
		inSpan((span) => {
			logger.error({ error: new Error("boom"), page: 1 }, "failed");
			expect(record()).toMatchObject({ body: "failed", severityNumber: 17, spanContext: span.spanContext() });
			expect(record().attributes).toEqual({
				severity: "error",
				page: 1,
				"exception.type": "Error",
				"exception.message": "boom",
				"exception.stacktrace": expect.any(String),
			});
			expect(Math.abs(record().hrTime[0] - Date.now() / 1000)).toBeLessThan(5);
		});
	});

	test("gives custom levels a severity between their neighbours", () => {
		const { logger } = set({ customLevels: { notice: 35 }, level: "notice" });
		logger.notice("hello");
		expect(record()).toMatchObject({ severityNumber: 11, severityText: "notice" });
	});

	test("is not made when asked not to, or when nobody listens", () => {
		set({ otlp: false }).logger.info("hello");
		expect(records()).toEqual([]);
		const parse = vi.spyOn(JSON, "parse");
		logs.disable();
		pinoLogger({ destination: { write: () => {} } }).info("hello");
		expect(parse).not.toHaveBeenCalled();
	});

	test("is made by a provider that comes after the logger", () => {
		logs.disable();
		const { logger } = set();
		logger.info("before");
		logs.setGlobalLoggerProvider(new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }));
		logger.info("after");
		expect(record().body).toBe("after");
	});

	test("is made once where instrumentation-pino is active as well", async () => {
		const script = fileURLToPath(new URL("./pino/instrumented.fixture.ts", import.meta.url));
		const child = spawn(process.execPath, ["--conditions=@footlight/source", script], {
			stdio: ["ignore", "pipe", "inherit"],
		});
		const [output] = await Promise.all([child.stdout.setEncoding("utf8").toArray(), once(child, "exit")]);
		expect(JSON.parse(output.join(""))).toEqual({
			plain: ["@opentelemetry/instrumentation-pino hello"],
			ours: ["@opentelemetry/instrumentation-pino hello"],
			sendingDisabled: ["@footlight/exporters hello"],
		});
	});
});

describe("a failure below pinoLogger", () => {
	const broken = () => {
		throw new Error("broken");
	};
	let warned: ReturnType<typeof vi.spyOn>;
	beforeEach(() => {
		warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
	});

	test.each<[string, PinoLoggerOptions, object, number]>([
		["a destination that throws", { destination: { write: broken } }, {}, 1],
		["a serializer that throws", { serializers: { page: broken } }, { page: 1 }, 0],
		["a mixin that throws", { mixin: broken }, {}, 0],
		["a hook that throws", { hooks: { logMethod: broken } }, {}, 0],
		["a getter that throws", {}, Object.defineProperty({}, "page", { get: broken, enumerable: true }), 0],
		[
			"a write hook that makes no JSON",
			{ hooks: { streamWrite: () => "no JSON" }, destination: { write: () => {} } },
			{},
			0,
		],
	])("does not reach the caller: %s", (_title, options, line, sent) => {
		const { logger } = set(options);
		logger.info(line, "one");
		logger.fatal(line, "two");
		expect(records()).toHaveLength(sent * 2);
		expect(warned).toHaveBeenCalledTimes(1);
		expect(warned.mock.calls[0]?.[0]).toMatch(/^pinoLogger failed \(.*\); the program goes on/);
	});

	test("in a log processor neither reaches the caller nor loses the line", () => {
		provide({ onEmit: broken, forceFlush: async () => {}, shutdown: async () => {} });
		const { logger, lines } = set();
		logger.info("one");
		logger.info("two");
		expect(lines.map(({ msg }) => msg)).toEqual(["one", "two"]);
		expect(warned).toHaveBeenCalledTimes(1);
	});

	test("of a stream that errors later does not become an uncaught error", async () => {
		const stream = new Writable({ write: (_line, _encoding, done) => setImmediate(done, new Error("disk full")) });
		pinoLogger({ destination: stream }).info("hello");
		await new Promise((resolve) => stream.once("close", resolve));
		expect(warned.mock.calls[0]?.[0]).toContain("disk full");
	});

	test("reported through the same logger comes to an end", () => {
		provide({ onEmit: () => diag.error("exporter is down"), forceFlush: async () => {}, shutdown: async () => {} });
		const { logger, lines } = set();
		diag.setLogger(
			{
				verbose: () => {},
				debug: () => {},
				info: () => {},
				warn: (text) => logger.warn(text),
				error: (text) => logger.error(text),
			},
			{ logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
		);
		logger.info("hello");
		expect(lines.map(({ msg }) => msg)).toEqual(["hello", "exporter is down"]);
	});
});

describe("the destination of pinoLogger", () => {
	test("is flushed through the logger", async () => {
		const flush = vi.fn((done?: () => void) => done?.());
		const flushSync = vi.fn();
		const stream = { write: () => {}, flush, flushSync };
		const logger = pinoLogger({ destination: stream });
		await new Promise<void>((resolve) => logger.flush(() => resolve()));
		expect(flush).toHaveBeenCalledTimes(1);
		logger.fatal("last words");
		expect(flushSync).toHaveBeenCalledTimes(1);
		await new Promise<void>((resolve) => pinoLogger({ destination: { write: () => {} } }).flush(() => resolve()));
	});

	test("may be a multistream, which is told the level of each line", () => {
		const seen: string[] = [];
		const into = (name: string) => ({ write: (line: string) => void seen.push(`${name} ${JSON.parse(line).msg}`) });
		const logger = pinoLogger({
			destination: pino.multistream([
				{ level: "info", stream: into("all") },
				{ level: "error", stream: into("errors") },
			]),
		});
		logger.info("one");
		logger.error("two");
		expect(seen).toEqual(["all one", "all two", "errors two"]);
	});
});

describe("options of pinoLogger", () => {
	test.each<[unknown, string]>([
		[
			{ lvl: "info" },
			/^TypeError: pinoLogger: unknown option "lvl"; known options are destination, otlp, pretty, redact, name, level, /,
		],
		[
			{ transport: { target: "pino-pretty" } },
			'TypeError: pinoLogger: unknown option "transport"; pass the transport as destination: pino.transport({ ... })',
		],
		[
			{ level: "loud" },
			'RangeError: pinoLogger: level must be one of trace, debug, info, warn, error, fatal, silent, got "loud"',
		],
		[
			{ level: 30 },
			"TypeError: pinoLogger: level must be one of trace, debug, info, warn, error, fatal, silent, got 30",
		],
		[
			{ level: "info", customLevels: { low: 1 }, useOnlyCustomLevels: true },
			'RangeError: pinoLogger: level must be one of low, silent, got "info"',
		],
		[{ name: 7 }, "TypeError: pinoLogger: name must be a string, got 7"],
		[{ otlp: "yes" }, 'TypeError: pinoLogger: otlp must be true or false, got "yes"'],
		[{ pretty: "yes" }, 'RangeError: pinoLogger: pretty must be "auto", true or false, got "yes"'],
		[{ mixin: {} }, "TypeError: pinoLogger: mixin must be a function, got an object"],
		[
			{ destination: {} },
			"TypeError: pinoLogger: destination must be a stream, a file or a file descriptor, got an object",
		],
		[{ destination: "" }, 'RangeError: pinoLogger: destination must be a stream, a file or a file descriptor, got ""'],
		[{ destination: -1 }, "RangeError: pinoLogger: destination must be a stream, a file or a file descriptor, got -1"],
		[
			{ redact: "password" },
			'TypeError: pinoLogger: redact must be false, an array of paths, or an object with such an array, got "password"',
		],
		[
			{ redact: [7] },
			"TypeError: pinoLogger: redact must be false, an array of paths, or an object with such an array, got an array of 1",
		],
		["info", 'TypeError: pinoLogger: options must be an object, got "info"'],
	] as [unknown, string][])("refuses %o", (options, message) => {
		let error: unknown;
		try {
			pinoLogger(options as PinoLoggerOptions);
		} catch (thrown) {
			error = thrown;
		}
		if ((message as unknown) instanceof RegExp) expect(String(error)).toMatch(message);
		else expect(String(error)).toBe(message);
	});

	test.each(["INFO", "silent", "trace"])("takes the level %s", (level) => {
		expect(set({ level }).logger.level).toBe(level.toLowerCase());
	});
});
