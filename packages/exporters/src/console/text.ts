import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";

const graphemes = new Intl.Segmenter();
const invisible = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]+/gu;

/** One plain line: names and messages come from anywhere, and must not move the cursor or reorder the row. */
export function oneLine(text: string): string {
	return stripVTControlCharacters(text).replace(invisible, " ").replace(/\s+/gu, " ").trim();
}

/** Cuts a text to so many columns, an ellipsis in place of what is gone. */
export function truncate(text: string, columns: number): string {
	if (stringWidth(text) <= columns) return text;
	if (columns < 1) return "";
	let kept = "";
	let used = 0;
	for (const { segment } of graphemes.segment(text)) {
		const width = stringWidth(segment);
		if (used + width > columns - 1) break;
		kept += segment;
		used += width;
	}
	return `${kept.trimEnd()}…`;
}

export function columnsOf(text: string): number {
	return stringWidth(text);
}

export function padStart(text: string, columns: number): string {
	return " ".repeat(Math.max(0, columns - stringWidth(text))) + text;
}
