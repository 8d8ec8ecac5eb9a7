import { isTrouble } from "./outcome.ts";
import type { SpanNode } from "./span-tree.ts";

/** A line to be: one span, or several alike siblings. */
export interface Row {
	readonly nodes: readonly [SpanNode, ...SpanNode[]];
	readonly children: readonly Row[];
	/** Spans below that have no line of their own. */
	readonly hidden: number;
}

const fewestAlike = 3;

/** Brings a tree down to so many lines: all of it if it fits, else alike siblings as one, else the lines that tell most. */
export function arrange(root: SpanNode, maxRows: number): Row {
	const full = single(root);
	if (linesOf(full) <= maxRows) return full;
	const grouped = group([root])[0] as Row;
	return linesOf(grouped) <= maxRows ? grouped : choose(grouped, maxRows);
}

function single(node: SpanNode): Row {
	return { nodes: [node], children: node.children.map(single), hidden: 0 };
}

function linesOf(row: Row): number {
	return row.children.reduce((sum, child) => sum + linesOf(child), 1);
}

/** Siblings of one name and one outcome become one row; below it their children are taken together in the same way. */
function group(nodes: readonly SpanNode[]): Row[] {
	const alike = new Map<string, SpanNode[]>();
	for (const node of nodes) {
		const key = JSON.stringify([node.role, node.label, node.outcome]);
		const same = alike.get(key);
		if (same === undefined) alike.set(key, [node]);
		else same.push(node);
	}
	return [...alike.values()]
		.flatMap((same) => (same.length < fewestAlike ? same.map((node) => [node]) : [same]))
		.map((same) => ({
			nodes: same as [SpanNode, ...SpanNode[]],
			children: group(same.flatMap((node) => node.children)),
			hidden: 0,
		}))
		.sort((a, b) => a.nodes[0].startMs - b.nodes[0].startMs);
}

/** Keeps the paths to trouble first, then what is near the root, then what took long. */
function choose(root: Row, maxRows: number): Row {
	const candidates: { row: Row; depth: number; trouble: boolean; lengthMs: number }[] = [];
	const visit = (row: Row, depth: number): boolean => {
		const own = { row, depth, trouble: row.nodes.some((node) => isTrouble(node.outcome)), lengthMs: lengthOf(row) };
		candidates.push(own);
		for (const child of row.children) own.trouble = visit(child, depth + 1) || own.trouble;
		return own.trouble;
	};
	visit(root, 0);
	candidates.sort((a, b) => Number(b.trouble) - Number(a.trouble) || a.depth - b.depth || b.lengthMs - a.lengthMs);
	const kept = new Set([root, ...candidates.slice(0, maxRows).map(({ row }) => row)]);
	const prune = (row: Row): Row => {
		const shown = row.children.filter((child) => kept.has(child));
		const hidden = row.children.reduce((sum, child) => sum + (kept.has(child) ? 0 : spansOf(child)), 0);
		return { nodes: row.nodes, children: shown.map(prune), hidden };
	};
	return prune(root);
}

function lengthOf({ nodes }: Row): number {
	return Math.max(...nodes.map((node) => node.endMs)) - Math.min(...nodes.map((node) => node.startMs));
}

function spansOf(row: Row): number {
	return row.children.reduce((sum, child) => sum + spansOf(child), row.nodes.length);
}
