import { describe, expect, test } from "vitest";
import { type PinoLoggerOptions, pinoLogger } from "../pino.ts";
import { set } from "./logger.fixture.ts";

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
		[{ pretty: "yes" }, 'RangeError: pinoLogger: pretty must be true, false or "auto", got "yes"'],
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
