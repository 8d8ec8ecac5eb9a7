import { pinoLogger } from "@footlight/exporters/pino";
import type { Logger } from "pino";
import type { TelemetryOptions } from "./telemetry-options.ts";

/** The logger of telemetry; it follows whatever log provider is registered later. */
export function createLogger({ logger }: TelemetryOptions, serviceName: unknown): Logger {
	if (logger === false) return pinoLogger({ level: "silent", otlp: false });
	return pinoLogger({ ...(typeof serviceName === "string" && { name: serviceName }), ...logger });
}
