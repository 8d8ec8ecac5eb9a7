import { innerRunnerOf } from "../runner/inner-runner.ts";
import type { Drawing, DrawnEdge, DrawnNode } from "../runner/mermaid.ts";
import type { NodeOptions } from "./graph.ts";
import type { LaidEdge, LaidNode } from "./layout.ts";

/** A graph as boxes and arrows: a circle leads to its entry, and another stands where it may end. */
export function drawingOf(laid: ReadonlyMap<string, LaidNode>, entry: string): Drawing {
	const [start, end] = [freeName("start", laid), freeName("end", laid)];
	const nodes: DrawnNode[] = [{ name: start, kind: "entry" }];
	const edges: DrawnEdge[] = [{ from: start, to: entry }];
	let ends = false;
	for (const { name, node, edges: ways } of laid.values()) {
		const inside = innerRunnerOf(node)?.drawing;
		const { kind } = node as Partial<NodeOptions<unknown>>;
		nodes.push({ name, ...(kind !== undefined && { kind }), ...(inside && { inside }) });
		for (const way of ways) edges.push(...arrows(name, way, laid));
		if (ways.some(isAlwaysOpen)) continue;
		ends = true;
		edges.push({ from: name, to: end, isConditional: ways.length > 0 });
	}
	if (ends) nodes.push({ name: end, kind: "end" });
	return { nodes, edges };
}

function arrows(from: string, edge: LaidEdge, laid: ReadonlyMap<string, LaidNode>): DrawnEdge[] {
	const label = labelOf(edge);
	const targets = typeof edge.to === "string" ? [edge.to] : (edge.targets ?? [...laid.keys()]);
	return targets.map((to) => ({ from, to, ...(label && { label }), isConditional: !isAlwaysOpen(edge) }));
}

/** The names of the functions, where they were given one beside that of their place. */
function labelOf({ to, when }: LaidEdge): string {
	const named = [when?.name === "when" ? "" : when?.name, typeof to === "string" || to.name === "to" ? "" : to.name];
	return named.filter(Boolean).join(", ");
}

function isAlwaysOpen({ to, when }: LaidEdge): boolean {
	return typeof to === "string" && when === undefined;
}

function freeName(wanted: string, laid: ReadonlyMap<string, LaidNode>): string {
	let name = wanted;
	while (laid.has(name)) name += " ";
	return name;
}
