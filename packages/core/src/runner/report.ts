import type { StageKind } from "../call.ts";
import type { Spend } from "../cost/spend.ts";
import type { Outcome } from "../outcome.ts";

/** Why a stage of a runner did not run. */
export type NotRunReason = "condition" | "dependency_failed" | "run_ended";

/** How one stage of a run went; every stage of the runner has one, whatever happened. */
export interface StageReport {
	readonly name: string;
	readonly kind: StageKind;
	/** A stage that was never started is `skipped` where a condition or a failed dependency left it out, else `cancelled`. */
	readonly outcome: Outcome;
	/** How often its function was called; 0 where a layer answered in its place, or nothing ran. */
	readonly attempts: number;
	/** Why the stage did not run; absent on one that did. */
	readonly notRun?: NotRunReason;
	/** When it started, in milliseconds since 1970; absent on one that did not run. */
	readonly startedAtMs?: number;
	/** From its start to the end of its result, streams included; 0 for one that did not run. */
	readonly durationMs: number;
	/** How long it waited for a free place although it could have started. */
	readonly queuedMs: number;
	/** What it failed with; present whenever the outcome is a failure, a cancellation or a fallback that had an error. */
	readonly error?: unknown;
	/** Tokens and money of the stage and of all that it called. */
	readonly spend: Spend;
	/** Reports of the runs of pipelines and graphs that were started in it, in the order they ended, the last 128. */
	readonly runs?: readonly RunReport[];
}

/** How a run of a runner went. */
export interface RunReport {
	readonly pipeline: string;
	readonly runId: string;
	/** Identifier of the run that this run was started in. */
	readonly parentRunId?: string;
	/** Trace of the run, in hexadecimal; absent where none is recorded. */
	readonly traceId?: string;
	readonly outcome: Outcome;
	readonly error?: unknown;
	/** When it started, in milliseconds since 1970. */
	readonly startedAtMs: number;
	readonly durationMs: number;
	/** Tokens and money of the whole run. */
	readonly spend: Spend;
	/** One report for each stage, in the order they were defined; of a graph, one for each step, in the order they ran. */
	readonly stages: readonly StageReport[];
}
