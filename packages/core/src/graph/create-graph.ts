import { correlationOptions } from "../correlation.ts";
import type { RunOptions } from "../light.ts";
import type { Middleware } from "../middleware.ts";
import { knownOptions, middlewareList, milliseconds, positiveInteger } from "../option.ts";
import type { Pipeline } from "../pipeline.ts";
import { checkRun } from "../run.ts";
import { rememberRunner } from "../runner/inner-runner.ts";
import { drawMermaid } from "../runner/mermaid.ts";
import { defineNode } from "./define-node.ts";
import { drawingOf } from "./drawing.ts";
import type { Graph, GraphOptions, GraphRunOptions } from "./graph.ts";
import { layOut } from "./layout.ts";
import { type RunnableGraph, runGraph, runLayers } from "./run-graph.ts";
import { StepStream } from "./step-stream.ts";

const known = ["nodes", "edges", "entry", "middleware", "maxSteps", "maxNesting", "timeoutMs"];

/** Makes `light.graph`: checks a graph and composes its layers, before anything runs. */
export function createGraph(
	pipeline: Pipeline,
	use: readonly Middleware[],
	startRun: RunnableGraph["startRun"],
	// biome-ignore lint/suspicious/noExplicitAny: a graph may have any state
	options: GraphOptions<any, string, any>,
): Graph<unknown, unknown> {
	knownOptions("graph", options, known);
	const { nodes, edges, entry, middleware = [], maxSteps = 100, maxNesting = 16, timeoutMs } = options ?? {};
	middlewareList("graph: middleware", middleware);
	positiveInteger("graph: maxSteps", maxSteps);
	positiveInteger("graph: maxNesting", maxNesting);
	if (timeoutMs !== undefined) milliseconds("graph: timeoutMs", timeoutMs);
	const laid = layOut(nodes, edges, entry);
	const runnable: RunnableGraph = {
		...{ pipeline, startRun, laid, entry, maxSteps, maxNesting, timeoutMs },
		...runLayers(middleware),
		nodes: new Map([...laid].map(([name, node]) => [name, defineNode(pipeline, use, middleware, node)])),
	};
	const drawing = drawingOf(laid, entry);
	const graph: Graph<unknown, unknown> = Object.freeze({
		name: pipeline.name,
		async run(state: unknown, given: GraphRunOptions = {}) {
			return runGraph(runnable, state, checked(given)).result;
		},
		stream: (state: unknown, given: GraphRunOptions = {}) => new StepStream(runnable, state, checked(given)),
		toMermaid: (direction: "TD" | "LR" = "TD") => drawMermaid(drawing, direction),
	});
	const runWithin = async (state: unknown) => (await graph.run(state)).outputOrThrow();
	rememberRunner(graph, { runWithin, drawing });
	return graph;
}

function checked(given: GraphRunOptions): GraphRunOptions {
	knownOptions("graph.run", given, [...correlationOptions, "root", "signal", "timeoutMs"]);
	const { timeoutMs, ...run }: GraphRunOptions = given;
	if (timeoutMs !== undefined) milliseconds("graph.run: timeoutMs", timeoutMs);
	checkRun(run as RunOptions);
	return given;
}
