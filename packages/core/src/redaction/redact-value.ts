import { redactTextBy } from "./redact-text.ts";
import type { RedactionRules } from "./rules.ts";
import { isPaymentCard } from "./secret-pattern.ts";
import type { Sensitivity } from "./sensitive-key.ts";

const maxDepth = 16;
/** JSON longer than this inside a string is searched as text instead of being parsed. */
const maxJsonLength = 262_144;

/**
 * Hides secrets anywhere in a value: strings, JSON inside strings, arrays, Maps, Sets, nested objects.
 *
 * Returns the very same value where nothing was hidden and a changed copy otherwise; what was passed in is never
 * changed, because it may belong to the application. What cannot be looked at (a throwing getter, say), what is circular
 * and what is too deep is hidden, not let through.
 */
export function redactValue(rules: RedactionRules, value: unknown, key?: string): unknown {
	try {
		return new Visit(rules).value(value, key === undefined ? undefined : rules.sensitivity(key), 0);
	} catch {
		return rules.mask;
	}
}

/** As {@link redactValue}, for each member of an object by its name; what cannot be looked at hides no other. */
export function redactMembers<T extends object>(rules: RedactionRules, owner: T): T {
	const members = owner as Readonly<Record<string, unknown>>;
	let isSame = true;
	const entries = Object.keys(owner).map((key) => {
		try {
			const member = members[key];
			const changed = redactValue(rules, member, key);
			isSame &&= Object.is(changed, member);
			return [key, changed];
		} catch {
			isSame = false;
			return [key, rules.mask];
		}
	});
	return isSame ? owner : (Object.fromEntries(entries) as T);
}

class Visit {
	readonly #rules: RedactionRules;
	/** What an object became, by how sensitive it stands there: a web of objects is walked once. */
	#seen: Map<Sensitivity, Map<object, unknown>> | undefined;

	constructor(rules: RedactionRules) {
		this.#rules = rules;
	}

	value(value: unknown, under: Sensitivity, depth: number): unknown {
		const { mask } = this.#rules;
		if (under === "named") return value === undefined || value === null ? value : mask;
		switch (typeof value) {
			case "string":
				return under === undefined ? this.#text(value, depth) : this.#secretText(value, under);
			case "number":
				return (under === "strong" && Number.isFinite(value)) || isPaymentCard(String(value)) ? mask : value;
			case "bigint":
				return under === "strong" || isPaymentCard(String(value)) ? mask : value;
			case "object":
				return value === null ? value : this.#object(value, under, depth);
			default:
				return value;
		}
	}

	#object(value: object, under: Sensitivity, depth: number): unknown {
		const { mask } = this.#rules;
		if (ArrayBuffer.isView(value)) return under === undefined ? value : mask;
		if (depth >= maxDepth) return mask; // what was not looked at is not let through
		const seen = this.#seenUnder(under);
		if (seen.has(value)) return seen.get(value);
		seen.set(value, mask); // for whatever leads back to it
		const changed = this.#inside(value, under, depth + 1);
		seen.set(value, changed);
		return changed;
	}

	#seenUnder(under: Sensitivity): Map<object, unknown> {
		this.#seen ??= new Map();
		const known = this.#seen.get(under) ?? new Map<object, unknown>();
		this.#seen.set(under, known);
		return known;
	}

	#inside(value: object, under: Sensitivity, depth: number): unknown {
		if (Array.isArray(value)) return this.#list(value, under, depth);
		if (value instanceof Map) return this.#map(value, under, depth);
		if (value instanceof Set) {
			const list = [...value];
			const changed = this.#list(list, under, depth);
			return changed === list ? value : new Set(changed);
		}
		const { toJSON } = value as { readonly toJSON?: unknown };
		if (typeof toJSON !== "function") return this.#members(value as Record<string, unknown>, under, depth);
		// What it will be written as: of a URL, say, its members tell nothing.
		const written: unknown = toJSON.call(value, "");
		const changed = this.value(written, under, depth);
		return Object.is(changed, written) ? value : changed;
	}

	#list(list: readonly unknown[], under: Sensitivity, depth: number): readonly unknown[] {
		let copy: unknown[] | undefined;
		let next: Sensitivity;
		list.forEach((member, index) => {
			const changed = this.value(member, under ?? next, depth);
			if (!Object.is(changed, member)) {
				copy ??= [...list];
				copy[index] = changed;
			}
			next = this.#announced(list, index);
		});
		return copy ?? list;
	}

	/** A name followed by its value: `["--password", "x"]` of a command line, `["x-api-key", "x"]` of a header entry. */
	#announced(list: readonly unknown[], index: number): Sensitivity {
		const { sensitivity } = this.#rules;
		const member = list[index];
		if (typeof member !== "string" || member.length > 60 || typeof list[index + 1] !== "string") return undefined;
		if (/^--?[A-Za-z][\w-]*$/.test(member)) return sensitivity(member);
		return list.length % 2 === 0 && index % 2 === 0 && /^[\w-]+$/.test(member) ? sensitivity(member) : undefined;
	}

	#map(map: ReadonlyMap<unknown, unknown>, under: Sensitivity, depth: number): unknown {
		let copy: Map<unknown, unknown> | undefined;
		for (const [key, member] of map) {
			const changed = this.value(member, under ?? this.#under(key), depth);
			if (Object.is(changed, member)) continue;
			copy ??= new Map(map);
			copy.set(key, changed);
		}
		return copy ?? map;
	}

	#members(object: Record<string, unknown>, under: Sensitivity, depth: number): unknown {
		let copy: Record<string, unknown> | undefined;
		for (const key of Object.keys(object)) {
			const member = object[key];
			const changed = this.value(member, under ?? this.#under(key), depth);
			if (Object.is(changed, member)) continue;
			copy ??= { ...object };
			copy[key] = changed;
		}
		return copy ?? object;
	}

	#under(key: unknown): Sensitivity {
		return typeof key === "string" ? this.#rules.sensitivity(key) : undefined;
	}

	#secretText(value: string, under: Sensitivity): string {
		if (value === "" || /^(?:true|false)$/i.test(value)) return value;
		return under === "weak" && /^[\d.]+$/.test(value) ? value : this.#rules.mask;
	}

	#text(text: string, depth: number): string {
		const first = text.trimStart()[0];
		if ((first === "{" || first === "[" || first === '"') && text.length <= maxJsonLength) {
			const parsed = parse(text);
			if (typeof parsed === "object" || typeof parsed === "string") {
				const changed = this.value(parsed, undefined, depth + 1);
				return changed === parsed ? text : JSON.stringify(changed);
			}
		}
		return redactTextBy(this.#rules, text);
	}
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text) ?? undefined;
	} catch {
		return undefined; // not JSON, or cut off
	}
}
