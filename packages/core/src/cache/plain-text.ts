/** A longer key would cost more memory than most answers. */
export const longestText = 100_000;
const deepest = 50;

/**
 * Plain data as text that is the same for equal data, whatever the order of their members; undefined for anything else:
 * what does not stand in the text must not be taken for equal.
 */
export function plainText(data: unknown): string | undefined {
	const parts: string[] = [];
	const room = { left: longestText };
	try {
		return write(data, parts, room, 0) ? parts.join("") : undefined;
	} catch {
		// A getter of the user's object threw.
		return undefined;
	}
}

interface Room {
	left: number;
}

function put(text: string, parts: string[], room: Room): boolean {
	parts.push(text);
	room.left -= text.length;
	return room.left >= 0;
}

function write(data: unknown, parts: string[], room: Room, depth: number): boolean {
	switch (typeof data) {
		case "string":
			return data.length <= room.left && put(JSON.stringify(data), parts, room);
		case "number":
			return put(Object.is(data, -0) ? "-0" : String(data), parts, room);
		case "bigint":
			return put(`${data}n`, parts, room);
		case "boolean":
		case "undefined":
			return put(String(data), parts, room);
		case "object":
			return data === null ? put("null", parts, room) : depth < deepest && writeObject(data, parts, room, depth + 1);
		default:
			return false;
	}
}

function writeObject(data: object, parts: string[], room: Room, depth: number): boolean {
	if (Array.isArray(data)) return writeList(data, parts, room, depth);
	const prototype: unknown = Object.getPrototypeOf(data);
	if (prototype !== Object.prototype && prototype !== null) return false;
	if (Object.getOwnPropertySymbols(data).length > 0) return false;
	if (!put("{", parts, room)) return false;
	for (const name of Object.keys(data).sort()) {
		const value = (data as Record<string, unknown>)[name];
		if (!put(`${JSON.stringify(name)}:`, parts, room) || !write(value, parts, room, depth)) return false;
		if (!put(",", parts, room)) return false;
	}
	return put("}", parts, room);
}

function writeList(list: readonly unknown[], parts: string[], room: Room, depth: number): boolean {
	if (!put("[", parts, room)) return false;
	for (const item of list) {
		if (!write(item, parts, room, depth) || !put(",", parts, room)) return false;
	}
	return put("]", parts, room);
}
