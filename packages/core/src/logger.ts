import { telemetryFailed } from "./telemetry-failure.ts";

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

/** Writes a line; a logger that throws, or that is written as an async function and rejects, changes nothing. */
export function writeLine(logger: Logger, level: LogLevel, fields: object, message: string): void {
	try {
		const result: unknown = logger[level](fields, message);
		if (result instanceof Promise) result.catch((error) => telemetryFailed("logger", error));
	} catch (error) {
		telemetryFailed("logger", error);
	}
}
