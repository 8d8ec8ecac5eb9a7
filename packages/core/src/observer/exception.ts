import type { Span } from "@opentelemetry/api";
import { redactedText } from "../capture.ts";
import { errorType } from "../outcome.ts";

const longestMessage = 4_096;

/** Adds the exception event of the conventions; the SDK's own method takes neither a redactor nor a stable type. */
export function recordException(span: Span, error: unknown, timeMs: number, redact: ((text: string) => string) | undefined): void {
	const stack = error instanceof Error && typeof error.stack === "string" ? error.stack : undefined;
	span.addEvent(
		"exception",
		{
			"exception.type": errorType(error),
			"exception.message": messageOf(error, redact),
			...(stack !== undefined && { "exception.stacktrace": redactedText(stack, redact) }),
		},
		timeMs,
	);
}

/** The message of anything thrown, bounded and redacted. */
export function messageOf(error: unknown, redact: ((text: string) => string) | undefined): string {
	let message: string;
	try {
		message = error instanceof Error ? error.message : typeof error === "object" ? JSON.stringify(error) : String(error);
	} catch {
		message = "an error that cannot be shown";
	}
	return redactedText(String(message).slice(0, longestMessage), redact);
}
