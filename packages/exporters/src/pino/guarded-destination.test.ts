import { spawnSync } from "node:child_process";
import { Writable } from "node:stream";
import { telemetryFailures } from "@footlight/core";
import { DiagLogLevel, diag } from "@opentelemetry/api";
import { pino } from "pino";
import { describe, expect, test, vi } from "vitest";
import { type PinoLoggerOptions, pinoLogger } from "../pino.ts";
import { provide, provideForEach, records, set } from "./logger.fixture.ts";

provideForEach();

describe("a failure below pinoLogger", () => {
	const broken = () => {
		throw new Error("broken");
	};
	const failures = () => telemetryFailures().get("pinoLogger") ?? 0;

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
		const before = failures();
		const { logger } = set(options);
		logger.info(line, "one");
		logger.fatal(line, "two");
		expect(records()).toHaveLength(sent * 2);
		expect(failures() - before).toBe(2);
	});

	test("in a log processor neither reaches the caller nor loses the line", () => {
		provide({ onEmit: broken, forceFlush: async () => {}, shutdown: async () => {} });
		const before = failures();
		const { logger, lines } = set();
		logger.info("one");
		logger.info("two");
		expect(lines.map(({ msg }) => msg)).toEqual(["one", "two"]);
		expect(failures() - before).toBe(2);
	});

	test("of a stream that errors later does not become an uncaught error", async () => {
		const before = failures();
		const stream = new Writable({ write: (_line, _encoding, done) => setImmediate(done, new Error("disk full")) });
		pinoLogger({ destination: stream }).info("hello");
		await new Promise((resolve) => stream.once("close", resolve));
		expect(failures()).toBeGreaterThan(before);
	});

	test("is said once, with its reason", async () => {
		const child = `
			import { pinoLogger } from "@footlight/exporters/pino";
			const logger = pinoLogger({ destination: { write() { throw new Error("disk full"); } } });
			logger.info("one");
			logger.info("two");
			pinoLogger({ mixin() { throw new Error("another"); } }).info("three");`;
		const { stderr } = spawnSync(
			process.execPath,
			["--conditions=@footlight/source", "--input-type=module", "-e", child],
			{ cwd: import.meta.dirname, encoding: "utf8" },
		);
		expect(stderr.match(/FOOTLIGHT_TELEMETRY_FAILED/g)).toHaveLength(1);
		expect(stderr).toContain("pinoLogger failed (Error: disk full)");
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
