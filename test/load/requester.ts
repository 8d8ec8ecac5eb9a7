import { Agent, get, type IncomingMessage } from "node:http";
import { TimeoutError } from "@footlight/core";
import type { Ledger } from "./ledger.ts";
import { type ClientEnd, requestNumberHeader } from "./request-end.ts";

/** An answer other than 200, with what a retry layer reads of it. */
export class StatusError extends Error {
	readonly status: number;
	readonly headers: IncomingMessage["headers"];

	constructor({ statusCode = 0, headers }: IncomingMessage) {
		super(`status ${statusCode}`);
		this.status = statusCode;
		this.headers = headers;
	}
}

export interface Requester {
	/** Sends a request for a call, and writes down how it went. */
	request(call: number, signal: AbortSignal | undefined): Promise<string>;
	close(): void;
}

/** Makes requests over few connections that are kept, so that under load some are given up before they have one. */
export function requester(port: number, ledger: Ledger, maxSockets: number): Requester {
	const agent = new Agent({ keepAlive: true, maxSockets });
	return {
		request: (call, signal) =>
			new Promise((resolve, reject) => {
				const number = ledger.attempt(call);
				let isOver = false;
				const end = (how: ClientEnd) => {
					if (!isOver) ledger.ended(number, how);
					isOver = true;
				};
				const fail = (error: Error) => {
					end(endOf(error, signal));
					reject(error);
				};
				const headers = { [requestNumberHeader]: number };
				const request = get({ host: "127.0.0.1", port, agent, headers });
				// Not by the option `signal`: a request that waits for a connection would hear of it only when it has one.
				signal?.addEventListener(
					"abort",
					() => {
						fail(signal.reason);
						request.destroy();
					},
					{ once: true },
				);
				request.once("finish", () => ledger.sent(number));
				request.on("error", fail);
				request.once("response", (response) => {
					let text = "";
					response.setEncoding("utf8").on("data", (part: string) => {
						text += part;
					});
					response.once("error", fail);
					response.once("end", () => {
						if (response.statusCode !== 200) return fail(new StatusError(response));
						end("ok");
						resolve(text);
					});
				});
			}),
		close: () => agent.destroy(),
	};
}

function endOf(error: Error, signal: AbortSignal | undefined): ClientEnd {
	if (error instanceof StatusError) return error.status === 404 ? "missing" : error.status === 503 ? "failed" : "other";
	if (signal?.aborted) return signal.reason instanceof TimeoutError ? "timeout" : "cancelled";
	return (error as NodeJS.ErrnoException).code === "ECONNRESET" ? "reset" : "other";
}
