import type { Logger } from "pino";
import type { LineContext } from "./guarded-destination.ts";
import { logRecordOf, severityOf } from "./log-record.ts";
import { otelLogger } from "./logs-api.ts";

/** Names under which the logger keeps message, error and nested fields. */
export interface LineKeys {
	readonly messageKey: string;
	readonly errorKey: string;
	readonly nestedKey: string | undefined;
}

/**
 * Sends each line as a log record through the Logs API, in this process.
 *
 * A line is parsed back, once, and only where somebody takes it. To rebuild it from the arguments would repeat pino's
 * serializers, bindings and redaction, and any difference would leak what the line hides. A worker transport, or the
 * instrumentation's, would lose the caller's context or patch pino for the whole process.
 */
export function logBridge(keys: LineKeys): ((line: string, context: LineContext) => void) | undefined {
	const sink = otelLogger();
	if (sink === undefined) return undefined;
	let emitting = false;
	return (line, { lastLevel = 0, lastTime = "", lastLogger }) => {
		// A provider that reports its own troubles through this very logger would never come to an end.
		if (emitting) return;
		emitting = true;
		try {
			if (sink.enabled?.({ severityNumber: severityOf(lastLevel) }) === false) return;
			const levelName = (lastLogger as Logger | undefined)?.levels.labels[lastLevel];
			sink.emit(logRecordOf(JSON.parse(line), { ...keys, level: lastLevel, levelName, time: lastTime }));
		} finally {
			emitting = false;
		}
	};
}
