import {
	abandonedNote,
	attemptNote,
	costNote,
	itemNote,
	outcomeNote,
	type Piece,
	tokenNote,
	wastedNote,
} from "./note.ts";
import { lookOf } from "./outcome.ts";
import { duration } from "./quantity.ts";
import { textOf } from "./span.ts";
import type { SpanNode } from "./span-tree.ts";
import { oneLine } from "./text.ts";
import { ownWaste, totalCost, totalTokens } from "./totals.ts";

const idLength = 8;

/** What the first line of a tree says: on the left how it went, on the right how to find it elsewhere. */
export function headerOf(root: SpanNode): { readonly left: readonly Piece[]; readonly right: readonly Piece[] } {
	const { span, outcome } = root;
	const pipeline = textOf(span, "pipeline.name");
	const left: (Piece | undefined)[] = [
		{ text: `${lookOf(outcome).glyph} ${root.label}`, style: ["bold", lookOf(outcome).style] },
		root.role !== "run" && pipeline !== undefined ? { text: `stage of ${oneLine(pipeline)}`, style: "dim" } : undefined,
		...outcomeNote(root),
		{ text: duration(root.endMs - root.startMs), style: "bold" },
		...abandonedNote([root]),
		...attemptNote([root]),
		...tokenNote(totalTokens(root)),
		...costNote(totalCost(root)),
		...wastedNote(ownWaste(root)),
		...itemNote([root]),
		identity(root, "user"),
		identity(root, "session"),
	];
	const runId = textOf(span, "pipeline.run.id");
	const right: (Piece | undefined)[] = [
		runId === undefined ? undefined : { text: `run ${shortId(runId)}`, style: "dim" },
		{ text: `trace ${shortId(span.spanContext().traceId)}`, style: "dim" },
	];
	return { left: left.filter((piece) => piece !== undefined), right: right.filter((piece) => piece !== undefined) };
}

function identity({ span }: SpanNode, who: "user" | "session"): Piece | undefined {
	const id = textOf(span, `${who}.id`);
	if (id === undefined) return undefined;
	const shown = oneLine(id);
	// "user user-7" says it twice.
	return { text: shown.toLowerCase().startsWith(who) ? shown : `${who} ${shown}`, style: "cyan" };
}

function shortId(id: string): string {
	return oneLine(id).slice(0, idLength);
}
