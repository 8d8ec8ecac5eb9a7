import { isError } from "../is-error.ts";
import { show } from "../option.ts";
import type { Current } from "../scope.ts";
import { isThenable } from "../thenable.ts";
import { EdgeError } from "./graph-error.ts";
import type { LaidEdge, LaidNode } from "./layout.ts";

/** The node that comes after one, by the first of its edges that is open; undefined where the graph ends. */
export function nextNode(
	laid: ReadonlyMap<string, LaidNode>,
	{ name, edges }: LaidNode,
	state: unknown,
	ctx: Current,
): string | undefined {
	for (const edge of edges) {
		if (edge.when !== undefined && !isOpen(name, edge, state, ctx)) continue;
		if (typeof edge.to === "string") return edge.to;
		const chosen = chooses(name, edge, state, ctx);
		if (chosen === undefined) continue;
		const isKnown = edge.targets === undefined ? laid.has(chosen) : edge.targets.includes(chosen);
		if (!isKnown) {
			const allowed = edge.targets === undefined ? "a node" : `one of ${edge.targets.join(", ")}`;
			throw new EdgeError(name, edge.shown, `to must return ${allowed} or undefined, got ${show(chosen)}`);
		}
		return chosen;
	}
	return undefined;
}

function isOpen(from: string, edge: LaidEdge, state: unknown, ctx: Current): boolean {
	const answer: unknown = asked(from, edge, ctx, "when", () => edge.when?.(state, ctx));
	if (typeof answer === "boolean") return answer;
	throw unusable(from, edge, "when must return true or false", answer);
}

function chooses(from: string, edge: LaidEdge, state: unknown, ctx: Current): string | undefined {
	const answer: unknown = asked(from, edge, ctx, "to", () =>
		(edge.to as (state: unknown, ctx: Current) => unknown)(state, ctx),
	);
	if (answer === undefined || typeof answer === "string") return answer;
	throw unusable(from, edge, "to must return the name of a node or undefined", answer);
}

function asked(from: string, { shown }: LaidEdge, ctx: Current, member: "when" | "to", ask: () => unknown): unknown {
	try {
		return ask();
	} catch (cause) {
		// It gave up with the run.
		if (ctx.signal.aborted && cause === ctx.signal.reason) throw cause;
		throw new EdgeError(from, shown, `${member} threw ${described(cause)}`, { cause });
	}
}

/** A promise is always true, and whatever it is rejected with belongs to nobody. */
function unusable(from: string, { shown }: LaidEdge, expected: string, answer: unknown): EdgeError {
	if (isThenable(answer)) Promise.resolve(answer).catch(() => {});
	return new EdgeError(from, shown, `${expected}, got ${show(answer)}`);
}

function described(thrown: unknown): string {
	try {
		return isError(thrown) ? `${thrown.name}: ${thrown.message}` : show(thrown);
	} catch {
		return "an error that cannot be shown";
	}
}
