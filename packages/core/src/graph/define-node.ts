import type { Context } from "@opentelemetry/api";
import type { Call, Definition } from "../call.ts";
import { withMeter } from "../middleware/cost.ts";
import { compose, describeLayer, type Middleware } from "../middleware.ts";
import { isObserving, observing } from "../observing.ts";
import type { Pipeline } from "../pipeline.ts";
import { prepare } from "../prepare.ts";
import { innerRunnerOf } from "../runner/inner-runner.ts";
import type { Current } from "../scope.ts";
import { callThrough } from "../wrap/stage.ts";
import type { GraphNode, NodeOptions } from "./graph.ts";
import type { LaidNode } from "./layout.ts";
import { guardNode } from "./node-guard.ts";

type Run = (state: unknown, ctx: Current) => unknown;

/** A node ready to be called. */
export interface DefinedNode {
	readonly definition: Definition;
	readonly laid: LaidNode;
	/** Calls the node within the run whose context is given. */
	enter(call: Call, context: Context): unknown;
}

/** Watches a node on the run's behalf where the first layer does not. */
const reporting = observing("report", () => []);
const observes = (middleware: Middleware): boolean => describeLayer(middleware).observes;

/** Composes the layers around a node once: those of the pipeline, of the graph, and the node's own. */
export function defineNode(
	pipeline: Pipeline,
	use: readonly Middleware[],
	middleware: readonly Middleware[],
	laid: LaidNode,
): DefinedNode {
	const { run, functionName, options } = workOf(laid.node);
	const guard = guardNode(laid.name, laid.edges.length === 0);
	const watched = use[0] !== undefined && isObserving(use[0]) ? use : [reporting, ...use];
	const outer = watched.findLastIndex(observes) + 1;
	const inner = withMeter([...watched, ...middleware, ...(options.use ?? [])], options).slice(outer);
	// Layers that call the node more than once hear of each call's end, even of one that heeds no signal.
	const innermost = inner.every(observes) ? [] : [guard];
	const layers = [...watched.slice(0, outer), guard, ...inner, ...innermost];
	const definition: Definition = Object.freeze({
		kind: options.kind ?? "stage",
		name: laid.name,
		pipeline,
		// In `{ run: ... }` it only has the name of its place.
		...(functionName && functionName !== "run" && { functionName }),
		...(options.provider !== undefined && { provider: options.provider }),
		...(options.usage !== undefined && { usage: options.usage }),
		isAsync: true,
		bornAtZero: true,
		// Whatever the node gives, the guard makes a promise of its own of it.
		givesFreshPromises: watched.slice(0, outer).every(observes),
	});
	prepare(layers, definition);
	const handler = compose(
		layers,
		callThrough((scope) => run(scope.call.input[0], scope)),
	);

	return {
		definition,
		laid,
		enter(call, context) {
			// Not asked for again: after an await it may not be the active one any more.
			call.scope.callerContext = context;
			return handler(call);
		},
	};
}

function workOf(node: GraphNode<unknown, unknown>): {
	readonly run: Run;
	readonly functionName?: string;
	readonly options: Partial<NodeOptions<unknown>>;
} {
	if (typeof node === "function") return { run: node, functionName: node.name, options: {} };
	const inner = innerRunnerOf(node);
	if (inner !== undefined) return { run: inner.runWithin, options: {} };
	const options = node as NodeOptions<unknown>;
	return { run: options.run, functionName: options.run.name, options };
}
