import type { Outcome } from "../outcome.ts";
import type { RunReport, StageReport } from "./report.ts";

/** How one stage of a pipeline went. */
export interface PipelineStageReport extends StageReport {
	/** Of a stage made by `map`: one report for each item, in their order. */
	readonly items?: readonly PipelineStageReport[];
	/** Reports of the runs of pipelines and graphs that were started in the stage, more than one where it was retried. */
	readonly runs?: readonly PipelineReport[];
}

/** How a run of a pipeline went; there is a report for every stage, whatever happened. */
export interface PipelineReport extends RunReport {
	/** Identifier of the run that this run was started in. */
	readonly parentRunId?: string;
	readonly stages: readonly PipelineStageReport[];
}

/** A run that reached its end. */
export interface PipelineSuccess<Outputs> {
	readonly outcome: "ok";
	readonly outputs: Outputs;
	readonly report: PipelineReport;
	outputsOrThrow(): Outputs;
}

/** A run that did not: what it failed with, and what the stages had given until then. */
export interface PipelineFailure<Outputs> {
	readonly outcome: Exclude<Outcome, "ok">;
	readonly error: unknown;
	readonly outputs: Readonly<Partial<Outputs>>;
	readonly report: PipelineReport;
	outputsOrThrow(): never;
}

/** How a run of a pipeline ended; `outputsOrThrow()` gives the outputs, or throws what the run failed with. */
export type PipelineResult<Outputs> = PipelineSuccess<Outputs> | PipelineFailure<Outputs>;

/** The items of the stream at the end of a pipeline, as they come. */
export interface PipelineStream<Item, Outputs> extends AsyncIterableIterator<Item, undefined> {
	/** How the run ended, once it has: when all items were read, or the loop was left. Never rejects. */
	readonly result: Promise<PipelineResult<Outputs>>;
	next(): Promise<IteratorResult<Item, undefined>>;
	return(): Promise<IteratorResult<Item, undefined>>;
	[Symbol.asyncIterator](): PipelineStream<Item, Outputs>;
	[Symbol.asyncDispose](): Promise<void>;
}

type Outputs = Readonly<Record<string, unknown>>;

class Success implements PipelineSuccess<Outputs> {
	readonly outcome: "ok";
	readonly outputs: Outputs;
	readonly report: PipelineReport;

	constructor(report: PipelineReport, outputs: Outputs) {
		this.outcome = report.outcome as "ok";
		this.outputs = outputs;
		this.report = report;
	}

	outputsOrThrow(): Outputs {
		return this.outputs;
	}
}

class Failure implements PipelineFailure<Outputs> {
	readonly outcome: PipelineFailure<Outputs>["outcome"];
	readonly error: unknown;
	readonly outputs: Outputs;
	readonly report: PipelineReport;

	constructor(report: PipelineReport, outputs: Outputs, error: unknown) {
		this.outcome = report.outcome as Failure["outcome"];
		this.error = error;
		this.outputs = outputs;
		this.report = report;
	}

	outputsOrThrow(): never {
		throw this.error;
	}
}

/** Makes the result of a run, unchangeable. */
export function pipelineResult(
	report: PipelineReport,
	outputs: Record<string, unknown>,
	failure: { readonly error: unknown } | undefined,
): PipelineResult<Record<string, unknown>> {
	return Object.freeze(
		failure === undefined ? new Success(report, outputs) : new Failure(report, outputs, failure.error),
	);
}
