import { integerFrom, knownOptions, milliseconds, oneOf, positiveInteger } from "../option.ts";

export const failureModes = ["fail-fast", "continue", "best-effort"] as const;

/**
 * What a failed stage means for the others: `fail-fast` ends the run, `continue` leaves out what depends on it, and
 * `best-effort` runs that with undefined in its place.
 */
export type FailureMode = (typeof failureModes)[number];

/** Options of `light.pipeline()`. */
export interface PipelineOptions<Mode extends FailureMode = FailureMode> {
	/** How many calls of stages may go on at the same time; others wait, first come, first served. @default no limit */
	readonly concurrency?: number;
	/** @default "fail-fast" */
	readonly mode?: Mode;
	/** Ends a run that takes longer, with outcome `timeout`. @default none */
	readonly timeoutMs?: number;
	/** How deep runs of pipelines may stand within each other. @default 16 */
	readonly maxNesting?: number;
	/**
	 * How long a run that has ended early waits for stages that do not heed `ctx.signal`; then it gives them up.
	 * @default 1000
	 */
	readonly cancelGraceMs?: number;
}

/** The options of a pipeline, complete. */
export interface RunnerSettings {
	readonly concurrency: number;
	readonly mode: FailureMode;
	readonly timeoutMs: number | undefined;
	readonly maxNesting: number;
	readonly cancelGraceMs: number;
}

export function checkPipelineOptions(options: PipelineOptions): RunnerSettings {
	knownOptions("pipeline", options, ["concurrency", "mode", "timeoutMs", "maxNesting", "cancelGraceMs"]);
	const { concurrency, mode = "fail-fast", timeoutMs, maxNesting = 16, cancelGraceMs = 1_000 } = options;
	return {
		concurrency: concurrency === undefined ? Infinity : positiveInteger("pipeline: concurrency", concurrency),
		mode: oneOf("pipeline: mode", mode, failureModes),
		timeoutMs: timeoutMs === undefined ? undefined : milliseconds("pipeline: timeoutMs", timeoutMs),
		maxNesting: positiveInteger("pipeline: maxNesting", maxNesting),
		cancelGraceMs: integerFrom("pipeline: cancelGraceMs", cancelGraceMs, 0),
	};
}
