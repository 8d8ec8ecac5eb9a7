import { knownOptions, stringList } from "@footlight/core/option";
import { type RedactionRules, type RuleOptions, redactTextBy, redactValue, rulesFrom } from "@footlight/core/redaction";
import {
	editingSpanProcessor,
	type LogRecordLike,
	type LogRecordProcessorLike,
	type SpanLike,
	type SpanProcessorLike,
} from "./span-shape.ts";

/** What {@link redaction} and {@link redactionForLogs} hide beside the secrets they know, and what they leave. */
export interface RedactionOptions extends RuleOptions {
	/** Attributes that are left as they are. */
	readonly allowKeys?: readonly string[];
}

interface AttributeRules extends RedactionRules {
	readonly allowed: ReadonlySet<string>;
}

/**
 * Hides secrets in ended spans: attributes, events (exception messages and stacks among them), links and the status.
 *
 * Names of spans and events stay. Where the SDK announces the end of a span (`onEnding`: 2.x and 3.x) every other
 * processor sees the redacted span, wherever this one stands; put it last, so that it sees what the others add. On an
 * SDK without that, put it before the processors that export.
 *
 * @example new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter }), redaction()] });
 */
export function redaction(options: RedactionOptions = {}): SpanProcessorLike {
	const rules = checkedRules("redaction", options);
	return editingSpanProcessor((span) => redactSpan(rules, span));
}

/**
 * Hides secrets in log records: the body and the attributes.
 *
 * Put it before the processors that export, since a log record is handed on at once.
 *
 * @example new LoggerProvider({ processors: [redactionForLogs(), new BatchLogRecordProcessor({ exporter })] });
 */
export function redactionForLogs(options: RedactionOptions = {}): LogRecordProcessorLike {
	const rules = checkedRules("redactionForLogs", options);
	return {
		onEmit(record) {
			redactAttributes(rules, record.attributes);
			redactBody(rules, record);
		},
		forceFlush: () => Promise.resolve(),
		shutdown: () => Promise.resolve(),
	};
}

/** A copy of attributes with secrets hidden; for resources, which no processor sees. */
export function redactedAttributes<T extends object>(attributes: T, options: RedactionOptions = {}): T {
	const copy = { ...attributes };
	redactAttributes(checkedRules("redaction", options), copy);
	return copy;
}

function checkedRules(where: string, options: RedactionOptions): AttributeRules {
	knownOptions(where, options, ["mask", "emails", "keys", "patterns", "allowKeys"]);
	const { allowKeys = [], ...others } = options;
	const allowed = new Set(stringList(`${where}: allowKeys`, allowKeys));
	return { ...rulesFrom(where, others), allowed };
}

function redactSpan(rules: AttributeRules, span: SpanLike): void {
	redactAttributes(rules, span.attributes);
	for (const event of span.events) redactAttributes(rules, event.attributes);
	for (const link of span.links) redactAttributes(rules, link.attributes);
	const message = span.status.message;
	if (typeof message !== "string" || message === "") return;
	const redacted = redactTextBy(rules, message);
	if (redacted !== message) (span as { status: SpanLike["status"] }).status = { ...span.status, message: redacted };
}

function redactAttributes(rules: AttributeRules, attributes: object | undefined): void {
	if (attributes === undefined || attributes === null) return;
	const record = attributes as Record<string, unknown>;
	for (const key in record) {
		if (rules.allowed.has(key)) continue;
		const value = record[key];
		const redacted = redactValue(rules, value, key);
		if (!Object.is(redacted, value)) record[key] = redacted;
	}
}

function redactBody(rules: AttributeRules, record: LogRecordLike): void {
	const { body } = record;
	if (body === undefined || body === null) return;
	const redacted = redactValue(rules, body);
	if (redacted !== body) (record as { body: unknown }).body = redacted;
}
