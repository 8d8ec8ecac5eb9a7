import type { RunOptions, StageOptions } from "../light.ts";
import type { Middleware } from "../middleware.ts";
import type { Outcome } from "../outcome.ts";
import type { RunReport, StageReport } from "../runner/report.ts";
import type { AnyPipeline } from "../runner/runnable-pipeline.ts";
import type { Current } from "../scope.ts";

/** What a node gives: the next state, now or later, as `await` takes it; one that no edge leads on from may give a stream. */
type Given<State, Item> = State | PromiseLike<State | AsyncIterable<Item>> | AsyncIterable<Item>;

/** The work of a node: takes the state, gives the next one. */
// What nodes take decides what the state is; what they give is held against it.
export type NodeFunction<State, Item = never> = (state: State, ctx: Current) => Given<NoInfer<State>, Item>;

/** A node that is more than its function. */
export interface NodeOptions<State, Item = never> extends StageOptions {
	readonly run: NodeFunction<State, Item>;
}

/** A node: a function, a function with options, or a whole graph, which is a run of its own in the same trace. */
export type GraphNode<State, Item = never> =
	| NodeFunction<State, Item>
	| NodeOptions<State, Item>
	| NestedGraph<State, Item>;

declare const types: unique symbol;

/** What is known of any graph: its state, and what its stream gives. */
// Without `run`: an object of that name could otherwise not be told from a node, and its function would have no types.
export interface NestedGraph<State, Item = never> {
	readonly [types]?: { readonly state: (state: State) => State; readonly item: Item };
	/** Draws the graph as a Mermaid flowchart. */
	toMermaid(direction?: "TD" | "LR"): string;
}

/** A way on from a node; of all from one node, the first listed whose condition holds is taken. */
export type GraphEdge<State, Name extends string = string> = NamedEdge<State, Name> | ChosenEdge<State, Name>;

/** An edge to one node. */
export interface NamedEdge<State, Name extends string = string> {
	readonly from: Name;
	readonly to: Name;
	/** Asked with the state that the node gave; without it the edge is always open. Its name labels the drawing. */
	readonly when?: (state: State, ctx: Current) => boolean;
}

/** An edge whose function names the next node; undefined leaves the choice to the edges that follow. */
export interface ChosenEdge<State, Name extends string = string> {
	readonly from: Name;
	readonly to: (state: State, ctx: Current) => Name | undefined;
	/** The nodes that it may name: for the drawing, and to find nodes that nothing leads to. @default all */
	readonly targets?: readonly Name[];
	readonly when?: (state: State, ctx: Current) => boolean;
}

/** Options of `light.graph`. */
export interface GraphOptions<State, Name extends string = string, Item = never> {
	// Written out: through `Readonly<Record>` one node would not know what another says of the state.
	readonly nodes: { readonly [Key in Name]: GraphNode<State, Item> };
	/** Tried in this order. A node that none leads on from ends the graph. */
	readonly edges: readonly GraphEdge<NoInfer<State>, NoInfer<Name>>[];
	/** The node that is run first. */
	readonly entry: NoInfer<Name>;
	/** Layers around every node, inside those of the pipeline and outside the node's own, outermost first. @default none */
	readonly middleware?: readonly Middleware[];
	/** How many nodes one run may call; a graph that wants to go on then fails. @default 100 */
	readonly maxSteps?: number;
	/** Gives a run up after so many milliseconds. @default never */
	readonly timeoutMs?: number;
	/** How many runs may stand within each other, this one included. @default 16 */
	readonly maxNesting?: number;
}

/** How one run of a graph begins, and when it is given up. */
export interface GraphRunOptions extends RunOptions {
	/** Gives the run up after so many milliseconds. @default never */
	readonly timeoutMs?: number;
}

/** What a graph ends with: the last state, or the items of the stream that its last node gave. */
export type GraphOutput<State, Item = never> = [Item] extends [never] ? State : State | Item[];

/** How a run of a graph went: one report for each step, and last the node at which a run that was stopped would have gone on. */
export interface GraphReport extends RunReport {}

/** A run that came to the end of the graph. */
export interface GraphCompleted<State, Item = never> {
	readonly outcome: "ok";
	readonly output: GraphOutput<State, Item>;
	readonly report: GraphReport;
	/** The output. */
	outputOrThrow(): GraphOutput<State, Item>;
}

/** A run that did not. */
export interface GraphStopped<State> {
	readonly outcome: Exclude<Outcome, "ok">;
	/** What stopped it, as it was thrown. */
	readonly error: unknown;
	/** How far it came: the last state a node gave, or the first. */
	readonly state: State;
	readonly report: GraphReport;
	/** Throws the error. */
	outputOrThrow(): never;
}

/** How a run of a graph went. */
export type GraphResult<State, Item = never> = GraphCompleted<State, Item> | GraphStopped<State>;

/** One step of a run, as it ended. */
export interface GraphStep<State, Item = never, Name extends string = string> {
	readonly node: Name;
	/** The state after the step; after one that failed, the state before it. */
	readonly state: GraphOutput<State, Item>;
	readonly report: StageReport;
}

/** The steps of a run, each as it ends; the next one begins when it is asked for. */
export interface GraphStream<State, Item = never, Name extends string = string>
	extends AsyncIterableIterator<GraphStep<State, Item, Name>> {
	/** How the run went; never rejects. Read before the first step it lets the run go on without anybody asking. */
	readonly result: Promise<GraphResult<State, Item>>;
	/** Cancels the run. */
	return(): Promise<IteratorResult<GraphStep<State, Item, Name>>>;
	[Symbol.asyncDispose](): Promise<void>;
}

/** Nodes, and the ways between them. */
export interface Graph<State, Item = never, Name extends string = string>
	extends NestedGraph<State, Item>,
		AnyPipeline<State, GraphOutput<State, Item>> {
	/**
	 * Runs the graph from its entry until a node from which nothing leads on. It does not reject for a node that fails:
	 * the result tells.
	 *
	 * **Emits** a run with one stage for each step, linked to the one before.
	 * **Throws** TypeError or RangeError for options that cannot be, and nothing else.
	 */
	run(state: State, options?: GraphRunOptions): Promise<GraphResult<State, Item>>;
	/**
	 * Runs the graph step by step: each is handed out as it ends, and the next begins when it is asked for. Leaving the
	 * loop cancels the run; a run that fails throws its error in the loop, after its last step.
	 */
	stream(state: State, options?: GraphRunOptions): GraphStream<State, Item, Name>;
	/** Draws the graph as a Mermaid flowchart. */
	toMermaid(direction?: "TD" | "LR"): string;
}
