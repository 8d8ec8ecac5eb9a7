import { bar } from "./bar.ts";
import { breakerChanges } from "./breaker-change.ts";
import { notesOf, type Piece } from "./note.ts";
import { isTrouble, lookOf, type Style } from "./outcome.ts";
import { joinPieces, type Paint } from "./paint.ts";
import { duration } from "./quantity.ts";
import type { Row } from "./row.ts";
import { textOf } from "./span.ts";
import { columnsOf, padStart, truncate } from "./text.ts";

/** A row with its branches, its message decided; the columns are not known yet. */
export interface Line {
	readonly row: Row;
	readonly branch: string;
	/** What stands in front of the message below the row. */
	readonly stem: string;
	readonly time: string;
	readonly notes: readonly Piece[];
	/** What is told below the row: an error's message, changes of circuit breakers. */
	readonly messages: readonly Piece[];
}

interface Columns {
	/** Most columns that branches may take. */
	readonly branch: number;
	readonly name: number;
	readonly bar: number;
	readonly time: number;
	readonly notes: number;
}

const gap = "  ";
const fewestNameColumns = 14;
const fewestBarColumns = 10;
const mostBarColumns = 64;

/** Lines of the rows below a root, in reading order; an error's message is told once, at the innermost span that has it. */
export function linesBelow(row: Row, stem: string, said: Set<string>): Line[] {
	return row.children.flatMap((child, index) => {
		const isLast = index === row.children.length - 1;
		const below = stem + (isLast ? "   " : "│  ");
		const children = linesBelow(child, below, said);
		const startMs = Math.min(...child.nodes.map((node) => node.startMs));
		const endMs = Math.max(...child.nodes.map((node) => node.endMs));
		const line: Line = {
			row: child,
			branch: `${stem}${isLast ? "└─ " : "├─ "}`,
			stem: below + (children.length > 0 ? "│ " : "  "),
			time: duration(endMs - startMs),
			notes: notesOf(child),
			messages: messagesOf(child, said),
		};
		return [line, ...children];
	});
}

/** The error's message of a row, unless a row below or before has told it, and what its calls did to circuit breakers. */
export function messagesOf({ nodes }: Row, said: Set<string>): readonly Piece[] {
	const changes = breakerChanges(nodes.map(({ span }) => span));
	const message = nodes.find(({ error }) => error?.message !== undefined)?.error?.message;
	if (message === undefined || said.has(message)) return changes;
	said.add(message);
	return [{ text: message, style: "red" }, ...changes];
}

/** Draws the lines as columns: name, bar, duration, notes. */
export function drawLines(
	lines: readonly Line[],
	scale: readonly [fromMs: number, toMs: number],
	width: number,
	paint: Paint,
): string[] {
	const columns = fitColumns(lines, width);
	return lines.flatMap((line) => {
		const { nodes } = line.row;
		const [node] = nodes;
		const intervals = nodes.map(({ startMs, endMs, firstItemMs }) => ({ startMs, endMs, flowMs: firstItemMs }));
		const drawn = bar(intervals, ...scale, columns.bar);
		const notes = columns.notes > 0 ? joinPieces(line.notes, gap, columns.notes, paint) : "";
		const text = [
			nameCell(line, columns, paint),
			paint(drawn, barStyle(line.row)),
			paint(padStart(line.time, columns.time), node.role === "other" ? "dim" : undefined),
			notes,
		].join(gap);
		const stem = shorten(line.stem, columns.branch + 2);
		return [text.trimEnd(), ...line.messages.map((message) => drawMessage(stem, message, width, paint))];
	});
}

export function drawMessage(stem: string, { text, style }: Piece, width: number, paint: Paint): string {
	return paint(stem, "dim") + paint(truncate(text, width - columnsOf(stem)), style);
}

function nameCell({ row, branch }: Line, columns: Columns, paint: Paint): string {
	const [node] = row.nodes;
	const look = lookOf(node.outcome);
	const stem = shorten(branch, columns.branch);
	const suffix = row.nodes.length > 1 ? ` ×${row.nodes.length}` : "";
	const room = columns.name - columnsOf(stem) - 2 - columnsOf(suffix);
	const name = truncate(node.label, room);
	const style: Style | undefined = node.role === "other" ? "dim" : node.role === "run" ? "bold" : undefined;
	const filler = " ".repeat(Math.max(0, room - columnsOf(name)));
	return `${paint(stem, "dim")}${paint(look.glyph, look.style)} ${paint(name, style)}${paint(suffix, "dim")}${filler}`;
}

/** A deep tree must leave room for names: the outer branches give way. */
function shorten(stem: string, columns: number): string {
	return stem.length <= columns ? stem : `⋯${stem.slice(stem.length - Math.max(3, columns - 1))}`;
}

function fitColumns(lines: readonly Line[], width: number): Columns {
	const widest = (measure: (line: Line) => number): number => Math.max(0, ...lines.map(measure));
	const time = widest((line) => columnsOf(line.time));
	const names = widest(({ row, branch }) => {
		const suffix = row.nodes.length > 1 ? ` ×${row.nodes.length}` : "";
		return columnsOf(branch) + 2 + columnsOf(row.nodes[0].label) + columnsOf(suffix);
	});
	const allNotes = widest((line) => columnsOf(line.notes.map(({ text }) => text).join(gap)));
	const name = Math.min(names, Math.max(fewestNameColumns + 3, Math.floor(width * 0.4)));
	const rest = width - name - time - gap.length * 2;
	const notesGap = allNotes > 0 ? gap.length : 0;
	const fewest = Math.max(fewestBarColumns, Math.floor(width * 0.24));
	const bar = Math.min(mostBarColumns, Math.max(fewest, rest - notesGap - allNotes));
	const fits = Math.min(bar, Math.max(fewestBarColumns, rest));
	return {
		// Only a cut name column cuts branches: else every name has its room already.
		branch: names > name ? name - fewestNameColumns : Number.POSITIVE_INFINITY,
		name,
		bar: fits,
		time,
		notes: Math.min(allNotes, Math.max(0, rest - notesGap - fits)),
	};
}

const kindStyles: Readonly<Record<string, Style>> = {
	model: "magenta",
	agent: "magenta",
	retrieval: "blue",
	tool: "yellow",
};

function barStyle({ nodes: [node] }: Row): Style | readonly Style[] {
	if (isTrouble(node.outcome)) return "red";
	if (node.role === "other" || node.outcome === "skipped") return "gray";
	if (node.outcome !== "ok" && node.outcome !== "unknown") return lookOf(node.outcome).style;
	return kindStyles[textOf(node.span, "stage.kind") ?? ""] ?? "cyan";
}
