import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { logs } from "@opentelemetry/api";
import { pino } from "pino";
import { describe, expect, test, vi } from "vitest";
import { pinoLogger } from "../pino.ts";
import { inSpan, provideForEach, provideMemory, record, records, set } from "./logger.fixture.ts";

provideForEach();

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
			"exception.stacktrace": expect.stringContaining("log-bridge.test.ts"),
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
		parse.mockRestore();
	});

	test("is made by a provider that comes after the logger", () => {
		logs.disable();
		const { logger } = set();
		logger.info("before");
		provideMemory();
		logger.info("after");
		expect(record().body).toBe("after");
	});

	test("is made once where instrumentation-pino is active as well", async () => {
		const script = fileURLToPath(new URL("./instrumented.fixture.ts", import.meta.url));
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
