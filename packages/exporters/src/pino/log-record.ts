import { hostname } from "node:os";
import {
	type Attributes,
	type Context,
	context,
	isSpanContextValid,
	type LogRecord,
	type SpanContext,
	trace,
} from "@opentelemetry/api";
import { traceFields } from "./trace-mixin.ts";

type Fields = Record<string, unknown>;

/** What is known of a line beside its text. */
export interface LineMetadata {
	readonly level: number;
	readonly levelName: string | undefined;
	/** The time as it stands in the line. */
	readonly time: string;
	readonly messageKey: string;
	readonly errorKey: string;
	readonly nestedKey: string | undefined;
}

const host = hostname();

/** Severities of pino's levels, as the specification maps them; a custom level takes its place between its neighbours. */
export function severityOf(level: number): number {
	return level > 10 ? Math.min(24, 1 + Math.floor((level - 10) * 0.4)) : 1;
}

/** The log record of a line: what pino wrote, serialized and redacted, and not a field more. */
export function logRecordOf(line: Fields, metadata: LineMetadata): LogRecord {
	const fields = flatten(line, metadata.nestedKey);
	const timestamp = timeOf(metadata.time);
	const body = take(fields, metadata.messageKey);
	const active = context.active();
	dropRepeated(fields, metadata, timestamp);
	const named = namedTrace(fields, active);
	if (named !== undefined) for (const name of traceFields) delete fields[name];
	const error = fields[metadata.errorKey];
	if (isFields(error)) delete fields[metadata.errorKey];
	return {
		timestamp: timestamp ?? Date.now(),
		severityNumber: severityOf(metadata.level),
		...(metadata.levelName !== undefined && { severityText: metadata.levelName }),
		...(body !== undefined && { body }),
		attributes: { ...(isFields(error) && exceptionOf(error, metadata.errorKey)), ...(fields as Attributes) },
		context: named ?? active,
	};
}

function isFields(value: unknown): value is Fields {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function flatten(line: Fields, nestedKey: string | undefined): Fields {
	if (nestedKey === undefined || !isFields(line[nestedKey])) return { ...line };
	const { [nestedKey]: nested, ...rest } = line;
	return { ...rest, ...(nested as Fields) };
}

function take(fields: Fields, name: string): unknown {
	const value = fields[name];
	delete fields[name];
	return value;
}

/** Level and time have fields of their own in a record, process and host belong to the resource; the user's own values stay. */
function dropRepeated(fields: Fields, { level, time }: LineMetadata, timestamp: number | undefined): void {
	if (fields.level === level) delete fields.level;
	if (timestamp !== undefined && JSON.stringify(fields.time) === time) delete fields.time;
	if (fields.pid === process.pid) delete fields.pid;
	if (fields.hostname === host) delete fields.hostname;
}

/** Milliseconds since 1970, from whatever time function the logger has: milliseconds, seconds or an ISO text. */
function timeOf(time: string): number | undefined {
	const text = time.startsWith('"') ? time.slice(1, -1) : time;
	const number = Number(text);
	const milliseconds = text === "" || Number.isNaN(number) ? Date.parse(text) : number < 1e11 ? number * 1000 : number;
	return Number.isFinite(milliseconds) ? milliseconds : undefined;
}

/** The context of the trace that the line names, which may be another than the active one. */
function namedTrace(fields: Fields, active: Context): Context | undefined {
	const { trace_id: traceId, span_id: spanId, trace_flags: flags } = fields;
	if (typeof traceId !== "string" || typeof spanId !== "string") return undefined;
	const current = trace.getSpanContext(active);
	if (current?.traceId === traceId && current.spanId === spanId) return active;
	const traceFlags =
		typeof flags === "string" ? Number.parseInt(flags, 16) || 0 : typeof flags === "number" ? flags : 0;
	const spanContext: SpanContext = { traceId, spanId, traceFlags };
	return isSpanContextValid(spanContext) ? trace.setSpanContext(active, spanContext) : undefined;
}

/** Written out rather than left to the SDK: its `exception` field prefers a code over the class, and SDK 2 has none. */
function exceptionOf({ type, message, stack, ...rest }: Fields, errorKey: string): Attributes {
	return {
		...(typeof type === "string" && { "exception.type": type }),
		...(typeof message === "string" && { "exception.message": message }),
		...(typeof stack === "string" && { "exception.stacktrace": stack }),
		...(Object.keys(rest).length > 0 && { [errorKey]: rest as Attributes }),
	};
}
