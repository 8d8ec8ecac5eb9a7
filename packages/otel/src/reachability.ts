import { connect } from "node:net";
import { addressOf } from "./otlp-target.ts";

const reasons: Readonly<Record<string, string>> = {
	ECONNREFUSED: "connection refused: nothing listens there",
	ENOTFOUND: "the host name is not known",
	EAI_AGAIN: "the host name cannot be resolved now",
	ETIMEDOUT: "no answer",
	ENETUNREACH: "the network is unreachable",
	EHOSTUNREACH: "the host is unreachable",
};

/** Network failures, told apart from answers of a server. */
export function networkProblem(error: unknown): string | undefined {
	const code = (error as { code?: unknown } | null)?.code;
	if (typeof code !== "string") return undefined;
	return reasons[code] ?? (/^E[A-Z]+$/.test(code) ? code : undefined);
}

/**
 * Tries to open a connection, and resolves to what stands in the way, or undefined where nothing does.
 *
 * Behind a proxy (NODE_USE_ENV_PROXY) nothing is tried, because the address need not be reachable directly.
 */
export function connectionProblem(url: string, timeoutMs = 2_000): Promise<string | undefined> {
	const address = addressOf(url);
	if (address === undefined || process.env.NODE_USE_ENV_PROXY) return Promise.resolve(undefined);
	return new Promise((resolve) => {
		const socket = connect(address);
		const settle = (problem: string | undefined) => {
			socket.destroy();
			resolve(problem);
		};
		socket.setTimeout(timeoutMs, () => settle(reasons.ETIMEDOUT));
		socket.once("connect", () => settle(undefined));
		socket.once("error", (error) => settle(networkProblem(firstOf(error)) ?? String(error)));
	});
}

/** A name with several addresses fails with one error for all of them. */
function firstOf(error: Error): unknown {
	return error instanceof AggregateError ? (error.errors[0] ?? error) : error;
}
