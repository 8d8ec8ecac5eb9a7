/**
 * Checks of options, in one wording: `RangeError: retry: maxAttempts must be a positive integer, got 0`. A wrong type is
 * a TypeError, a wrong value a RangeError. For authors of layers, sinks and adapters too (`@footlight/core/option`).
 */

const longestNameLength = 200;
/** Node fires a longer timer at once. */
const longestTimerMs = 2 ** 31 - 1;

/** Shows any value in an error message: short, and without running the value's own code where that may fail. */
export function show(value: unknown): string {
	if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
	if (typeof value === "bigint") return `${value}n`;
	if (typeof value === "symbol") return value.toString();
	if (value === null || (typeof value !== "object" && typeof value !== "function")) return String(value);
	try {
		if (typeof value === "function")
			return typeof value.name === "string" && value.name ? `function ${value.name}` : "a function";
		if (Array.isArray(value)) return `an array of ${value.length}`;
		const name = Object.getPrototypeOf(value)?.constructor?.name;
		return typeof name === "string" && name !== "" && name !== "Object" ? `an instance of ${name}` : "an object";
	} catch {
		return typeof value === "function" ? "a function" : "an object";
	}
}

/** Throws in the one wording; for what no check below fits. */
export function refuse(
	kind: typeof TypeError | typeof RangeError,
	where: string,
	expected: string,
	value: unknown,
): never {
	throw new kind(`${where} must be ${expected}, got ${show(value)}`);
}

export function integerFrom(where: string, value: unknown, minimum: number): number {
	const expected = minimum === 1 ? "a positive integer" : `an integer of at least ${minimum}`;
	if (typeof value !== "number") refuse(TypeError, where, expected, value);
	if (!Number.isInteger(value) || value < minimum) refuse(RangeError, where, expected, value);
	return value;
}

export function positiveInteger(where: string, value: unknown): number {
	return integerFrom(where, value, 1);
}

/** Milliseconds that a timer can wait. */
export function milliseconds(where: string, value: unknown): number {
	const checked = positiveInteger(where, value);
	if (checked > longestTimerMs) refuse(RangeError, where, `at most ${longestTimerMs}`, value);
	return checked;
}

/** A fraction from 0 to 1. */
export function ratio(where: string, value: unknown): number {
	if (typeof value !== "number") refuse(TypeError, where, "a number from 0 to 1", value);
	if (!(value >= 0 && value <= 1)) refuse(RangeError, where, "a number from 0 to 1", value);
	return value;
}

export function optionalBoolean(where: string, value: unknown): void {
	if (value !== undefined && typeof value !== "boolean") refuse(TypeError, where, "true or false", value);
}

export function booleanOrAuto(where: string, value: unknown): boolean | "auto" {
	if (typeof value === "boolean" || value === "auto") return value;
	return refuse(typeof value === "string" ? RangeError : TypeError, where, 'true, false or "auto"', value);
}

export function optionalString(where: string, value: unknown): void {
	if (value !== undefined && typeof value !== "string") refuse(TypeError, where, "a string", value);
}

export function optionalFunction(where: string, value: unknown): void {
	if (value !== undefined && typeof value !== "function") refuse(TypeError, where, "a function", value);
}

export function oneOf<T extends string>(where: string, value: unknown, allowed: readonly T[]): T {
	if (typeof value !== "string") refuse(TypeError, where, `one of ${allowed.join(", ")}`, value);
	if (!allowed.includes(value as T)) refuse(RangeError, where, `one of ${allowed.join(", ")}`, value);
	return value as T;
}

export function nonEmptyString(where: string, value: unknown): string {
	if (typeof value !== "string") refuse(TypeError, where, "a string", value);
	if (value.trim() === "") refuse(RangeError, where, "a string that is not empty", value);
	return value;
}

/** A name that can stand in a span, a label and a log line. */
export function nonEmptyName(where: string, value: unknown): string {
	if (typeof value !== "string") refuse(TypeError, where, "a string", value);
	if (value.trim() === "") refuse(RangeError, where, "a name that is not empty", value);
	if (value.length > longestNameLength) {
		refuse(RangeError, where, `at most ${longestNameLength} characters (it has ${value.length})`, value);
	}
	return value;
}

export function stringList(where: string, value: unknown): readonly string[] {
	if (!Array.isArray(value)) refuse(TypeError, where, "an array of strings", value);
	for (const [index, member] of value.entries()) {
		if (typeof member !== "string") refuse(TypeError, `${where}[${index}]`, "a string", member);
	}
	return value;
}

/** Refuses what lacks a method; anything that has them will do, whatever its class. */
export function withMethods(where: string, value: unknown, methods: readonly string[]): void {
	for (const method of methods) {
		if (typeof (value as Record<string, unknown> | null | undefined)?.[method] !== "function") {
			throw new TypeError(`${where} must have a method ${method}, got ${show(value)}`);
		}
	}
}

/** Refuses a list that holds anything without the methods. */
export function listWithMethods(where: string, value: unknown, methods: readonly string[]): void {
	if (!Array.isArray(value)) refuse(TypeError, where, "an array", value);
	for (const [index, member] of value.entries()) withMethods(`${where}[${index}]`, member, methods);
}

/** Refuses what is no options object, and options nobody knows: a misspelt option must not be silently without effect. */
export function knownOptions(where: string, value: unknown, known: readonly string[]): void {
	if (value === undefined) return;
	if (value === null || typeof value !== "object" || Array.isArray(value))
		refuse(TypeError, `${where}: options`, "an object", value);
	for (const key of keysOf(where, value)) {
		if (!known.includes(key)) {
			throw new TypeError(`${where}: unknown option ${show(key)}; known options are ${known.join(", ")}`);
		}
		try {
			void (value as Record<string, unknown>)[key];
		} catch (cause) {
			throw new TypeError(`${where}: ${key} could not be read`, { cause });
		}
	}
}

function keysOf(where: string, value: object): string[] {
	try {
		return Object.keys(value);
	} catch (cause) {
		throw new TypeError(`${where}: options could not be read`, { cause });
	}
}

/** Refuses a list that holds anything but middleware. */
export function middlewareList(where: string, value: unknown): void {
	if (!Array.isArray(value)) refuse(TypeError, where, "an array of middleware", value);
	for (const [index, layer] of value.entries()) checkMiddleware(`${where}[${index}]`, layer);
}

export function checkMiddleware(where: string, value: unknown): void {
	if (typeof value !== "function") refuse(TypeError, where, "a middleware (a function of next)", value);
}
