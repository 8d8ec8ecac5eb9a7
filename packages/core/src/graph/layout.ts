import { stageKinds } from "../call.ts";
import { knownOptions, middlewareList, nonEmptyName, oneOf, optionalFunction, refuse, show } from "../option.ts";
import { innerRunnerOf } from "../runner/inner-runner.ts";
import type { ChosenEdge, GraphNode, NamedEdge, NodeFunction, NodeOptions } from "./graph.ts";

// biome-ignore lint/suspicious/noExplicitAny: a graph may have any state
type Anything = any;

/** A node with its ways on. */
export interface LaidNode {
	readonly name: string;
	readonly node: GraphNode<Anything, Anything>;
	readonly edges: readonly LaidEdge[];
}

/** An edge of either form. */
export interface LaidEdge {
	readonly to: string | ChosenEdge<Anything>["to"];
	readonly targets: readonly string[] | undefined;
	readonly when: NamedEdge<Anything>["when"] | undefined;
	/** How errors name it. */
	readonly shown: string;
}

const shownNames = 20;

/** Checks that nodes and edges make a graph, and lays each node beside its edges. */
export function layOut(nodes: unknown, edges: unknown, entry: unknown): ReadonlyMap<string, LaidNode> {
	const laid = layNodes(nodes);
	knownNode("graph: entry", entry, laid);
	if (!Array.isArray(edges)) refuse(TypeError, "graph: edges", "an array", edges);
	for (const [index, edge] of edges.entries()) {
		const { from, ...checked } = checkEdge(`graph: edges[${index}]`, edge, laid);
		const before = laid.get(from)?.edges as LaidEdge[];
		const hiding = before.find((other) => hides(other, checked));
		if (hiding !== undefined) {
			throw new RangeError(`graph: edges[${index}] ${checked.shown} is never taken: ${hiding.shown} stands before it`);
		}
		before.push(checked);
	}
	refuseUnreachable(laid, entry as string);
	return laid;
}

function layNodes(nodes: unknown): Map<string, LaidNode> {
	if (nodes === null || typeof nodes !== "object" || Array.isArray(nodes)) {
		refuse(TypeError, "graph: nodes", "an object of nodes by name", nodes);
	}
	const laid = new Map<string, LaidNode>();
	for (const [name, node] of Object.entries(nodes)) {
		nonEmptyName("graph: name of a node", name);
		checkNode(`graph: nodes.${name}`, node);
		laid.set(name, { name, node, edges: [] });
	}
	if (laid.size === 0) throw new RangeError("graph: nodes must hold at least one node, got none");
	return laid;
}

function checkNode(where: string, node: unknown): void {
	if (typeof node === "function") return;
	if (node === null || typeof node !== "object") refuse(TypeError, where, "a function, or an object with run", node);
	if (innerRunnerOf(node) !== undefined) return;
	knownOptions(where, node, ["run", "use", "kind", "provider", "usage"]);
	const { run, use, kind, provider, usage } = node as Partial<NodeOptions<unknown>>;
	if (typeof run !== "function") refuse(TypeError, `${where}.run`, "a function", run);
	if (use !== undefined) middlewareList(`${where}.use`, use);
	if (kind !== undefined) oneOf(`${where}.kind`, kind, stageKinds);
	if (provider !== undefined) nonEmptyName(`${where}.provider`, provider);
	optionalFunction(`${where}.usage`, usage);
}

function checkEdge(
	where: string,
	edge: unknown,
	laid: ReadonlyMap<string, LaidNode>,
): LaidEdge & { readonly from: string } {
	knownOptions(where, edge, ["from", "to", "when", "targets"]);
	if (edge === undefined) refuse(TypeError, where, "an object with from and to", edge);
	const { from, to, when, targets } = edge as Partial<ChosenEdge<unknown> & NamedEdge<unknown>>;
	const start = knownNode(`${where}.from`, from, laid);
	if (when !== undefined && typeof when !== "function") refuse(TypeError, `${where}.when`, "a function", when);
	if (typeof to !== "function") {
		const shown = `${start} > ${knownNode(`${where}.to`, to, laid)}`;
		if (targets !== undefined) throw new TypeError(`${where}.targets belongs to an edge whose to is a function`);
		return { from: start, to: to as unknown as string, targets: undefined, when, shown };
	}
	if (targets !== undefined) {
		if (!Array.isArray(targets)) refuse(TypeError, `${where}.targets`, "an array of names", targets);
		for (const [index, target] of targets.entries()) knownNode(`${where}.targets[${index}]`, target, laid);
	}
	const name = (to as NodeFunction<unknown>).name;
	return { from: start, to, targets, when, shown: `${start} > ${name && name !== "to" ? name : "a choice"}` };
}

function knownNode(where: string, name: unknown, laid: ReadonlyMap<string, LaidNode>): string {
	if (typeof name === "string" && laid.has(name)) return name;
	const names = [...laid.keys()];
	const known = names.length > shownNames ? `${names.slice(0, shownNames).join(", ")} …` : names.join(", ");
	throw new (typeof name === "string" ? RangeError : TypeError)(
		`${where} must be a node (${known}), got ${show(name)}`,
	);
}

/** True where an edge leaves nothing to a later one: it is always open, or it is the same. */
function hides(edge: LaidEdge, later: LaidEdge): boolean {
	if (typeof edge.to === "string" && edge.when === undefined) return true;
	return edge.to === later.to && edge.when === later.when;
}

function refuseUnreachable(laid: ReadonlyMap<string, LaidNode>, entry: string): void {
	const reached = new Set([entry]);
	for (const name of reached) {
		for (const { to, targets } of laid.get(name)?.edges ?? []) {
			if (typeof to === "string") reached.add(to);
			else if (targets === undefined) return;
			else for (const target of targets) reached.add(target);
		}
	}
	const lost = [...laid.keys()].filter((name) => !reached.has(name));
	if (lost.length > 0) {
		throw new RangeError(`graph: nothing leads from ${entry} to ${lost.slice(0, shownNames).join(", ")}`);
	}
}
