import { knownOptions, positiveInteger } from "@footlight/core/option";
import { editingSpanProcessor, type SpanLike, type SpanProcessorLike } from "./span-shape.ts";

export interface SizeLimitsOptions {
	/** Longest value of one attribute, as UTF-8. @default 16_384 */
	readonly maxAttributeBytes?: number;
	/** Most attributes on a span, and on each of its events and links. @default 128 */
	readonly maxAttributes?: number;
	/** Most events on a span; the last ones stay. @default 128 */
	readonly maxEvents?: number;
	/** Most links on a span; the last ones stay. @default 128 */
	readonly maxLinks?: number;
}

/** What the limits have cost so far. */
export interface SizeLimitsReport {
	readonly truncatedValues: number;
	readonly droppedAttributes: number;
	readonly droppedEvents: number;
	readonly droppedLinks: number;
}

/**
 * Bounds what a span carries, so that one captured document cannot make the exporter's batch too large to be accepted.
 *
 * A longer value is cut at a character and ends with `…[cut N bytes]`; a nested value that is too large becomes its
 * JSON, cut the same way. `report()` counts what was cut and dropped. Stand after `redaction()`: a secret that is cut
 * in half no longer looks like one.
 *
 * @example new TracerProvider({ spanProcessors: [batch, redaction(), sizeLimits({ maxAttributeBytes: 4_096 })] });
 */
export function sizeLimits(options: SizeLimitsOptions = {}): SpanProcessorLike & { report(): SizeLimitsReport } {
	knownOptions("sizeLimits", options, ["maxAttributeBytes", "maxAttributes", "maxEvents", "maxLinks"]);
	const { maxAttributeBytes = 16_384, maxAttributes = 128, maxEvents = 128, maxLinks = 128 } = options;
	const limits = { maxAttributeBytes, maxAttributes, maxEvents, maxLinks };
	for (const [name, value] of Object.entries(limits)) positiveInteger(`sizeLimits: ${name}`, value);
	const counts = { truncatedValues: 0, droppedAttributes: 0, droppedEvents: 0, droppedLinks: 0 };

	const limitAttributes = (attributes: object | undefined): void => {
		if (!attributes) return;
		const record = attributes as Record<string, unknown>;
		Object.keys(record).forEach((key, index) => {
			if (index >= maxAttributes) {
				delete record[key];
				counts.droppedAttributes++;
				return;
			}
			const limited = limitValue(record[key], maxAttributeBytes);
			if (limited !== record[key]) {
				record[key] = limited;
				counts.truncatedValues++;
			}
		});
	};

	const limitSpan = (span: SpanLike): void => {
		counts.droppedEvents += keepLast(span.events as unknown[], maxEvents);
		counts.droppedLinks += keepLast(span.links as unknown[], maxLinks);
		limitAttributes(span.attributes);
		for (const event of span.events) limitAttributes(event.attributes);
		for (const link of span.links) limitAttributes(link.attributes);
	};

	return Object.assign(editingSpanProcessor(limitSpan), { report: (): SizeLimitsReport => ({ ...counts }) });
}

function keepLast(list: unknown[], most: number): number {
	const excess = Math.max(0, list.length - most);
	list.splice(0, excess);
	return excess;
}

function limitValue(value: unknown, maxBytes: number): unknown {
	if (typeof value === "string") return cut(value, maxBytes);
	if (typeof value !== "object" || value === null) return value;
	const json = toJson(value);
	return json === undefined || Buffer.byteLength(json) <= maxBytes ? value : cut(json, maxBytes);
}

function toJson(value: object): string | undefined {
	try {
		return JSON.stringify(value);
	} catch {
		return String(value); // circular: no exporter could send it either
	}
}

function cut(text: string, maxBytes: number): string {
	if (text.length * 3 <= maxBytes) return text; // no string is longer than three bytes a unit
	const bytes = Buffer.byteLength(text);
	if (bytes <= maxBytes) return text;
	const kept = Buffer.from(text).subarray(0, maxBytes);
	// A character that was cut in two decodes to U+FFFD; leave it out.
	const whole = kept.toString("utf8").replace(/�+$/u, "");
	return `${whole}…[cut ${bytes - Buffer.byteLength(whole)} bytes]`;
}
