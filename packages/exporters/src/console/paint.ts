import { styleText } from "node:util";
import type { Piece } from "./note.ts";
import type { Style } from "./outcome.ts";
import { columnsOf, truncate } from "./text.ts";

/** Less than this of a cut text tells nothing. */
const fewestCut = 8;

export type Paint = (text: string, style?: Style | readonly Style[] | undefined) => string;

export function paintOf(colors: boolean): Paint {
	if (!colors) return (text) => text;
	return (text, style) =>
		style === undefined || text.trim() === "" ? text : styleText(style as Style[], text, { validateStream: false });
}

/** Joins the pieces that fit the width: the first may be cut, another stands whole or not at all. Colours do not count. */
export function joinPieces(pieces: readonly Piece[], separator: string, columns: number, paint: Paint): string {
	let text = "";
	let left = columns;
	for (const { text: own, style } of pieces) {
		const gap = text === "" ? "" : separator;
		const shown = text === "" && left >= fewestCut ? truncate(own, left) : own;
		if (columnsOf(gap) + columnsOf(shown) > left) continue;
		text += paint(gap, "dim") + paint(shown, style);
		left -= columnsOf(gap) + columnsOf(shown);
	}
	return text;
}
