import type { Span } from "@opentelemetry/api";
import { redactedText } from "../capture.ts";
import { isError } from "../is-error.ts";
import { errorType } from "../outcome.ts";

const longestMessage = 4_096;
const longestStack = 16_384;
const mostCauses = 5;
// A secret that is cut in two is one no redactor knows; so a text is redacted before it is cut to its length.
const longestRead = 65_536;

/** Adds the exception event of the conventions; the SDK's own method takes neither a redactor nor a stable type. */
export function recordException(
	span: Span,
	error: unknown,
	timeMs: number,
	redact: ((text: string) => string) | undefined,
): void {
	const stack = stackOf(error, redact);
	span.addEvent(
		"exception",
		{
			"exception.type": errorType(error),
			"exception.message": messageOf(error, redact),
			...(stack !== undefined && { "exception.stacktrace": stack }),
		},
		timeMs,
	);
}

/** The message of anything thrown, bounded and redacted. */
export function messageOf(error: unknown, redact: ((text: string) => string) | undefined): string {
	let message: string;
	try {
		const given = isError(error) ? error.message : typeof error === "object" ? JSON.stringify(error) : error;
		message = String(given);
	} catch {
		message = "an error that cannot be shown";
	}
	return bounded(message, longestMessage, redact);
}

/** The stack of an error, bounded and redacted; undefined where there is none. */
export function stackOf(error: unknown, redact: ((text: string) => string) | undefined): string | undefined {
	try {
		const stacks = chainOf(error).flatMap(({ stack }) => (typeof stack === "string" ? [stack] : []));
		return stacks.length === 0 ? undefined : bounded(stacks.join("\ncaused by: "), longestStack, redact);
	} catch {
		return undefined;
	}
}

/** An error and what caused it: `fetch failed` alone says nothing. */
function chainOf(error: unknown): Error[] {
	const chain: Error[] = [];
	for (let link = error; isError(link) && chain.length < mostCauses; link = link.cause) {
		if (chain.includes(link)) break;
		chain.push(link);
	}
	return chain;
}

function bounded(text: string, longest: number, redact: ((text: string) => string) | undefined): string {
	return redactedText(text.slice(0, longestRead), redact).slice(0, longest);
}
