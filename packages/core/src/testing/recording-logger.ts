import type { Logger, LogLevel } from "../logger.ts";
import { logLevels } from "../logger.ts";
import { oneOf } from "../option.ts";

/** One line as the logger was given it. */
export interface LogLine {
	readonly level: LogLevel;
	readonly message: string;
	readonly fields: Readonly<Record<string, unknown>>;
}

/** A pino-shaped logger that keeps its lines, in order. */
export interface RecordingLogger extends Logger {
	readonly lines: readonly LogLine[];
	clear(): void;
}

/**
 * Makes a logger that keeps every line at or above a level, for `footlight(name, { logger })`.
 *
 * @example
 * const logger = recordingLogger();
 * footlight("docs-qa", { logger }).run(() => "done");
 * console.log(logger.lines.map((line) => line.message)); // [ "run docs-qa started", "run docs-qa ok" ]
 */
export function recordingLogger(lowest: LogLevel = "debug"): RecordingLogger {
	oneOf("recordingLogger: lowest", lowest, logLevels);
	const lines: LogLine[] = [];
	const isLevelEnabled = (level: LogLevel) => logLevels.indexOf(level) >= logLevels.indexOf(lowest);
	const keep = (level: LogLevel) => (fields: object, message?: string) => {
		if (isLevelEnabled(level)) lines.push({ level, message: message ?? "", fields: { ...fields } });
	};
	return {
		lines,
		clear() {
			lines.length = 0;
		},
		isLevelEnabled,
		debug: keep("debug"),
		info: keep("info"),
		warn: keep("warn"),
		error: keep("error"),
	};
}
