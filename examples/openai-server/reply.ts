import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiError } from "./api-error.ts";
import { type Completion, toChatCompletion, toChunks } from "./completion.ts";
import type { Fault } from "./fault-schedule.ts";

/** Stands for the end of a connection that the fault schedule cuts. */
export class ConnectionCut extends Error {}

export interface Pace {
	readonly firstWordMs: number;
	readonly wordMs: number;
	readonly fault: Fault | undefined;
	/** Aborted when the client has gone. */
	readonly signal: AbortSignal;
}

/** Sends a completion word by word as server-sent events. */
export async function sendStream(
	response: ServerResponse,
	completion: Completion,
	includeUsage: boolean,
	{ firstWordMs, wordMs, fault, signal }: Pace,
): Promise<void> {
	async function* events(): AsyncGenerator<string> {
		await sleep(fault?.kind === "slow" ? fault.delayMs : firstWordMs, undefined, { signal });
		let words = 0;
		for (const chunk of toChunks(completion, includeUsage)) {
			yield `data: ${JSON.stringify(chunk)}\n\n`;
			if (!chunk.choices[0]?.delta.content) continue;
			await sleep(wordMs, undefined, { signal });
			words += 1;
			if (fault?.kind === "cut" && words === fault.afterWords) throw new ConnectionCut();
			if (fault?.kind === "stall" && words === fault.afterWords) await sleep(fault.delayMs, undefined, { signal });
		}
		yield "data: [DONE]\n\n";
	}
	response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
	response.flushHeaders();
	await pipeline(events, response);
}

/** Sends a completion as one JSON body. */
export async function sendWhole(
	response: ServerResponse,
	completion: Completion,
	{ firstWordMs, fault, signal }: Pace,
): Promise<void> {
	const body = JSON.stringify(toChatCompletion(completion));
	await sleep(fault?.kind === "slow" ? fault.delayMs : firstWordMs, undefined, { signal });
	if (fault?.kind === "cut") {
		response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
		await new Promise((resolve) => response.write(body.slice(0, body.length / 2), resolve));
		throw new ConnectionCut();
	}
	sendJson(response, 200, body);
}

/** Sends a refusal, or drops the connection where an answer has begun. */
export function sendError(response: ServerResponse, error: unknown): void {
	const refusal =
		error instanceof ApiError ? error : new ApiError(500, "The server had an error.", { type: "server_error" });
	if (response.headersSent) response.destroy();
	else sendJson(response, refusal.status, refusal.body(), refusal.headers);
}

export function sendJson(
	response: ServerResponse,
	status: number,
	body: string,
	headers: Readonly<Record<string, string>> = {},
): void {
	response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
}
