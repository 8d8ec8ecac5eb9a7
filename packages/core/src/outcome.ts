import { FootlightError } from "./error.ts";

/** How a run, a stage or an attempt ended: the same words in spans, logs, metrics, events and stores. */
export type Outcome = (typeof outcomes)[number];

export const outcomes = [
	"ok",
	"error",
	"skipped",
	"fallback",
	"cancelled",
	"timeout",
	"rejected",
	"interrupted",
] as const;

/** Outcomes that make a span's status ERROR; a cancelled consumer is not one. */
export function isFailure(outcome: Outcome): boolean {
	return outcome === "error" || outcome === "timeout" || outcome === "rejected";
}

const cancelledNames = new Set(["AbortError", "APIUserAbortError", "CanceledError", "CancelledError"]);
const timeoutNames = new Set(["TimeoutError", "APIConnectionTimeoutError"]);
const cancelledCodes = new Set(["ABORT_ERR", "ERR_CANCELED"]);
const noNames: ReadonlySet<string> = new Set();
const closedCodes = new Set(["ERR_STREAM_PREMATURE_CLOSE", "ERR_STREAM_DESTROYED"]);
const timeoutCodes = new Set([
	"ETIMEDOUT",
	"ESOCKETTIMEDOUT",
	"UND_ERR_CONNECT_TIMEOUT",
	"UND_ERR_HEADERS_TIMEOUT",
	"UND_ERR_BODY_TIMEOUT",
]);

/**
 * Decides what an error means; the only place that does.
 *
 * An abort is `cancelled`, unless the signal was aborted by a timeout; whatever is thrown after the caller's signal
 * aborted with exactly that value counts as the abort. A stream that closed too early is an abort only after one: its
 * error does not say which side closed it.
 */
export function classify(error: unknown, signal?: AbortSignal): Outcome {
	try {
		if (FootlightError.is(error)) return outcomeOfCode(error);
		if (signal?.aborted) {
			const isAbort = error === signal.reason || isCancellation(error) || isClosedEarly(error);
			if (isAbort) return isTimeout(signal.reason) ? "timeout" : "cancelled";
		}
		if (isTimeout(error)) return "timeout";
		if (isCancellation(error)) return "cancelled";
	} catch {
		// A getter of the error threw: whatever it is, it is an error.
	}
	return "error";
}

/** The errors of Node for a stream that was closed before its end. */
export function isClosedEarly(error: unknown): boolean {
	return isNamed(error, noNames, closedCodes);
}

function outcomeOfCode(error: FootlightError): Outcome {
	switch (error.code) {
		case "timeout":
		case "interrupted":
		case "cancelled":
			return error.code;
		case "queue_closed":
			return "cancelled";
		case "step_limit":
		case "edge_failed":
		case "disk_full":
		case "spool_failed":
		case "spool_locked":
			return "error";
		default:
			return "rejected";
	}
}

function isTimeout(error: unknown): boolean {
	return FootlightError.is(error) ? error.code === "timeout" : isNamed(error, timeoutNames, timeoutCodes);
}

function isCancellation(error: unknown): boolean {
	return isNamed(error, cancelledNames, cancelledCodes);
}

function isNamed(error: unknown, names: ReadonlySet<string>, codes: ReadonlySet<string>): boolean {
	if (typeof error !== "object" || error === null) return false;
	const {
		name,
		code,
		constructor: owner,
	} = error as { name?: unknown; code?: unknown; constructor?: { name?: unknown } };
	return names.has(name as string) || names.has(owner?.name as string) || codes.has(code as string);
}

/** The value of `error.type`: a stable code where there is one, else the class, else `_OTHER`. */
export function errorType(error: unknown): string {
	try {
		if (FootlightError.is(error)) return error.code;
		if (typeof error === "object" && error !== null) {
			const {
				code,
				name,
				constructor: owner,
			} = error as { code?: unknown; name?: unknown; constructor?: { name?: unknown } };
			if (typeof code === "string" && /^[A-Z][A-Z0-9_]{2,63}$/.test(code)) return code;
			if (typeof name === "string" && name !== "" && name !== "Error") return name.slice(0, 100);
			if (typeof owner?.name === "string" && owner.name !== "" && owner.name !== "Object") {
				return owner.name.slice(0, 100);
			}
		}
	} catch {
		// Unreadable errors share the fallback.
	}
	return "_OTHER";
}
