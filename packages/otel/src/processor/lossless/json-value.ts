// JSON knows no bytes, and no numbers beyond the finite. Those stand in an object whose one key no telemetry has; a value
// that has it all the same is wrapped in another one.

const mark = "\u0000";

/** A value of an attribute, or several, such that JSON keeps it; the value itself where it is so already. */
export function toJsonValue(value: unknown): unknown {
	switch (typeof value) {
		case "number":
			return Number.isFinite(value) ? value : { [mark]: ["number", String(value)] };
		case "bigint":
			return { [mark]: ["bigint", String(value)] };
		case "object":
			return value === null ? null : objectToJson(value);
		default:
			return value;
	}
}

function objectToJson(value: object): unknown {
	if (value instanceof Uint8Array) return { [mark]: ["bytes", Buffer.from(value).toString("base64")] };
	if (Array.isArray(value)) {
		const members = value.map(toJsonValue);
		return members.some((member, index) => member !== value[index]) ? members : value;
	}
	let changed: Record<string, unknown> | undefined;
	for (const key in value) {
		const member = (value as Readonly<Record<string, unknown>>)[key];
		const json = toJsonValue(member);
		if (json === member) continue;
		changed ??= { ...value };
		changed[key] = json;
	}
	return Object.hasOwn(value, mark) ? { [mark]: ["object", changed ?? value] } : (changed ?? value);
}

/** What {@link toJsonValue} was given, from what JSON has kept. */
export function fromJsonValue(json: unknown): unknown {
	if (typeof json !== "object" || json === null) return json;
	if (Array.isArray(json)) return json.map(fromJsonValue);
	const marked = (json as { readonly [mark]?: unknown })[mark];
	if (Array.isArray(marked)) return fromMarked(marked[0], marked[1]);
	return members(json);
}

function fromMarked(kind: unknown, value: unknown): unknown {
	switch (kind) {
		case "number":
			return Number(value);
		case "bigint":
			return BigInt(value as string);
		case "bytes":
			return new Uint8Array(Buffer.from(value as string, "base64"));
		default:
			return members(value as object);
	}
}

function members(json: object): Record<string, unknown> {
	return Object.fromEntries(Object.entries(json).map(([key, member]) => [key, fromJsonValue(member)]));
}
