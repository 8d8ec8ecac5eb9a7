/** Why a call that failed is not tried again: on the event `retry.exhausted`. */
export type StopReason =
	| "max_attempts"
	| "max_duration"
	| "deadline"
	| "retry_after"
	| "budget_exhausted"
	| "non_retryable"
	| "aborted";

/** How a call through a retry layer ended: a label of its metrics. */
export type RetryResult = "success" | StopReason;

export const retryResults: readonly RetryResult[] = [
	"success",
	"max_attempts",
	"max_duration",
	"deadline",
	"retry_after",
	"budget_exhausted",
	"non_retryable",
	"aborted",
];

/** Who said how long to wait. */
export type DelaySource = "backoff" | "retry_after";
