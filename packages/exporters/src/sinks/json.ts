const deepest = 32;
/** Things that know each other stand in each other in more ways than a process has time for. */
const mostObjects = 10_000;

/** Any value as JSON on one line: what JSON cannot say, and what cannot be read, is replaced by a word. Never throws. */
export function jsonOf(value: unknown): string {
	try {
		const json = JSON.stringify(value);
		if (json !== undefined) return json;
	} catch {
		// Circular, a BigInt, a getter that throws: looked at piece by piece.
	}
	return JSON.stringify(readable(value, [], { left: mostObjects })) ?? "null";
}

/** An item as a JSON object that carries its key, so that a reader knows one that comes again. */
export function keyedJson(item: unknown, key: string): string {
	const json = jsonOf(item);
	const own = `"idempotencyKey":${JSON.stringify(key)}`;
	if (!json.startsWith("{")) return `{"item":${json},${own}}`;
	// Last, because of two members of one name the last counts.
	return json === "{}" ? `{${own}}` : `${json.slice(0, -1)},${own}}`;
}

function readable(value: unknown, above: readonly unknown[], objects: { left: number }): unknown {
	if (typeof value === "bigint" || typeof value === "symbol") return String(value);
	if (typeof value !== "object" || value === null) return value;
	if (above.includes(value)) return "[circular]";
	if (above.length >= deepest) return "[too deep]";
	if (--objects.left < 0) return "[too large]";
	try {
		const path = [...above, value];
		if (Array.isArray(value)) return value.map((_, index) => memberOf(value, index, path, objects));
		// Without a prototype `__proto__` is a name like any other; and a toJSON that throws is not called again.
		const copy: Record<string, unknown> = Object.create(null);
		for (const name of Object.keys(value)) if (name !== "toJSON") copy[name] = memberOf(value, name, path, objects);
		return copy;
	} catch {
		return "[not readable]";
	}
}

function memberOf(owner: object, name: string | number, path: readonly unknown[], objects: { left: number }): unknown {
	let member: unknown;
	try {
		member = (owner as Record<string | number, unknown>)[name];
	} catch {
		return "[not readable]";
	}
	return readable(member, path, objects);
}
