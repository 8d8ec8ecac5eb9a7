/** An object of unknown shape. */
export type Fields = Readonly<Record<string, unknown>>;

export function asFields(value: unknown): Fields | undefined {
	return typeof value === "object" && value !== null ? (value as Fields) : undefined;
}

/**
 * A property of the object's own. One that it inherits is not read: a getter of a client's class may do work (asking the
 * AI SDK's streams for their usage starts to read them).
 */
export function own(fields: Fields | undefined, name: string): unknown {
	return fields !== undefined && Object.hasOwn(fields, name) ? fields[name] : undefined;
}

export function ownFields(fields: Fields | undefined, name: string): Fields | undefined {
	return asFields(own(fields, name));
}

export function ownText(fields: Fields | undefined, name: string): string | undefined {
	const value = own(fields, name);
	return typeof value === "string" && value !== "" ? value : undefined;
}

export function ownNumber(fields: Fields | undefined, name: string): number | undefined {
	const value = own(fields, name);
	return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
