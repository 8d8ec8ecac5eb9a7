import type { Spend } from "../cost/spend.ts";
import type { Outcome } from "../outcome.ts";
import type { Scope } from "../scope.ts";
import { snapshot } from "./ledger.ts";
import type { PipelineReport, PipelineStageReport } from "./result.ts";
import type { StageReports } from "./stage-reports.ts";

/** How a run went, as its report says it. */
export interface RunParts {
	readonly outcome: Outcome;
	readonly startMs: number;
	readonly endMs: number;
	readonly failure: { readonly error: unknown } | undefined;
	readonly stages: StageReports;
}

/** The report of a run. Its stages are a property like the others, but made when they are first read. */
export class RunReport implements PipelineReport {
	static readonly #lazyStages = {
		enumerable: true,
		get(this: RunReport): readonly PipelineStageReport[] {
			return this.#stages.all;
		},
	};
	static {
		// Else `console.log` would show a getter in the place of the stages.
		Object.defineProperty(RunReport.prototype, Symbol.for("nodejs.util.inspect.custom"), {
			value(this: RunReport) {
				return { ...this };
			},
		});
	}

	readonly pipeline: string;
	readonly runId: string;
	declare readonly parentRunId?: string;
	declare readonly traceId?: string;
	readonly outcome: Outcome;
	declare readonly error?: unknown;
	readonly startedAtMs: number;
	readonly durationMs: number;
	readonly spend: Spend;
	declare readonly stages: readonly PipelineStageReport[];
	readonly #stages: StageReports;

	constructor(pipeline: string, scope: Scope, { outcome, startMs, endMs, failure, stages }: RunParts) {
		this.pipeline = pipeline;
		this.runId = scope.ids.runId as string;
		this.outcome = outcome;
		this.startedAtMs = startMs;
		this.durationMs = Math.max(0, endMs - startMs);
		this.spend = snapshot(scope);
		this.#stages = stages;
		const parentRunId = scope.run?.attributes["pipeline.parent_run.id"];
		if (parentRunId !== undefined) this.parentRunId = parentRunId as string;
		const traceId = scope.spanContext?.traceId;
		if (traceId !== undefined) this.traceId = traceId;
		if (failure !== undefined) this.error = failure.error;
		Object.defineProperty(this, "stages", RunReport.#lazyStages);
		Object.freeze(this);
	}
}
