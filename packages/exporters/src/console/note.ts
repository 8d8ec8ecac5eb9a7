import { lookOf, type Style } from "./outcome.ts";
import { count, duration, money, plural } from "./quantity.ts";
import type { Row } from "./row.ts";
import { numberOf } from "./span.ts";
import type { SpanNode } from "./span-tree.ts";
import { oneLine } from "./text.ts";
import { ownCost, ownWaste, sum, sumTokens, type Tokens, totalTokens } from "./totals.ts";

/** A piece of text with its look; pieces are cut to the width before they are coloured. */
export interface Piece {
	readonly text: string;
	readonly style?: Style | readonly Style[] | undefined;
}

/** What a row tells after its duration, the most urgent first, since the end may be cut off. */
export function notesOf(row: Row): Piece[] {
	const [node] = row.nodes;
	return [
		...outcomeNote(node),
		...abandonedNote(row.nodes),
		...(row.nodes.length > 1 ? [piece(spread(row.nodes), "dim")] : []),
		...attemptNote(row.nodes),
		...wastedNote(sum(row.nodes.map(ownWaste))),
		...tokenNote(sumTokens(row.nodes.map(totalTokens))),
		...costNote(sum(row.nodes.map(ownCost))),
		...itemNote(row.nodes),
		...firstItemNote(row.nodes),
		...(node.role === "other" && row.nodes.length === 1 ? statusNote(node) : []),
		...(row.hidden > 0 ? [piece(`+${plural(row.hidden, "span")}`, "dim")] : []),
	];
}

function piece(text: string, style: Style): Piece {
	return { text, style };
}

/** Nothing for `ok`: the glyph says it. */
export function outcomeNote({ outcome, error }: SpanNode): Piece[] {
	if (outcome === "ok" || outcome === "unknown") return [];
	const word = outcome === "open" ? "still open" : outcome;
	// The class says more than the word "error" does; beside the other outcomes it may say something new.
	const type = error?.type === undefined || error.type === outcome || error.type === "_OTHER" ? undefined : error.type;
	if (outcome === "error") return [piece(type ?? word, "red")];
	return [piece(type === undefined ? word : `${word} (${type})`, lookOf(outcome).style)];
}

export function abandonedNote(nodes: readonly SpanNode[]): Piece[] {
	return nodes.some(({ span }) => span.attributes["stream.abandoned"] === true) ? [piece("abandoned", "yellow")] : [];
}

/** How alike siblings differ: one number would hide the slow one. */
function spread(nodes: readonly SpanNode[]): string {
	const lengths = nodes.map(({ startMs, endMs }) => endMs - startMs).sort((a, b) => a - b);
	return `median ${duration(lengths[Math.floor((lengths.length - 1) / 2)] ?? 0)}, max ${duration(lengths.at(-1) ?? 0)}`;
}

export function attemptNote(nodes: readonly SpanNode[]): Piece[] {
	const attempts = Math.max(...nodes.map((node) => node.children.filter(({ role }) => role === "attempt").length));
	return attempts > 1 ? [piece(`${nodes.length > 1 ? "up to " : ""}${attempts} attempts`, "yellow")] : [];
}

export function itemNote(nodes: readonly SpanNode[]): Piece[] {
	const items = sum(nodes.map(({ span }) => numberOf(span, "stream.item_count")));
	return items === undefined ? [] : [piece(`${count(items)} ${items === 1 ? "item" : "items"}`, "dim")];
}

function firstItemNote(nodes: readonly SpanNode[]): Piece[] {
	const [only, ...others] = nodes;
	const first =
		only === undefined || others.length > 0 ? undefined : numberOf(only.span, "stream.time_to_first_item_ms");
	return first === undefined ? [] : [piece(`first at ${duration(first)}`, "dim")];
}

export function tokenNote(tokens: Tokens | undefined): Piece[] {
	return tokens === undefined ? [] : [piece(`${count(tokens.input)}→${count(tokens.output)} tokens`, "dim")];
}

export function costNote(cost: number | undefined): Piece[] {
	return cost === undefined ? [] : [piece(money(cost), "yellow")];
}

export function wastedNote(cost: number | undefined): Piece[] {
	return cost === undefined ? [] : [piece(`${money(cost)} wasted`, "red")];
}

function statusNote({ span }: SpanNode): Piece[] {
	const status = span.attributes["http.response.status_code"];
	return status === undefined ? [] : [piece(oneLine(String(status)), "dim")];
}
