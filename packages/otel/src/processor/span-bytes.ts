import type { SpanLike } from "./span-shape.ts";

const ofSpan = 1_000;
const ofMember = 200;
const ofValue = 16;
const deepest = 4;

/** About how much memory an ended span takes: cheap to say, and never far below the truth for one that carries much. */
export function spanBytes({ attributes, events, links }: SpanLike): number {
	let bytes = ofSpan + attributeBytes(attributes);
	for (const event of events) bytes += ofMember + attributeBytes(event.attributes);
	for (const link of links) bytes += ofMember + attributeBytes(link.attributes);
	return bytes;
}

/** About how much memory a log record takes. */
export function recordBytes({ attributes, body }: { readonly attributes: object; readonly body?: unknown }): number {
	return ofSpan + attributeBytes(attributes) + valueBytes(body, 0);
}

function attributeBytes(attributes: object | undefined, depth = 0): number {
	let bytes = 0;
	for (const key in attributes) {
		bytes += key.length + valueBytes((attributes as Readonly<Record<string, unknown>>)[key], depth);
	}
	return bytes;
}

function valueBytes(value: unknown, depth: number): number {
	if (typeof value === "string") return ofValue + value.length;
	if (typeof value !== "object" || value === null || depth >= deepest) return ofValue;
	if (ArrayBuffer.isView(value)) return ofValue + value.byteLength;
	if (!Array.isArray(value)) return ofValue + attributeBytes(value, depth + 1);
	let bytes = ofValue;
	for (const member of value) bytes += valueBytes(member, depth + 1);
	return bytes;
}
