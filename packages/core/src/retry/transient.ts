import { FootlightError } from "../error.ts";
import { classify } from "../outcome.ts";
import { errorChain } from "./error-chain.ts";
import { httpStatus } from "./http-status.ts";
import { type RpcCode, rpcCode } from "./rpc-code.ts";

/** What an error says of another attempt: it may help, it cannot because of what was asked, it cannot for another reason. */
type Verdict = "transient" | "callers_fault" | "final";

const networkCodes: ReadonlySet<unknown> = new Set([
	...["ECONNRESET", "ECONNREFUSED", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "ESOCKETTIMEDOUT", "EAI_AGAIN"],
	...["ENETDOWN", "ENETUNREACH", "ENETRESET", "EHOSTDOWN", "EHOSTUNREACH"],
	...["UND_ERR_SOCKET", "UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"],
	...["ERR_HTTP2_STREAM_ERROR", "ERR_HTTP2_SESSION_ERROR", "ERR_HTTP2_GOAWAY_SESSION"],
	...["ERR_STREAM_PREMATURE_CLOSE", "ERR_SOCKET_CONNECTION_TIMEOUT"],
]);

/** All that a browser says when the network failed: a TypeError without code or cause. */
const browserMessages: ReadonlySet<unknown> = new Set([
	"Failed to fetch",
	"NetworkError when attempting to fetch resource.",
	"Load failed",
	"The network connection was lost.",
]);

const transientStatuses: ReadonlySet<number> = new Set([408, 425, 429]);

const transientCodes: ReadonlySet<RpcCode> = new Set([
	"unavailable",
	"resource_exhausted",
	"internal",
	"unknown",
	"deadline_exceeded",
]);

const callersCodes: ReadonlySet<RpcCode> = new Set([
	"invalid_argument",
	"not_found",
	"already_exists",
	"permission_denied",
	"failed_precondition",
	"aborted",
	"out_of_range",
	"unimplemented",
	"unauthenticated",
]);

/**
 * True for an error that another attempt may not meet: the default of `retryIf`.
 *
 * These are codes of the network, timeouts, HTTP 408, 425, 429 and 5xx, and the RPC codes unavailable,
 * resource_exhausted, internal, unknown and deadline_exceeded; on the error or on what caused it, the outermost that
 * tells counting. Never a programming error, a cancellation, or a refusal of a layer of Footlight.
 *
 * @example
 * isTransient(Object.assign(new Error("no"), { code: "ECONNRESET" })); // => true
 * isTransient(Object.assign(new Error("no"), { status: 404 })); // => false
 */
export function isTransient(error: unknown): boolean {
	return verdictOn(error) === "transient";
}

/**
 * True for an error that says that the other side is well and the request was wrong: HTTP 4xx other than 408, 425 and 429,
 * or an RPC code such as invalid_argument or not_found.
 *
 * @example
 * isCallersFault(Object.assign(new Error("no"), { status: 404 })); // => true
 * isCallersFault(new Error("no")); // => false
 */
export function isCallersFault(error: unknown): boolean {
	return verdictOn(error) === "callers_fault";
}

function verdictOn(error: unknown): Verdict | undefined {
	try {
		for (const one of errorChain(error)) {
			const verdict = verdictOnOne(one);
			if (verdict !== undefined) return verdict;
		}
	} catch {
		// A getter of the error threw: it says nothing.
	}
	return undefined;
}

function verdictOnOne(error: Readonly<Record<string, unknown>>): Verdict | undefined {
	switch (classify(error)) {
		case "timeout":
			return "transient";
		case "error":
			break;
		default:
			return "final";
	}
	if (FootlightError.is(error)) return "final";
	const status = httpStatus(error);
	if (status !== undefined && status >= 400) return verdictOnStatus(status);
	if (networkCodes.has(error.code)) return "transient";
	if (error.name === "TypeError" && browserMessages.has(error.message)) return "transient";
	const code = rpcCode(error);
	// What is thrown inside a handler is given out as `unknown`: then its cause tells.
	if (code === undefined || (code === "unknown" && typeof error.cause === "object" && error.cause !== null)) {
		return undefined;
	}
	if (transientCodes.has(code)) return "transient";
	return callersCodes.has(code) ? "callers_fault" : "final";
}

function verdictOnStatus(status: number): Verdict {
	return status >= 500 || transientStatuses.has(status) ? "transient" : "callers_fault";
}
