import { resolve } from "node:path";
import { type Clock, type FootlightEvent, systemClock } from "@footlight/core";
import {
	integerFrom,
	knownOptions,
	nonEmptyString,
	oneOf,
	optionalFunction,
	positiveInteger,
	refuse,
	withMethods,
} from "@footlight/core/option";

/** Where {@link jsonLinesSink} writes, and how much it keeps. */
export interface JsonLinesOptions<Item = FootlightEvent> {
	/** The file that is written; its folder is made where there is none. */
	readonly path: string;
	/** Most bytes of a file; a line that is longer has a file to itself. @default 104857600 */
	readonly maxBytes?: number;
	/** How long a file is written, from its first line on; looked at when a line comes. @default no limit */
	readonly maxAgeMs?: number;
	/** Most files, the one that is written among them; the oldest is deleted. @default 10 */
	readonly maxFiles?: number;
	/**
	 * What `emit` waits for: that the operating system has the line, which a crash of the process cannot undo, or that the
	 * disk has it, which a crash of the machine cannot. @default "process"
	 */
	readonly durability?: "process" | "disk";
	/** Most bytes that may wait to be written; beyond it lines are refused. @default 16777216 */
	readonly maxPendingBytes?: number;
	/** Permissions of new files. @default 0o600 */
	readonly mode?: number;
	/**
	 * Makes the line of an item, without a line break; `key` is there in a batch. An item for which it throws, or gives no
	 * string, is refused, and no other. @default JSON
	 */
	readonly format?: (item: Item, key?: string) => string;
	/** For tests. @default the machine's clock */
	readonly clock?: Clock;
}

const names = ["path", "maxBytes", "maxAgeMs", "maxFiles", "durability", "maxPendingBytes", "mode", "format", "clock"];

export type CheckedJsonLinesOptions<Item> = Required<Omit<JsonLinesOptions<Item>, "format">> &
	Pick<JsonLinesOptions<Item>, "format">;

export function checkedOptions<Item>(where: string, options: JsonLinesOptions<Item>): CheckedJsonLinesOptions<Item> {
	knownOptions(where, options ?? null, names);
	const { path, format, clock = systemClock, maxAgeMs = Number.POSITIVE_INFINITY, durability = "process" } = options;
	const { maxBytes = 100 * 2 ** 20, maxFiles = 10, maxPendingBytes = 16 * 2 ** 20, mode = 0o600 } = options;
	optionalFunction(`${where}: format`, format);
	withMethods(`${where}: clock`, clock, ["now"]);
	return {
		path: resolve(nonEmptyString(`${where}: path`, path)),
		maxBytes: positiveInteger(`${where}: maxBytes`, maxBytes),
		maxAgeMs: maxAgeMs === Number.POSITIVE_INFINITY ? maxAgeMs : positiveInteger(`${where}: maxAgeMs`, maxAgeMs),
		maxFiles: positiveInteger(`${where}: maxFiles`, maxFiles),
		durability: oneOf(`${where}: durability`, durability, ["process", "disk"]),
		maxPendingBytes: positiveInteger(`${where}: maxPendingBytes`, maxPendingBytes),
		mode: checkedMode(`${where}: mode`, mode),
		...(format && { format }),
		clock,
	};
}

function checkedMode(where: string, value: unknown): number {
	const mode = integerFrom(where, value, 0);
	return mode <= 0o7777 ? mode : refuse(RangeError, where, "permissions of at most 0o7777", mode);
}
