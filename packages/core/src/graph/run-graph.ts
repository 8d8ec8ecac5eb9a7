import type { Call } from "../call.ts";
import { callKey } from "../call.ts";
import { holdTo } from "../call-copy.ts";
import { activeContext, scopeOf } from "../context.ts";
import { nothingSpent } from "../cost/spend.ts";
import type { RunOptions } from "../light.ts";
import { compose, type Handler, type Middleware } from "../middleware.ts";
import type { Pipeline } from "../pipeline.ts";
import { innerRunsOf } from "../runner/inner-runs.ts";
import type { StageReport } from "../runner/report.ts";
import type { Reporter, Run, Scope } from "../scope.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { readMonotonic } from "../timing/alarm-queue.ts";
import { type AroundRun, aroundRunOf } from "./around-run.ts";
import { CallWatch } from "./call-watch.ts";
import type { GraphReport, GraphResult, GraphRunOptions } from "./graph.ts";
import { graphResult } from "./result.ts";
import { RunSignal } from "./run-signal.ts";
import { type Companion, Walk, type WalkedGraph } from "./walk.ts";

/** A graph with all that a run need not compute. */
export interface RunnableGraph extends WalkedGraph {
	readonly pipeline: Pipeline;
	readonly startRun: <R>(ids: RunOptions, fn: () => R, reporter?: Reporter) => R;
	readonly around: readonly AroundRun[];
	/** The layers around the run, around the walk. */
	readonly handler: Handler;
	readonly maxNesting: number;
	readonly timeoutMs: number | undefined;
}

const walkKey = callKey<Walk | undefined>("footlight.graph.walk", undefined);

/** Composes what stands around each run of a graph. */
export function runLayers(middleware: readonly Middleware[]): Pick<RunnableGraph, "around" | "handler"> {
	const around = middleware.map(aroundRunOf).filter((part) => part !== undefined);
	const handler = compose(
		around.map(({ layer }) => layer),
		(call) => call.values.get(walkKey)?.go(),
	);
	return { around, handler };
}

/** A run of a graph from the outside. */
export interface StartedRun {
	readonly result: Promise<GraphResult<unknown, unknown>>;
	cancel(reason: unknown): void;
}

/** Runs a graph once. Throws for options that cannot be, before anything runs. */
export function runGraph(
	graph: RunnableGraph,
	state: unknown,
	{ timeoutMs = graph.timeoutMs, signal: outer, ...ids }: GraphRunOptions,
	companion: Companion = {},
): StartedRun {
	const { pipeline } = graph;
	refuseNesting(graph);
	const ending = new RunSignal(`graph ${pipeline.name}`, pipeline.clock, outer, timeoutMs);
	const watch = new CallWatch();
	const caller = innerRunsOf(scopeOf(activeContext()));
	let scope!: Scope;
	let walk!: Walk;

	async function go(): Promise<void> {
		const context = activeContext();
		scope = scopeOf(context) as Scope;
		walk = new Walk(graph, state, scope, context, companion);
		(scope.run as Run).checkTime = () => ending.checkTime();
		// Where nobody observes, the run stands open all the same: what runs in it is below it.
		const isUnobserved = !scope.open;
		if (isUnobserved) scope.open = true;
		watch.begin(scope);
		ending.begin();
		if (timeoutMs !== undefined) holdTo(scope, readMonotonic(pipeline.clock) + timeoutMs);
		try {
			const call: Call = { ...scope.call, input: [state], values: scope.call.values.set(walkKey, walk) };
			await graph.handler(call);
		} finally {
			if (isUnobserved) scope.open = false;
		}
	}

	function settled(failure: { readonly error: unknown } | undefined): GraphResult<unknown, unknown> {
		ending.release();
		if (failure === undefined) watch.returned(scope);
		else watch.threw(scope, failure.error);
		const report = reportOf(graph, scope, walk.steps, watch);
		caller?.ended(report);
		for (const part of graph.around.toReversed()) {
			try {
				part.finished(report, scope);
			} catch (error) {
				telemetryFailed("graph middleware", error);
			}
		}
		return graphResult(report, walk.state, failure);
	}

	caller?.began();
	let running: Promise<void>;
	try {
		running = graph.startRun({ ...ids, signal: ending.signal }, go, watch);
	} catch (error) {
		caller?.ended(undefined);
		throw error;
	}
	const result = running.then(
		() => settled(undefined),
		(error: unknown) => settled({ error }),
	);
	return {
		result,
		cancel: (reason) => ending.abort(reason),
	};
}

function reportOf(
	{ pipeline }: RunnableGraph,
	scope: Scope,
	stages: readonly StageReport[],
	watch: CallWatch,
): GraphReport {
	const traceId = scope.spanContext?.traceId;
	const parentRunId = scope.run?.attributes["pipeline.parent_run.id"] as string | undefined;
	return Object.freeze({
		pipeline: pipeline.name,
		runId: scope.ids.runId as string,
		...(parentRunId !== undefined && { parentRunId }),
		...(traceId !== undefined && { traceId }),
		...watch.ending,
		spend: scope.spend === undefined ? nothingSpent : { ...scope.spend },
		stages: Object.freeze(stages),
	});
}

/** A graph that runs itself within itself would never end. */
function refuseNesting({ maxNesting, pipeline }: RunnableGraph): void {
	let depth = 1;
	for (let scope = scopeOf(activeContext()); scope !== undefined; scope = scope.parent) if (scope.ownsRun) depth++;
	if (depth > maxNesting) {
		throw new RangeError(
			`graph ${pipeline.name}: runs within runs must be at most maxNesting = ${maxNesting}, got ${depth}`,
		);
	}
}
