import type { StageKind } from "../call.ts";

/** One box of a drawing. */
export interface DrawnNode {
	readonly name: string;
	/** Decides the shape; `entry` and `end` are the circles of a graph. @default "stage" */
	readonly kind?: StageKind | "entry" | "end";
	/** Lines below the name: that it runs only under a condition, that it is called once for each item. */
	readonly notes?: readonly string[];
	/** What runs inside it, drawn as a frame around. */
	readonly inside?: Drawing;
}

/** One arrow of a drawing, between boxes known by their names. */
export interface DrawnEdge {
	readonly from: string;
	readonly to: string;
	readonly label?: string;
	/** Dotted: followed only under a condition. */
	readonly isConditional?: boolean;
}

/** A pipeline or a graph, as the thing to draw. */
export interface Drawing {
	readonly nodes: readonly DrawnNode[];
	readonly edges: readonly DrawnEdge[];
}

const shapes: Record<NonNullable<DrawnNode["kind"]>, readonly [open: string, close: string]> = {
	stage: ["[", "]"],
	model: ["([", "])"],
	tool: ["[[", "]]"],
	agent: ["{{", "}}"],
	retrieval: ["[(", ")]"],
	rpc: ["[/", "/]"],
	job: ["(", ")"],
	entry: ["((", "))"],
	end: ["((", "))"],
};

/** Draws boxes and arrows as a Mermaid flowchart; names may hold anything, they are escaped. */
export function drawMermaid(drawing: Drawing, direction: "TD" | "LR" = "TD"): string {
	const lines = [`flowchart ${direction}`];
	draw(drawing, "n", "  ", lines);
	return lines.join("\n");
}

function draw({ nodes, edges }: Drawing, prefix: string, indent: string, lines: string[]): void {
	const ids = new Map(nodes.map(({ name }, index) => [name, `${prefix}${index}`]));
	for (const node of nodes) drawNode(node, ids.get(node.name) as string, indent, lines);
	for (const { from, to, label, isConditional = false } of edges) {
		const [source, target] = [ids.get(from), ids.get(to)];
		if (source === undefined || target === undefined) continue;
		const text = label === undefined ? "" : `|"${escaped(label)}"|`;
		lines.push(`${indent}${source} ${isConditional ? "-.->" : "-->"}${text} ${target}`);
	}
}

function drawNode(
	{ name, kind = "stage", notes = [], inside }: DrawnNode,
	id: string,
	indent: string,
	lines: string[],
) {
	const label = `"${[name, ...notes].map(escaped).join("<br/>")}"`;
	if (inside === undefined) {
		const [open, close] = shapes[kind];
		lines.push(`${indent}${id}${open}${label}${close}`);
		return;
	}
	lines.push(`${indent}subgraph ${id}[${label}]`);
	draw(inside, `${id}_`, `${indent}  `, lines);
	lines.push(`${indent}end`);
}

/** As Mermaid wants it in quotes: what could end the text or be taken for markup becomes a character code. */
function escaped(text: string): string {
	return text.replace(/[^\p{L}\p{N} _.,:;!?+*=/()[\]{}'-]/gu, (character) => `#${character.codePointAt(0)};`);
}
