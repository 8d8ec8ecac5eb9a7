import type { Attributes } from "@opentelemetry/api";

const stages = Array.from({ length: 16 }, (_, number) => `stage-${number}`);

/** Label sets of sixteen stages, as OpenTelemetry has attributes: frozen, the same objects for every recording. */
export const attributeSets: readonly Attributes[] = stages.map((stage) =>
	Object.freeze({ "pipeline.name": "benchmark", "stage.name": stage, outcome: "ok" }),
);

/** The same as Prometheus has labels. */
export const labelSets = stages.map((stage) => ({ pipeline_name: "benchmark", stage_name: stage, outcome: "ok" }));
export const labelNames = ["pipeline_name", "stage_name", "outcome"] as const;

/** Durations all over the buckets, in seconds. */
export const durations: readonly number[] = Array.from(
	{ length: 1_024 },
	(_, index) => ((index * 7_919) % 1_000) / 500,
);

/** What a file of `subject/record/` exports. */
export interface RecordSubject {
	/** Records once; the index chooses the value and the labels. */
	readonly default: (index: number) => void;
	/** How many recordings there have been, or their sum: what is not counted costs nothing. */
	recorded(): Promise<number> | number;
}
