import { isError } from "./is-error.ts";
import { knownOptions, optionalBoolean, optionalFunction, positiveInteger } from "./option.ts";

/** What of a call's content may stand on its span. Nothing does by default. */
export interface CaptureOptions {
	/** Arguments as JSON in `stage.input`. @default false */
	readonly input?: boolean;
	/** Result as JSON in `stage.output`; the items of a stream are not captured. @default false */
	readonly output?: boolean;
	/** Most bytes of JSON kept of each; the rest is cut, and the cut is marked. @default 4096 */
	readonly maxBytes?: number;
	/** Removes secrets from captured JSON and from the messages and stacks of exceptions. @default nothing is changed */
	readonly redact?: (text: string) => string;
}

const defaultMaxBytes = 4_096;
const deepest = 12;
const mark = "…";
// A secret that is cut in two is one no redactor knows; so more is read than is kept, and cut after redaction.
const readBeyondBytes = 65_536;

export function checkCapture(where: string, options: CaptureOptions | undefined): void {
	if (options === undefined) return;
	knownOptions(where, options, ["input", "output", "maxBytes", "redact"]);
	optionalBoolean(`${where}: input`, options.input);
	optionalBoolean(`${where}: output`, options.output);
	optionalFunction(`${where}: redact`, options.redact);
	if (options.maxBytes !== undefined) positiveInteger(`${where}: maxBytes`, options.maxBytes);
}

/** Any value as bounded, redacted JSON. Cycles, BigInt and getters that throw are shown in words; this never throws. */
export function capturedText(value: unknown, { maxBytes = defaultMaxBytes, redact }: CaptureOptions): string {
	const budget = { left: redact === undefined ? maxBytes : maxBytes + readBeyondBytes };
	let json: string;
	try {
		json = JSON.stringify(plain(value, budget, new Set(), 0)) ?? "undefined";
	} catch (error) {
		json = JSON.stringify(`[not readable: ${isError(error) ? error.name : "error"}]`);
	}
	return cut(redactedText(json, redact), maxBytes);
}

/** Text through the user's redactor; a redactor that fails must not let the text through. */
export function redactedText(text: string, redact: CaptureOptions["redact"]): string {
	if (redact === undefined) return text;
	try {
		return String(redact(text));
	} catch {
		return "[redaction failed]";
	}
}

function cut(text: string, maxBytes: number): string {
	const bytes = new TextEncoder().encode(text);
	if (bytes.length <= maxBytes) return text;
	const kept = new TextDecoder().decode(bytes.subarray(0, maxBytes)).replace(/\uFFFD+$/, "");
	return kept + mark;
}

/** A copy that JSON can take, no larger than the budget: a huge value must not be walked whole to be cut afterwards. */
function plain(value: unknown, budget: { left: number }, above: Set<object>, depth: number): unknown {
	if (budget.left <= 0) return mark;
	if (typeof value === "string") {
		const kept = value.length > budget.left ? value.slice(0, budget.left) + mark : value;
		budget.left -= kept.length;
		return kept;
	}
	budget.left -= 4;
	if (value === null || typeof value === "number" || typeof value === "boolean") return value;
	if (typeof value === "bigint") return `${value}n`;
	if (typeof value !== "object") return typeof value === "undefined" ? null : `[${typeof value}]`;
	if (above.has(value)) return "[circular]";
	if (depth >= deepest) return "[deep]";
	above.add(value);
	try {
		return structure(value, budget, above, depth);
	} catch {
		return "[not readable]";
	} finally {
		above.delete(value);
	}
}

function structure(value: object, budget: { left: number }, above: Set<object>, depth: number): unknown {
	// biome-ignore lint/style/noRestrictedGlobals: a class to recognise, not a clock to read
	if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
	if (value instanceof URL) return plain(value.href, budget, above, depth);
	if (isError(value)) return { name: value.name, message: plain(value.message, budget, above, depth + 1) };
	if (ArrayBuffer.isView(value)) return `[${value.constructor.name} of ${value.byteLength} bytes]`;
	if (value instanceof ArrayBuffer) return `[ArrayBuffer of ${value.byteLength} bytes]`;
	if (value instanceof Map) return { "[Map]": list(value, budget, above, depth + 1) };
	if (value instanceof Set) return { "[Set]": list(value, budget, above, depth + 1) };
	if (Array.isArray(value)) return list(value, budget, above, depth);
	const copy: Record<string, unknown> = {};
	for (const key of Object.keys(value)) {
		if (budget.left <= 0) {
			copy[mark] = mark;
			break;
		}
		budget.left -= key.length;
		Object.defineProperty(copy, key, {
			value: member(value, key, budget, above, depth),
			enumerable: true,
			configurable: true,
		});
	}
	return copy;
}

function member(value: object, key: string, budget: { left: number }, above: Set<object>, depth: number): unknown {
	try {
		return plain((value as Record<string, unknown>)[key], budget, above, depth + 1);
	} catch {
		return "[not readable]";
	}
}

function list(values: Iterable<unknown>, budget: { left: number }, above: Set<object>, depth: number): unknown[] {
	const items: unknown[] = [];
	for (const value of values) {
		if (budget.left <= 0) {
			items.push(mark);
			break;
		}
		items.push(plain(value, budget, above, depth + 1));
	}
	return items;
}
