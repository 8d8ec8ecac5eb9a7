import type { FootlightEvent } from "@footlight/core";
import { jsonOf } from "../sinks/json.ts";
import type { Piece } from "./note.ts";
import { joinPieces, type Paint } from "./paint.ts";
import { columnsOf, oneLine, truncate } from "./text.ts";

/** Of one value; the rest of the line is for the others. */
const widestValue = 60;
/** Where a line has no end a value still does: lines are for people. */
const widestAnywhere = 10_000;
const separator = "  ";
const ellipsis = " …";
/** Attributes that say where an event belongs: they stand last, since a reader knows. */
const correlation = /^(?:pipeline|session|user)\./;

/** An event as one line: its time (UTC), name and attributes, those that only say where it belongs last; "…" for what is left out. */
export function eventLine(event: FootlightEvent, width: number, paint: Paint): string {
	const { name, timeMs, attributes } = (event ?? {}) as Partial<FootlightEvent>;
	const entries = entriesOf(attributes);
	const widest = Number.isFinite(width) ? widestValue : widestAnywhere;
	const text = ([key, value]: readonly [string, unknown]) => `${cut(key, widest)}=${cut(wordsOf(value), widest)}`;
	const pieces: Piece[] = [
		{ text: timeOf(timeMs), style: "dim" },
		{ text: cut(String(name), widest), style: "bold" },
		...entries.filter(([key]) => !correlation.test(key)).map((entry) => ({ text: text(entry) })),
		...entries.filter(([key]) => correlation.test(key)).map((entry): Piece => ({ text: text(entry), style: "dim" })),
	];
	if (columnsOfAll(pieces) <= width) return joinPieces(pieces, separator, width, paint);
	return joinPieces(pieces, separator, width - ellipsis.length, paint) + paint(ellipsis, "dim");
}

function columnsOfAll(pieces: readonly Piece[]): number {
	return pieces.reduce((columns, { text }) => columns + columnsOf(text), (pieces.length - 1) * separator.length);
}

/** Read through JSON: whatever stands there, it can be shown. */
function entriesOf(attributes: unknown): readonly (readonly [string, unknown])[] {
	const plain: unknown = JSON.parse(jsonOf(attributes));
	return typeof plain === "object" && plain !== null ? Object.entries(plain) : [];
}

function wordsOf(value: unknown): string {
	return typeof value === "string" ? value : JSON.stringify(value, rounded);
}

/** Whole numbers stay: an id may be one, or a time. */
function rounded(_: string, value: unknown): unknown {
	if (typeof value !== "number" || Number.isInteger(value)) return value;
	return Number(Math.abs(value) < 1 ? value.toPrecision(3) : value.toFixed(3));
}

function cut(text: string, widest: number): string {
	// Cut before it is measured: the width of a long text is slow to find.
	return truncate(oneLine(text.slice(0, widest * 4)), widest);
}

function timeOf(timeMs: unknown): string {
	const date = new Date(timeMs as number);
	return Number.isNaN(date.getTime()) ? "--:--:--.---" : date.toISOString().slice(11, 23);
}
