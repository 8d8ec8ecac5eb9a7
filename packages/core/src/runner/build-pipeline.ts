import { activeContext, scopeOf } from "../context.ts";
import { correlationOptions } from "../correlation.ts";
import type { StageDescription } from "../describe.ts";
import type { RunOptions } from "../light.ts";
import type { Middleware } from "../middleware.ts";
import { knownOptions, milliseconds, show } from "../option.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Reporter } from "../scope.ts";
import { defineStage, type StageInput } from "./define-stage.ts";
import { drawingOf } from "./draw-pipeline.ts";
import { Execution } from "./execution.ts";
import { innerRunnerOf } from "./inner-runner.ts";
import { innerRunsOf } from "./inner-runs.ts";
import { type Drawing, drawMermaid } from "./mermaid.ts";
import { NodeScope } from "./node-scope.ts";
import { checkPipelineOptions, type FailureMode, type PipelineOptions, type RunnerSettings } from "./options.ts";
import { type Plan, planOf } from "./plan.ts";
import type { PipelineResult, PipelineStream } from "./result.ts";
import type { PipelineCurrent, PipelineRunOptions, RunnablePipeline } from "./runnable-pipeline.ts";
import { StageList } from "./stage-list.ts";
import { StreamDelivery } from "./stream-delivery.ts";

type Result = PipelineResult<Record<string, unknown>>;
type Options = Readonly<Record<string, unknown>>;
type Run = (given: unknown, ctx: PipelineCurrent) => unknown;

const runOptions = [...correlationOptions, "root", "signal", "timeoutMs"];

const noOptions: PipelineRunOptions = Object.freeze({});

/** What all pipelines of one light share. */
interface Workshop {
	readonly pipeline: Pipeline;
	readonly use: readonly Middleware[];
	readonly startRun: <R>(ids: RunOptions, fn: () => R, reporter?: Reporter) => R;
}

/** Makes `light.pipeline`. */
export function pipelineBuilder(
	workshop: Workshop,
): <Input = unknown, const Mode extends FailureMode = "fail-fast">(
	options?: PipelineOptions<Mode>,
) => RunnablePipeline<Input, Record<never, never>, never, Mode> {
	return (options = {}) => {
		const built = new BuiltPipeline(workshop, checkPipelineOptions(options), new StageList(workshop.pipeline.name), 0);
		// Its methods take what the types allow; that they give what the types say is what the type tests are for.
		return built as never;
	};
}

/** A pipeline with the stages that were added so far; of one beginning, all that go on from it share the list. */
class BuiltPipeline {
	readonly name: string;
	readonly #workshop: Workshop;
	readonly #settings: RunnerSettings;
	readonly #list: StageList;
	readonly #length: number;
	#plan: Plan | undefined;

	constructor(workshop: Workshop, settings: RunnerSettings, list: StageList, length: number) {
		this.name = workshop.pipeline.name;
		this.#workshop = workshop;
		this.#settings = settings;
		this.#list = list;
		this.#length = length;
	}

	stage(name: string, ...given: unknown[]): BuiltPipeline {
		const [after, [run, options]] = afterAndRest(given);
		return this.#with([{ where: "pipeline.stage", name, after, ...work("pipeline.stage", run), options }]);
	}

	map(name: string, ...given: unknown[]): BuiltPipeline {
		const [after, [items, run, options]] = afterAndRest(given);
		if (typeof items !== "function") {
			throw new TypeError(`pipeline.map: items must be a function that gives a list or a stream, got ${show(items)}`);
		}
		return this.#with([
			{
				where: "pipeline.map",
				name,
				after,
				items: items as (inputs: unknown) => unknown,
				...work("pipeline.map", run),
				options,
			},
		]);
	}

	stages(list: unknown): BuiltPipeline {
		if (!Array.isArray(list))
			throw new TypeError(`pipeline.stages: list must be an array of stages, got ${show(list)}`);
		return this.#with(
			list.map((entry: unknown, index): StageInput => {
				const where = `pipeline.stages[${index}]`;
				if (entry === null || typeof entry !== "object")
					throw new TypeError(`${where} must be a stage, got ${show(entry)}`);
				const { name, after = [], run, ...options } = entry as Options;
				return { where, name, after, ...work(where, run), options };
			}),
		);
	}

	async run(input?: unknown, options: PipelineRunOptions = noOptions): Promise<Result> {
		return this.#execute(input, options).result;
	}

	stream(input?: unknown, options: PipelineRunOptions = noOptions): PipelineStream<unknown, Record<string, unknown>> {
		return new StreamDelivery((offer) => {
			const { result, leave } = this.#execute(input, options, offer);
			return { result: Promise.resolve(result), leave };
		});
	}

	describe(): readonly StageDescription[] {
		return this.#planned.nodes.map((node) => node.describe());
	}

	toMermaid(): string {
		return drawMermaid(this.drawing);
	}

	get drawing(): Drawing {
		return drawingOf(this.#planned.nodes);
	}

	/** Runs as a stage of another pipeline: what it fails with, the stage fails with. */
	runWithin(input: unknown): unknown {
		const { result } = this.#execute(input, noOptions);
		return result instanceof Promise ? result.then((ended) => ended.outputsOrThrow()) : result.outputsOrThrow();
	}

	get #planned(): Plan {
		this.#plan ??= planOf(this.#list.nodes.slice(0, this.#length));
		return this.#plan;
	}

	#with(inputs: readonly StageInput[]): BuiltPipeline {
		const { pipeline, use } = this.#workshop;
		const stages = inputs.map((input) => defineStage(pipeline, use, input));
		const list = this.#list.continued(this.#length);
		const numbers = list.resolve(stages);
		list.add(stages.map(({ make }, index) => make(numbers[index] as readonly number[])));
		return new BuiltPipeline(this.#workshop, this.#settings, list, list.nodes.length);
	}

	#execute(
		input: unknown,
		options: PipelineRunOptions,
		consumer?: (scope: NodeScope) => void,
	): { readonly result: Result | Promise<Result>; readonly leave: () => void } {
		const where = consumer === undefined ? "pipeline.run" : "pipeline.stream";
		if (options !== noOptions) knownOptions(where, options, runOptions);
		const { timeoutMs = this.#settings.timeoutMs } = options;
		if (timeoutMs !== undefined) milliseconds(`${where}: timeoutMs`, timeoutMs);
		const outer = outerStage();
		const { cancelGraceMs } = this.#settings;
		const execution = new Execution(this.#workshop.pipeline, this.#planned, this.#settings, input, {
			timeoutMs,
			// Given up before the run around it is, or its span would be the longer one.
			cancelGraceMs: Math.min(cancelGraceMs, (outer?.execution.cancelGraceMs ?? Infinity) / 2),
			path: this.#pathWithin(outer),
			consumer,
		});
		const leave = () => execution.leave();
		const caller = innerRunsOf(scopeOf(activeContext()));
		const result = () => {
			const ended = execution.result();
			caller?.ended(ended.report);
			return ended;
		};
		caller?.began();
		try {
			const running = this.#workshop.startRun(idsOf(options), () => execution.start(), execution);
			if (running === undefined) return { leave, result: result() };
			return { leave, result: Promise.resolve(running).then(result, result) };
		} catch (error) {
			if (execution.hasBegun) return { leave, result: result() };
			caller?.ended(undefined);
			throw error;
		}
	}

	#pathWithin(outer: NodeScope | undefined): readonly string[] {
		if (outer === undefined) return [];
		const path = [...outer.execution.path, outer.node.name];
		const { maxNesting } = this.#settings;
		if (path.length <= maxNesting) return path;
		throw new RangeError(
			`pipeline ${this.name}: runs stand more than ${maxNesting} deep in each other: ${path.join(" > ")}`,
		);
	}
}

function idsOf(options: PipelineRunOptions): RunOptions {
	if (!("timeoutMs" in options)) return options;
	const { timeoutMs: _, ...ids } = options;
	return ids;
}

/** The stage of a pipeline that the code that runs now belongs to; in one that has ended nothing stands any more. */
function outerStage(): NodeScope | undefined {
	let scope = scopeOf(activeContext());
	while (scope !== undefined && !(scope instanceof NodeScope && !scope.over)) scope = scope.parent;
	return scope;
}

function afterAndRest(given: unknown[]): [after: unknown, rest: unknown[]] {
	return Array.isArray(given[0]) ? [given[0], given.slice(1)] : [[], given];
}

/** What a stage does: a function, or a pipeline or a graph of its own. */
function work(where: string, given: unknown): Pick<StageInput, "run" | "named" | "inner"> {
	const inner = given instanceof BuiltPipeline ? given : innerRunnerOf(given);
	if (inner !== undefined) return { run: (inputs) => inner.runWithin(inputs), named: undefined, inner };
	if (typeof given !== "function")
		throw new TypeError(`${where}: run must be a function, a pipeline or a graph, got ${show(given)}`);
	return { run: given as Run, named: given as Run, inner: undefined };
}
