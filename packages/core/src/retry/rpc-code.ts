/** Codes of gRPC, in the order of their numbers, by the names that Connect writes them with. */
const names = [
	"ok",
	"canceled",
	"unknown",
	"invalid_argument",
	"deadline_exceeded",
	"not_found",
	"already_exists",
	"permission_denied",
	"resource_exhausted",
	"failed_precondition",
	"aborted",
	"out_of_range",
	"unimplemented",
	"internal",
	"unavailable",
	"data_loss",
	"unauthenticated",
] as const;

export type RpcCode = (typeof names)[number];

/**
 * The RPC code that an error carries: a number as of gRPC clients and connect-es, or a name as in Connect's JSON.
 *
 * Many errors have a `code`: a number is one of RPC only where the call's metadata stands beside it.
 */
export function rpcCode(error: Readonly<Record<string, unknown>>): RpcCode | undefined {
	const { code, metadata } = error;
	if (typeof code === "string") return names.find((name) => name === code);
	if (typeof code !== "number" || typeof metadata !== "object" || metadata === null) return undefined;
	return names[code];
}
