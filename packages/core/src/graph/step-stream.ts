import { activeContext, withContext } from "../context.ts";
import { CancelledError } from "../error.ts";
import type { StageReport } from "../runner/report.ts";
import { untilAborted } from "../until-aborted.ts";
import type { GraphResult, GraphRunOptions, GraphStep, GraphStream } from "./graph.ts";
import { type RunnableGraph, runGraph, type StartedRun } from "./run-graph.ts";

type Step = GraphStep<unknown, unknown>;
type Result = GraphResult<unknown, unknown>;

const over: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** The steps of one run, which goes on only as they are asked for. */
export class StepStream implements GraphStream<unknown, unknown> {
	readonly #graph: RunnableGraph;
	readonly #state: unknown;
	readonly #options: GraphRunOptions;
	readonly #context = activeContext();
	#run: StartedRun | undefined;
	/** Steps that nobody has asked for yet. */
	#ended: Step[] = [];
	/** Who waits for a step. */
	readonly #waiting: PromiseWithResolvers<IteratorResult<Step>>[] = [];
	/** Where nobody reads the steps, the run need not wait for anybody. */
	#runsFreely = false;
	#resume: (() => void) | undefined;
	#result: Result | undefined;
	#failure: { readonly error: unknown } | undefined;

	constructor(graph: RunnableGraph, state: unknown, options: GraphRunOptions) {
		this.#graph = graph;
		this.#state = state;
		this.#options = options;
	}

	get result(): Promise<Result> {
		if (this.#run === undefined) {
			this.#runsFreely = true;
			this.#start();
		}
		return (this.#run as unknown as StartedRun).result;
	}

	next(): Promise<IteratorResult<Step>> {
		const step = this.#ended.shift();
		if (step !== undefined) return Promise.resolve({ done: false, value: step });
		if (this.#result !== undefined) return this.#end();
		const waiting = Promise.withResolvers<IteratorResult<Step>>();
		this.#waiting.push(waiting);
		if (this.#run === undefined) this.#start();
		else this.#resume?.();
		return waiting.promise;
	}

	async return(): Promise<IteratorResult<Step>> {
		this.#ended = [];
		this.#failure = undefined;
		if (this.#run === undefined) this.#start();
		const run = this.#run as unknown as StartedRun;
		run.cancel(new CancelledError(`graph ${this.#graph.pipeline.name}`));
		await run.result;
		this.#ended = [];
		this.#failure = undefined;
		return over;
	}

	[Symbol.asyncIterator](): this {
		return this;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.return();
	}

	#start(): void {
		withContext(
			this.#context,
			() => {
				this.#run = runGraph(this.#graph, this.#state, this.#options, {
					hold: (signal) => this.#hold(signal),
					stepped: (node, state, report) => this.#stepped(node, state, report),
				});
			},
			undefined,
		);
		this.#run?.result.then((result) => this.#finish(result));
	}

	#hold(signal: AbortSignal | undefined): Promise<void> | undefined {
		if (this.#runsFreely || this.#waiting.length > 0) return undefined;
		const asked = new Promise<void>((resolve) => {
			this.#resume = resolve;
		});
		// The walk itself looks at the signal next.
		return untilAborted(asked, signal).catch(() => {});
	}

	#stepped(node: string, state: unknown, report: StageReport): void {
		const step: Step = { node, state, report };
		const waiting = this.#waiting.shift();
		if (waiting === undefined) this.#ended.push(step);
		else waiting.resolve({ done: false, value: step });
	}

	#finish(result: Result): void {
		this.#result = result;
		if (result.outcome !== "ok") this.#failure = { error: result.error };
		for (const waiting of this.#waiting.splice(0)) this.#end().then(waiting.resolve, waiting.reject);
	}

	/** The end of the steps: once it throws what the run failed with. */
	#end(): Promise<IteratorResult<Step>> {
		const failure = this.#failure;
		this.#failure = undefined;
		return failure === undefined ? Promise.resolve(over) : Promise.reject(failure.error);
	}
}
