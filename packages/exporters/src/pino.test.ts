import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { pino } from "pino";
import { describe, expect, test, vi } from "vitest";
import { inSpan, provideForEach, record, records, set } from "./pino/logger.fixture.ts";
import { type PinoLoggerOptions, pinoLogger } from "./pino.ts";

const other = { trace_id: "0af7651916cd43dd8448eb211c80319c", span_id: "b7ad6b7169203331" };

provideForEach();

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

	test("names a DOMException as spans do, without the constants of its class", () => {
		const { logger, lines } = set();
		const error = new DOMException("too slow", "TimeoutError");
		Object.defineProperty(error, "cause", { value: new Error("stuck") });
		logger.error(error);
		const message = "too slow: stuck";
		const stack = expect.stringMatching(/^TimeoutError: too slow.*caused by: Error: stuck/s);
		expect(lines[0]).toMatchObject({ msg: "too slow" });
		expect(lines[0]?.err).toEqual({ type: "TimeoutError", message, stack, code: 23 });
		expect(record().attributes).toEqual({
			"exception.type": "TimeoutError",
			"exception.message": message,
			"exception.stacktrace": stack,
			err: { code: 23 },
		});
	});

	test("leaves other errors, and a serializer of the user's own, to pino", () => {
		const { logger, lines } = set();
		logger.error(new TypeError("wrong"));
		const own = set({ serializers: { err: ({ name }: Error) => name } });
		own.logger.error(AbortSignal.abort().reason);
		expect(lines[0]?.err).toEqual({ type: "TypeError", message: "wrong", stack: expect.any(String) });
		expect(own.lines[0]?.err).toBe("AbortError");
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
		const child = spawn(
			process.execPath,
			["--conditions=@footlight/source", "--input-type=module", "-e", script, file],
			{
				stdio: ["ignore", "pipe", "inherit"],
			},
		);
		const [output, [code]] = await Promise.all([child.stdout.setEncoding("utf8").toArray(), once(child, "exit")]);
		expect(code).toBe(3);
		expect(JSON.parse(readFileSync(file, "utf8")).msg).toBe("to a file");
		expect(JSON.parse(output.join("")).msg).toBe("to stdout");
	});
});
