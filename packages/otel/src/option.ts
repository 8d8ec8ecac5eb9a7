/** Refusals of options, in the one wording of Footlight: `TypeError: startTelemetry: unknown option "x"; ...`. */

function show(value: unknown): string {
	if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
	if (Array.isArray(value)) return `an array of ${value.length}`;
	if (typeof value === "function") return "a function";
	return typeof value === "object" && value !== null ? "an object" : String(value);
}

export function knownOptions(where: string, options: unknown, known: readonly string[]): void {
	if (typeof options !== "object" || options === null || Array.isArray(options)) {
		throw new TypeError(`${where}: options must be an object, got ${show(options)}`);
	}
	for (const key of Object.keys(options)) {
		if (!known.includes(key)) {
			throw new TypeError(`${where}: unknown option ${show(key)}; known options are ${known.join(", ")}`);
		}
	}
}

export function booleanOption(where: string, value: unknown): void {
	if (value !== undefined && typeof value !== "boolean") {
		throw new TypeError(`${where} must be true or false, got ${show(value)}`);
	}
}

export function stringOption(where: string, value: unknown): void {
	if (value === undefined) return;
	if (typeof value !== "string") throw new TypeError(`${where} must be a string, got ${show(value)}`);
	if (value.trim() === "") throw new RangeError(`${where} must be a string that is not empty, got ${show(value)}`);
}

export function stringListOption(where: string, value: unknown): void {
	if (value === undefined) return;
	if (!Array.isArray(value)) throw new TypeError(`${where} must be an array of strings, got ${show(value)}`);
	value.forEach((member, index) => {
		if (typeof member !== "string") throw new TypeError(`${where}[${index}] must be a string, got ${show(member)}`);
	});
}

export function positiveIntegerOption(where: string, value: unknown): void {
	if (value === undefined) return;
	if (typeof value !== "number") throw new TypeError(`${where} must be a positive integer, got ${show(value)}`);
	if (!Number.isInteger(value) || value < 1 || value > 2 ** 31 - 1) {
		throw new RangeError(`${where} must be a positive integer below 2^31, got ${value}`);
	}
}

/** Refuses a list whose members lack one of the methods. */
export function listOfOption(where: string, value: unknown, methods: readonly string[]): void {
	if (value === undefined) return;
	if (!Array.isArray(value)) throw new TypeError(`${where} must be an array, got ${show(value)}`);
	value.flat().forEach((member, index) => {
		for (const method of methods) {
			if (typeof (member as Record<string, unknown> | null)?.[method] !== "function") {
				throw new TypeError(`${where}[${index}] must have a method ${method}, got ${show(member)}`);
			}
		}
	});
}
