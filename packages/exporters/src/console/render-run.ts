import { headerOf } from "./header.ts";
import { drawLines, drawMessage, linesBelow, messagesOf } from "./line.ts";
import { joinPieces, type Paint, paintOf } from "./paint.ts";
import { plural } from "./quantity.ts";
import { arrange } from "./row.ts";
import type { ConsoleSpan } from "./span.ts";
import { type SpanNode, spanTrees } from "./span-tree.ts";
import { columnsOf } from "./text.ts";

/** How a run is drawn. */
export interface RenderOptions {
	/** Columns of the widest line. @default 100 */
	readonly width?: number | undefined;
	/** @default false */
	readonly colors?: boolean | undefined;
	/** Most rows of one tree; alike siblings are then shown as one, and the rest is counted. @default 40 */
	readonly maxRows?: number | undefined;
	/** Where the bars of spans that have not ended end, in milliseconds since 1970. @default the last end of any span */
	readonly nowMs?: number | undefined;
	/** Spans of this run that were not kept, to be said below the tree. @default 0 */
	readonly missing?: number | undefined;
}

/**
 * Draws a finished run as text: a line for the run, and below it a row with a bar for each span.
 *
 * @example process.stderr.write(renderRun(spans, { width: 120, colors: true }));
 */
export function renderRun(spans: readonly ConsoleSpan[], options: RenderOptions = {}): string {
	const { width = 100, colors = false, maxRows = 40, missing = 0 } = options;
	const paint = paintOf(colors);
	const nowMs = options.nowMs ?? Math.max(0, ...spans.map(latestMs));
	const trees = spanTrees(spans, nowMs).map((root) => drawTree(root, width, maxRows, paint));
	const rest = missing > 0 ? [`${paint(`⋯ ${plural(missing, "more span")} of this run not kept`, "dim")}\n`] : [];
	return [...trees, ...rest].join("");
}

function latestMs({ ended, startTime, endTime }: ConsoleSpan): number {
	const [seconds, nanoseconds] = ended ? endTime : startTime;
	return seconds * 1000 + nanoseconds / 1e6;
}

function drawTree(root: SpanNode, width: number, maxRows: number, paint: Paint): string {
	const top = arrange(root, maxRows);
	const said = new Set<string>();
	const lines = linesBelow(top, "", said);
	const messages = messagesOf(top, said);
	const stem = lines.length > 0 ? "│ " : "  ";
	return [
		...drawHeader(root, stem, width, paint),
		...messages.map((message) => drawMessage(stem, message, width, paint)),
		...drawLines(lines, extent(root), width, paint),
		...(top.hidden > 0 ? [paint(`⋯ ${plural(top.hidden, "more span")}`, "dim")] : []),
		"",
	].join("\n");
}

function drawHeader(root: SpanNode, stem: string, width: number, paint: Paint): string[] {
	const { left, right } = headerOf(root);
	const shown = joinPieces(left, " · ", width, paint);
	const ids = joinPieces(right, "  ", width, paint);
	const room = width - columnsOf(shown) - columnsOf(ids);
	return room >= 3 ? [shown + " ".repeat(room) + ids] : [shown, paint(stem, "dim") + ids];
}

/** From the first start to the last end: a child may outlast the run, or (a remote clock) begin before it. */
function extent(node: SpanNode): [fromMs: number, toMs: number] {
	return node.children
		.map(extent)
		.reduce<[number, number]>(
			([from, to], [childFrom, childTo]) => [Math.min(from, childFrom), Math.max(to, childTo)],
			[node.startMs, node.endMs],
		);
}
