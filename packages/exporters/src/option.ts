/** Refusals of options, in the wording all of Footlight uses: `RangeError: retry: maxAttempts must be a positive integer, got 0`. */

function show(value: unknown): string {
	if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
	if (Array.isArray(value)) return `an array of ${value.length}`;
	if (typeof value === "object" && value !== null) return "an object";
	return typeof value === "function" ? "a function" : String(value);
}

export function refuse(
	kind: typeof TypeError | typeof RangeError,
	where: string,
	expected: string,
	value: unknown,
): never {
	throw new kind(`${where} must be ${expected}, got ${show(value)}`);
}

/** Refuses options nobody knows: a misspelt one must not be silently without effect. */
export function knownOptions(where: string, value: unknown, known: readonly string[]): void {
	if (typeof value !== "object" || value === null || Array.isArray(value)) {
		refuse(TypeError, `${where}: options`, "an object", value);
	}
	for (const key of Object.keys(value)) {
		if (!known.includes(key)) {
			throw new TypeError(`${where}: unknown option ${show(key)}; known options are ${known.join(", ")}`);
		}
	}
}

export function integerFrom(minimum: number, where: string, value: unknown): number {
	const expected = minimum === 1 ? "a positive integer" : `an integer of at least ${minimum}`;
	if (typeof value !== "number") refuse(TypeError, where, expected, value);
	if (!Number.isSafeInteger(value) || value < minimum) refuse(RangeError, where, expected, value);
	return value;
}

export function booleanOrAuto(where: string, value: unknown): boolean | "auto" {
	if (typeof value === "boolean" || value === "auto") return value;
	return refuse(typeof value === "string" ? RangeError : TypeError, where, '"auto", true or false', value);
}
