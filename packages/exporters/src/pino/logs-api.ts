import { createRequire } from "node:module";
import type { LogRecord, SeverityNumber } from "@opentelemetry/api";
import * as api from "@opentelemetry/api";
import { version } from "../version.ts";

/** A logger of the Logs API; before 0.210 it could not tell whether anybody listens. */
export interface OtelLogger {
	emit(record: LogRecord): void;
	enabled?(options: { readonly severityNumber: SeverityNumber }): boolean;
}

interface LogsApi {
	getLogger(name: string, version: string): OtelLogger;
}

/** A logger that follows the global provider, also one set later; the API holds it from 1.10 on, before that a package of its own. */
export function otelLogger(): OtelLogger | undefined {
	const logs: LogsApi | undefined = (api as { logs?: LogsApi }).logs ?? separateApi();
	return logs?.getLogger("@footlight/exporters", version);
}

function separateApi(): LogsApi | undefined {
	try {
		return createRequire(import.meta.url)("@opentelemetry/api-logs").logs;
	} catch {
		return undefined; // The peer is optional: lines are written all the same.
	}
}
