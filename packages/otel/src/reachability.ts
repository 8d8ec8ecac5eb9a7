import { connect } from "node:net";
import { networkProblem } from "./export-problem.ts";
import { addressCure, addressOf } from "./otlp-target.ts";

/**
 * Tries to open a connection, and resolves to what stands in the way, or undefined where nothing does.
 *
 * Behind a proxy (NODE_USE_ENV_PROXY) nothing is tried, because the address need not be reachable directly.
 */
export function connectionProblem(url: string, timeoutMs = 2_000): Promise<string | undefined> {
	if (addressCure(url) !== undefined) return Promise.resolve("this is no address");
	const address = addressOf(url);
	if (address === undefined || process.env.NODE_USE_ENV_PROXY) return Promise.resolve(undefined);
	return new Promise((resolve) => {
		const socket = connect(address);
		const settle = (problem: string | undefined) => {
			socket.destroy();
			resolve(problem);
		};
		socket.setTimeout(timeoutMs, () => settle(networkProblem({ code: "ETIMEDOUT" })));
		socket.once("connect", () => settle(undefined));
		socket.once("error", (error) => settle(networkProblem(firstOf(error)) ?? String(error)));
	});
}

/** A name with several addresses fails with one error for all of them. */
function firstOf(error: Error): unknown {
	return error instanceof AggregateError ? (error.errors[0] ?? error) : error;
}
