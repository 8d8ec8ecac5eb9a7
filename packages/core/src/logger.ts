import { deliver } from "./deliver.ts";

/** One level of a logger: fields first, then the message, as pino, bunyan and their like take them. */
export type LogMethod = (fields: object, message: string) => void;

/** The part of a pino-shaped logger that Footlight uses. */
export interface Logger {
	readonly debug: LogMethod;
	readonly info: LogMethod;
	readonly warn: LogMethod;
	readonly error: LogMethod;
	/** Where it is there, lines of a disabled level are not even built. */
	readonly isLevelEnabled?: (level: LogLevel) => boolean;
}

export const logLevels = ["debug", "info", "warn", "error"] as const;

export type LogLevel = (typeof logLevels)[number];

/** Refuses what cannot take a line. */
export function checkLogger(where: string, logger: unknown): void {
	for (const level of logLevels) {
		if (typeof (logger as Partial<Logger> | null)?.[level] !== "function") {
			throw new TypeError(`${where} must be a pino-shaped logger, but has no method ${level}(fields, message)`);
		}
	}
}

/** Writes a line; whatever the logger does, the call goes on. */
export function writeLine(logger: Logger, level: LogLevel, fields: object, message: string): void {
	deliver("logger", logger, () => logger[level](fields, message));
}

/** Tells whether lines of a level are written, as far as the logger says. */
export function isEnabled(logger: Logger, level: LogLevel): boolean {
	return (
		logger.isLevelEnabled === undefined || Boolean(deliver("logger", logger, () => logger.isLevelEnabled?.(level)))
	);
}
