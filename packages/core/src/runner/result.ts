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

const successPrototype = {
	outputsOrThrow(this: { readonly outputs: unknown }): unknown {
		return this.outputs;
	},
};

const failurePrototype = {
	outputsOrThrow(this: { readonly error: unknown }): never {
		throw this.error;
	},
};

/** Makes the result of a run, unchangeable. */
export function pipelineResult(
	report: PipelineReport,
	outputs: Record<string, unknown>,
	failure: { readonly error: unknown } | undefined,
): PipelineResult<Record<string, unknown>> {
	const { outcome } = report;
	const result =
		failure === undefined
			? Object.assign(Object.create(successPrototype), { outcome, outputs, report })
			: Object.assign(Object.create(failurePrototype), { outcome, error: failure.error, outputs, report });
	return Object.freeze(result);
}
