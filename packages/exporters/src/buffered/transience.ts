import { classify, errorType, FootlightError, isTransient } from "@footlight/core";
import { errorChain, httpStatus } from "@footlight/core/telemetry";

/** Refusals of layers, and of other exporters, that a sink stands behind: they pass. */
const passing: ReadonlySet<unknown> = new Set([
	...["circuit_open", "rate_limited", "bulkhead_full"],
	...["queue_full", "disk_full", "spool_failed"],
]);

/** Whoever changes the credential, or its rights, has what waits be taken. */
const credentialStatuses: ReadonlySet<unknown> = new Set([401, 403]);
const contentTooLarge = 413;

/**
 * True for a failure of a sink that another time may not bring: nothing is given up for one of these.
 *
 * Beside what `isTransient` knows, these are refused credentials (HTTP 401 and 403), refusals by a breaker, a limit, a
 * bulkhead, or an exporter that has no room, an abort that is not the exporter's own (a sink's own time limit, most often),
 * and an answer that is no HTTP at all. The default of `retry: { retryIf }` of an exporter.
 *
 * @example
 * maySucceedLater(Object.assign(new Error("a new key is needed"), { status: 401 })); // => true
 * maySucceedLater(Object.assign(new Error("no such field"), { status: 400 })); // => false
 */
export function maySucceedLater(error: unknown): boolean {
	if (isTransient(error) || isCredentialRefusal(error)) return true;
	if (FootlightError.is(error)) return passing.has(error.code) || passing.has(reasonOf(error));
	return classify(error) === "cancelled" || isBrokenHttp(error);
}

/** The other side does not let the sink in. */
export function isCredentialRefusal(error: unknown): boolean {
	return credentialStatuses.has(statusOf(error));
}

/** The other side takes no batch of this size: it may take half of one. */
export function isTooLarge(error: unknown): boolean {
	return statusOf(error) === contentTooLarge;
}

/**
 * What a failure of a sink is counted as: the status that was answered, the system's code where there was no answer
 * (`ECONNREFUSED`), by the error or by what caused it, or `error.type` as everywhere.
 */
export function failureType(error: unknown): string {
	return statusOf(error)?.toString() ?? systemCodeOf(error) ?? errorType(error);
}

const systemCode = /^(?:E[A-Z]|HPE_|UND_ERR_|CERT_|DEPTH_|SELF_SIGNED_|UNABLE_)[A-Z0-9_]{2,61}$/;

/** Of an error of ours the code is its own, whatever the cause. */
function systemCodeOf(error: unknown): string | undefined {
	if (FootlightError.is(error)) return undefined;
	return firstOf(error, ({ code }) => (typeof code === "string" && systemCode.test(code) ? code : undefined));
}

/** The HTTP status that a sink was refused with, by the error or by what caused it. */
function statusOf(error: unknown): number | undefined {
	return firstOf(error, (one) => {
		if (FootlightError.is(one)) return undefined;
		const { answeredStatus } = one;
		// Where a sink keeps `retry` from judging a status, it has it under another name.
		const status = httpStatus(one) ?? httpStatus({ status: answeredStatus });
		return status !== undefined && status >= 400 ? status : undefined;
	});
}

/** Why an exporter did not take it. */
function reasonOf(error: FootlightError): unknown {
	return error.code === "not_exported" ? (error as { readonly reason?: unknown }).reason : undefined;
}

/** The parsers of Node and of its `fetch` say so by a name, or by codes of their own. */
function isBrokenHttp(error: unknown): boolean {
	const isBroken = ({ name, code }: Readonly<Record<string, unknown>>) =>
		name === "HTTPParserError" || (typeof code === "string" && code.startsWith("HPE_")) || undefined;
	return firstOf(error, isBroken) ?? false;
}

/** What the outermost of an error and its causes says that says anything. */
function firstOf<A>(error: unknown, tell: (one: Readonly<Record<string, unknown>>) => A | undefined): A | undefined {
	try {
		for (const one of errorChain(error)) {
			const told = tell(one);
			if (told !== undefined) return told;
		}
	} catch {
		// A getter of the error threw: it says nothing.
	}
	return undefined;
}
