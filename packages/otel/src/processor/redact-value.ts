import { redactTextBy, type TextRules } from "./redact-text.ts";
import { isPaymentCard } from "./secret-pattern.ts";
import type { Sensitivity } from "./sensitive-key.ts";

const maxDepth = 16;
/** JSON longer than this inside a string is searched as text instead of being parsed. */
const maxJsonLength = 262_144;

/**
 * Hides secrets anywhere in a value: strings, JSON inside strings, arrays, nested objects.
 *
 * Returns the very same value where nothing was hidden and a changed copy otherwise; what was passed in is never
 * changed, because it may belong to the application.
 */
export function redactValue(rules: TextRules, value: unknown, key?: string): unknown {
	return visit(rules, value, key === undefined ? undefined : rules.sensitivity(key), 0);
}

function visit(rules: TextRules, value: unknown, under: Sensitivity, depth: number): unknown {
	switch (typeof value) {
		case "string":
			return under === undefined ? redactString(rules, value, depth) : maskString(rules, value, under);
		case "number":
			return (under === "strong" && Number.isFinite(value)) || isPaymentCard(String(value)) ? rules.mask : value;
		case "bigint":
			return under === "strong" || isPaymentCard(String(value)) ? rules.mask : value;
		case "object":
			break;
		default:
			return value;
	}
	if (value === null) return value;
	if (depth >= maxDepth) return rules.mask; // too deep, or circular: what was not looked at is not let through
	if (Array.isArray(value)) return visitArray(rules, value, under, depth);
	if (ArrayBuffer.isView(value)) return under === undefined ? value : rules.mask;
	return visitObject(rules, value as Record<string, unknown>, under, depth);
}

function maskString(rules: TextRules, value: string, under: Sensitivity): string {
	if (value === "" || /^(?:true|false)$/i.test(value)) return value;
	return under === "weak" && /^[\d.]+$/.test(value) ? value : rules.mask;
}

function visitArray(rules: TextRules, list: readonly unknown[], under: Sensitivity, depth: number): unknown {
	let copy: unknown[] | undefined;
	let next: Sensitivity;
	list.forEach((member, index) => {
		const changed = visit(rules, member, under ?? next, depth + 1);
		if (changed !== member) {
			copy ??= [...list];
			copy[index] = changed;
		}
		next = announces(rules, list, index);
	});
	return copy ?? list;
}

/** A name followed by its value: `["--password", "x"]` of a command line, `["x-api-key", "x"]` of a header entry. */
function announces(rules: TextRules, list: readonly unknown[], index: number): Sensitivity {
	const member = list[index];
	if (typeof member !== "string" || member.length > 60 || typeof list[index + 1] !== "string") return undefined;
	if (/^--?[A-Za-z][\w-]*$/.test(member)) return rules.sensitivity(member);
	return list.length % 2 === 0 && index % 2 === 0 && /^[\w-]+$/.test(member) ? rules.sensitivity(member) : undefined;
}

function visitObject(rules: TextRules, object: Record<string, unknown>, under: Sensitivity, depth: number): unknown {
	let copy: Record<string, unknown> | undefined;
	for (const key of Object.keys(object)) {
		const member = object[key];
		const changed = visit(rules, member, under ?? rules.sensitivity(key), depth + 1);
		if (changed !== member) {
			copy ??= { ...object };
			copy[key] = changed;
		}
	}
	return copy ?? object;
}

function redactString(rules: TextRules, text: string, depth: number): string {
	const first = text.trimStart()[0];
	if ((first === "{" || first === "[" || first === '"') && text.length <= maxJsonLength) {
		const parsed = parse(text);
		if (typeof parsed === "object" || typeof parsed === "string") {
			const changed = visit(rules, parsed, undefined, depth + 1);
			return changed === parsed ? text : JSON.stringify(changed);
		}
	}
	return redactTextBy(rules, text);
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text) ?? undefined;
	} catch {
		return undefined; // not JSON, or cut off
	}
}
