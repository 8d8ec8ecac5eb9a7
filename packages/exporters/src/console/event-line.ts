import type { FootlightEvent } from "@footlight/core";
import { jsonOf } from "../sinks/json.ts";
import type { Piece } from "./note.ts";
import { joinPieces, type Paint } from "./paint.ts";
import { oneLine, truncate } from "./text.ts";

/** Of one value; the rest of the line is for the others. */
const widestValue = 60;
/** Attributes that say where an event belongs: they stand last, since a reader knows. */
const correlation = /^(?:pipeline|session|user)\./;

/** An event as one line: its time (UTC), its name, its attributes, those that only say where it belongs last. */
export function eventLine(event: FootlightEvent, width: number, paint: Paint): string {
	const { name, timeMs, attributes } = (event ?? {}) as Partial<FootlightEvent>;
	const entries = entriesOf(attributes);
	const pieces: Piece[] = [
		{ text: timeOf(timeMs), style: "dim" },
		{ text: oneLine(String(name).slice(0, width)), style: "bold" },
		...entries.filter(([key]) => !correlation.test(key)).map(([key, value]) => ({ text: shown(key, value) })),
		...entries
			.filter(([key]) => correlation.test(key))
			.map(([key, value]): Piece => ({ text: shown(key, value), style: "dim" })),
	];
	return joinPieces(pieces, "  ", width, paint);
}

/** Read through JSON: whatever stands there, it can be shown. */
function entriesOf(attributes: unknown): readonly (readonly [string, unknown])[] {
	const plain: unknown = JSON.parse(jsonOf(attributes));
	return typeof plain === "object" && plain !== null ? Object.entries(plain) : [];
}

function shown(key: string, value: unknown): string {
	// Cut before it is measured: the width of a long text is slow to find.
	const text = (typeof value === "string" ? value : JSON.stringify(value)).slice(0, widestValue * 4);
	return `${truncate(oneLine(key.slice(0, widestValue * 4)), widestValue)}=${truncate(oneLine(text), widestValue)}`;
}

function timeOf(timeMs: unknown): string {
	const date = new Date(timeMs as number);
	return Number.isNaN(date.getTime()) ? "--:--:--.---" : date.toISOString().slice(11, 23);
}
