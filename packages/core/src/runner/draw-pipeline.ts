import type { Drawing, DrawnNode } from "./mermaid.ts";
import type { StageNode } from "./stage-node.ts";

/** What can be drawn inside something else. */
export interface Drawn {
	readonly drawing: Drawing;
}

/** A pipeline as boxes and arrows. */
export function drawingOf(nodes: readonly StageNode[]): Drawing {
	return {
		nodes: nodes.map(drawnNode),
		edges: nodes.flatMap(({ name, after, when }) =>
			after.map((number) => ({
				from: (nodes[number] as StageNode).name,
				to: name,
				...(when !== undefined && { isConditional: true }),
			})),
		),
	};
}

function drawnNode({ name, kind, items, itemConcurrency, when, inner }: StageNode): DrawnNode {
	const notes: string[] = [];
	if (items !== undefined)
		notes.push(itemConcurrency === Infinity ? "for each item" : `for each item, ${itemConcurrency} at once`);
	if (when !== undefined) notes.push("on a condition");
	return { name, kind, notes, ...(inner !== undefined && { inside: inner.drawing }) };
}
