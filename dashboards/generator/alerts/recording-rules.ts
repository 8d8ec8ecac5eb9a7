import { attemptsPerCall } from "../amplification.ts";
import { errorRatio } from "../objective.ts";
import { everywhere } from "../promql.ts";
import { byPipeline, byStage } from "./runs.ts";

/** What Prometheus works out once for all who ask. */
export interface RecordingRule {
	/** By Prometheus' habit: the labels it is kept by, what it is, how it was made. */
	readonly record: string;
	readonly expression: string;
}

/** What error budgets are watched by. */
const windows = ["5m", "30m", "1h", "6h"] as const;

/** Each stands in an alert as it is committed. */
export const recordingRules: readonly RecordingRule[] = [
	...windows.map((window) => ({
		record: `pipeline:run_errors:ratio_rate${window}`,
		expression: errorRatio(everywhere, byPipeline, window),
	})),
	{
		record: "pipeline_stage:retry_amplification:ratio_rate5m",
		expression: attemptsPerCall(everywhere, byStage, "5m"),
	},
];

/** Asks for what is recorded, wherever an expression has the same in it. */
export function withRecorded(expression: string): string {
	return recordingRules.reduce((text, rule) => text.replaceAll(rule.expression, rule.record), expression);
}
