import { knownOptions, optionalBoolean, optionalString, refuse, stringList } from "@footlight/core/option";
import { redactTextBy, rulesFrom, type TextRules } from "./redact-text.ts";
import { redactValue } from "./redact-value.ts";
import {
	editingSpanProcessor,
	type LogRecordLike,
	type LogRecordProcessorLike,
	type SpanLike,
	type SpanProcessorLike,
} from "./span-shape.ts";

export interface RedactionOptions {
	/** What stands where a secret was. @default "[REDACTED]" */
	readonly mask?: string;
	/** Hides email addresses too. @default false */
	readonly emails?: boolean;
	/** Further keys whose values are hidden, in any case. */
	readonly keys?: readonly string[];
	/** Further patterns whose matches are hidden; keep them linear, they run on every text. */
	readonly patterns?: readonly RegExp[];
	/** Attributes that are left as they are. */
	readonly allowKeys?: readonly string[];
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
	const allowed = new Set(options.allowKeys);
	return editingSpanProcessor((span) => redactSpan(rules, allowed, span));
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
	const allowed = new Set(options.allowKeys);
	return {
		onEmit(record) {
			redactAttributes(rules, allowed, record.attributes);
			redactBody(rules, record);
		},
		forceFlush: () => Promise.resolve(),
		shutdown: () => Promise.resolve(),
	};
}

/** A copy of attributes with secrets hidden; for resources, which no processor sees. */
export function redactedAttributes<T extends object>(attributes: T, options: RedactionOptions = {}): T {
	const copy = { ...attributes };
	redactAttributes(rulesFrom(options), new Set(options.allowKeys), copy);
	return copy;
}

function checkedRules(where: string, options: RedactionOptions): TextRules {
	knownOptions(where, options, ["mask", "emails", "keys", "patterns", "allowKeys"]);
	const { keys = [], patterns = [], allowKeys = [] } = options;
	optionalString(`${where}: mask`, options.mask);
	optionalBoolean(`${where}: emails`, options.emails);
	stringList(`${where}: keys`, keys);
	stringList(`${where}: allowKeys`, allowKeys);
	if (!Array.isArray(patterns) || !patterns.every((pattern) => pattern instanceof RegExp)) {
		refuse(TypeError, `${where}: patterns`, "an array of regular expressions", patterns);
	}
	return rulesFrom(options);
}

function redactSpan(rules: TextRules, allowed: ReadonlySet<string>, span: SpanLike): void {
	redactAttributes(rules, allowed, span.attributes);
	for (const event of span.events) redactAttributes(rules, allowed, event.attributes);
	for (const link of span.links) redactAttributes(rules, allowed, link.attributes);
	const message = span.status.message;
	if (typeof message !== "string" || message === "") return;
	const redacted = failClosed(rules, () => redactTextBy(rules, message));
	if (redacted !== message) {
		(span as { status: SpanLike["status"] }).status = { ...span.status, message: redacted as string };
	}
}

function redactAttributes(rules: TextRules, allowed: ReadonlySet<string>, attributes: object | undefined): void {
	if (attributes === undefined || attributes === null) return;
	const record = attributes as Record<string, unknown>;
	for (const key in record) {
		const value = record[key];
		if (typeof value === "boolean" || allowed.has(key)) continue;
		const redacted = failClosed(rules, () => redactValue(rules, value, key));
		if (redacted !== value) record[key] = redacted;
	}
}

function redactBody(rules: TextRules, record: LogRecordLike): void {
	const { body } = record;
	if (body === undefined || body === null) return;
	const redacted = failClosed(rules, () => redactValue(rules, body));
	if (redacted !== body) (record as { body: unknown }).body = redacted;
}

/** What cannot be looked at (a throwing getter, say) is hidden, not let through. */
function failClosed(rules: TextRules, look: () => unknown): unknown {
	try {
		return look();
	} catch {
		return rules.mask;
	}
}
