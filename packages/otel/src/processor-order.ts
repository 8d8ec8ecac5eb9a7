import { consoleExporter } from "@footlight/exporters/console";
import type { LogRecordProcessor } from "@opentelemetry/sdk-logs";
import type { SpanProcessor } from "@opentelemetry/sdk-trace";
import { redaction, redactionForLogs } from "./processor/redaction.ts";
import type { TelemetryOptions } from "./telemetry-options.ts";

/** Redaction comes last: it edits a span as it ends, so it sees what the others have added, and all that export see it. */
export function spanProcessorsInOrder(options: TelemetryOptions, exporting: readonly SpanProcessor[]): SpanProcessor[] {
	const { redact = true, spanProcessors = [], console = false } = options;
	const drawn = console ? [consoleExporter()] : [];
	const all = [...spanProcessors, ...drawn, ...exporting] as unknown as SpanProcessor[];
	if (all.length === 0 || redact === false) return all;
	return [...all, redaction(redact === true ? {} : redact)];
}

/** A log record is handed on at once, so redaction comes before all that export. */
export function logRecordProcessorsInOrder(
	options: TelemetryOptions,
	exporting: readonly LogRecordProcessor[],
): LogRecordProcessor[] {
	const { redact = true, logRecordProcessors = [] } = options;
	const own = logRecordProcessors as unknown as readonly LogRecordProcessor[];
	if (redact === false) return [...own, ...exporting];
	const redacting = redactionForLogs(redact === true ? {} : redact);
	// Twice where the user's own stand between: they may export, and they may add.
	return own.length === 0 ? [redacting, ...exporting] : [redacting, ...own, redacting, ...exporting];
}

/** What has come in for processors of the user's own: some of them hold it until they are flushed. */
export interface OwnItems {
	readonly added: number;
	readonly spanProcessors: readonly SpanProcessor[];
	readonly logRecordProcessors: readonly LogRecordProcessor[];
}

export function ownItems({ spanProcessors = [], logRecordProcessors = [] }: TelemetryOptions): OwnItems {
	let added = 0;
	const add = () => void added++;
	const quiet = { forceFlush: () => Promise.resolve(), shutdown: () => Promise.resolve() };
	return {
		get added() {
			return added;
		},
		spanProcessors: spanProcessors.length === 0 ? [] : [{ onStart() {}, onEnd: add, ...quiet }],
		logRecordProcessors: logRecordProcessors.length === 0 ? [] : [{ onEmit: add, ...quiet }],
	};
}
