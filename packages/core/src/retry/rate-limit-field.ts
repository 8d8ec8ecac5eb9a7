import { secondsInMs } from "./wait-time.ts";

/**
 * When a window that is used up opens again, by the field `RateLimit`: `"burst";r=0;t=30`, several apart by commas, or
 * the older `limit=10, remaining=0, reset=30`. Of several windows that are used up the longest counts.
 */
export function usedUpForMs(field: string): number | undefined {
	const items = split(field, ",").map((item) => parameters(split(item, ";")));
	const older = parameters(split(field, ","));
	const waits = [...items, older]
		.filter((item) => Number(item.get("r") ?? item.get("remaining") ?? Number.NaN) === 0)
		.map((item) => secondsInMs(item.get("t") ?? item.get("reset") ?? ""))
		.filter((wait) => wait !== undefined);
	return waits.length === 0 ? undefined : Math.max(...waits);
}

function parameters(parts: readonly string[]): ReadonlyMap<string, string> {
	const found = new Map<string, string>();
	for (const part of parts) {
		const [, name, value] = /^\s*([a-z*][a-z0-9_.*-]*)\s*=\s*(\d+(?:\.\d+)?)\s*$/.exec(part) ?? [];
		if (name !== undefined && value !== undefined) found.set(name, value);
	}
	return found;
}

/** Splits a structured field; within a quoted string the separator is text. */
function split(field: string, separator: string): string[] {
	const parts: string[] = [];
	let begin = 0;
	let isQuoted = false;
	for (let index = 0; index < field.length; index++) {
		const character = field[index];
		if (isQuoted && character === "\\") index++;
		else if (character === '"') isQuoted = !isQuoted;
		else if (character === separator && !isQuoted) {
			parts.push(field.slice(begin, index));
			begin = index + 1;
		}
	}
	parts.push(field.slice(begin));
	return parts;
}
