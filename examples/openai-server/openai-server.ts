import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ApiError } from "./api-error.ts";
import { parseChatRequest } from "./chat-request.ts";
import { complete, withoutWords } from "./completion.ts";
import { distinctCount } from "./distinct-count.ts";
import { demoFaults, type Fault, type FaultSchedule } from "./fault-schedule.ts";
import { promptCache } from "./prompt-cache.ts";
import { readBody } from "./read-body.ts";
import { ConnectionCut, sendError, sendJson, sendStream, sendWhole } from "./reply.ts";

/** How a chat completion request ended. An answer that is slow, or empty, is an ok one. */
export type RequestOutcome = "ok" | "rate_limited" | "server_error" | "cut" | "aborted" | "invalid";

/** Cached and cache-written ones are part of the input, reasoning is part of the output. */
type BilledTokens = "input" | "cached" | "cacheWritten" | "output" | "reasoning";

export interface OpenAiServerOptions {
	/** @default 0, any free port */
	readonly port?: number;
	/** The key that callers must send. @default any */
	readonly apiKey?: string;
	/** @default ["extractive-1"] */
	readonly models?: readonly string[];
	/** @default demoFaults */
	readonly faults?: FaultSchedule | "none";
	/** Time to the first word of an answer. @default 60 */
	readonly firstWordMs?: number;
	/** Time between two words of a streamed answer. @default 5 */
	readonly wordMs?: number;
	/** Largest request body. @default 1 MiB */
	readonly maxBodyBytes?: number;
}

export interface OpenAiServerStats {
	/** Chat completion requests received. */
	readonly requests: number;
	/**
	 * Different `X-Client-Request-Id` among them: a caller that gives all attempts of one call the same is told apart from
	 * one that asks anew, so that requests over calls is what its retries multiplied the load by.
	 */
	readonly calls: number;
	/** Chat completion requests that came to an end, by how. */
	readonly outcomes: Readonly<Record<RequestOutcome, number>>;
	/** Tokens of the answers that arrived whole: what a provider would have billed. */
	readonly tokens: Readonly<Record<BilledTokens, number>>;
}

export interface OpenAiServer {
	/** Base URL for a client, ending in /v1. */
	readonly url: string;
	stats(): OpenAiServerStats;
	/** Stops listening and drops every connection. */
	close(): Promise<void>;
}

/** Starts a server on 127.0.0.1 that speaks the OpenAI wire protocol and answers with sentences of the prompt. */
export async function startOpenAiServer({
	port = 0,
	apiKey,
	models = ["extractive-1"],
	faults = demoFaults,
	firstWordMs = 60,
	wordMs = 5,
	maxBodyBytes = 1024 * 1024,
}: OpenAiServerOptions = {}): Promise<OpenAiServer> {
	const cache = promptCache();
	const outcomes = { ok: 0, rate_limited: 0, server_error: 0, cut: 0, aborted: 0, invalid: 0 };
	const tokens = { input: 0, cached: 0, cacheWritten: 0, output: 0, reasoning: 0 };
	let requests = 0;
	const calls = distinctCount();

	const server = createServer(async (request, response) => {
		response.setHeader("x-request-id", `req_${randomUUID()}`);
		try {
			await route(request, response);
		} catch (error) {
			sendError(response, error);
		}
	});

	async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const endpoint = `${request.method} ${request.url?.split("?")[0]}`;
		if (endpoint === "POST /v1/chat/completions") {
			await countChat(request, response);
		} else if (endpoint === "GET /v1/models") {
			authorize(request);
			const data = models.map((id) => ({ id, object: "model", created: 0, owned_by: "footlight-examples" }));
			sendJson(response, 200, JSON.stringify({ object: "list", data }));
		} else {
			throw new ApiError(404, `Unknown request URL: ${endpoint}.`, { code: "unknown_url" });
		}
	}

	async function countChat(request: IncomingMessage, response: ServerResponse): Promise<void> {
		requests += 1;
		const callId = request.headers["x-client-request-id"];
		if (typeof callId === "string") calls.add(callId);
		const fault = faults === "none" ? undefined : faults(requests);
		const disconnected = new AbortController();
		response.once("close", () => disconnected.abort());
		let outcome: RequestOutcome = "ok";
		try {
			await answerChat(request, response, fault, disconnected.signal);
		} catch (error) {
			outcome = outcomeOf(error, disconnected.signal);
			throw error;
		} finally {
			outcomes[outcome] += 1;
		}
	}

	async function answerChat(
		request: IncomingMessage,
		response: ServerResponse,
		fault: Fault | undefined,
		signal: AbortSignal,
	): Promise<void> {
		authorize(request);
		const chat = parseChatRequest(await readBody(request, maxBodyBytes), models);
		refuseWhenScheduled(fault);
		const whole = complete(chat, cache);
		const completion = fault?.kind === "empty" ? withoutWords(whole) : whole;
		const pace = { firstWordMs, wordMs, fault, signal };
		if (chat.stream) await sendStream(response, completion, chat.includeUsage, pace);
		else await sendWhole(response, completion, pace);
		const { prompt_tokens, completion_tokens, prompt_tokens_details, completion_tokens_details } = completion.usage;
		tokens.input += prompt_tokens;
		tokens.cached += prompt_tokens_details?.cached_tokens ?? 0;
		tokens.cacheWritten += prompt_tokens_details?.cache_write_tokens ?? 0;
		tokens.output += completion_tokens;
		tokens.reasoning += completion_tokens_details?.reasoning_tokens ?? 0;
	}

	function authorize(request: IncomingMessage): void {
		const [, key] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
		if (key === undefined) throw new ApiError(401, "You didn't provide an API key.");
		if (apiKey !== undefined && key !== apiKey) {
			throw new ApiError(401, "Incorrect API key provided.", { code: "invalid_api_key" });
		}
	}

	server.listen(port, "127.0.0.1");
	await once(server, "listening");
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
		stats: () => ({ requests, calls: calls.read(), outcomes: { ...outcomes }, tokens: { ...tokens } }),
		async close() {
			const closed = once(server, "close");
			server.close();
			server.closeAllConnections();
			await closed;
		},
	};
}

function refuseWhenScheduled(fault: Fault | undefined): void {
	if (fault?.kind === "rate_limit") {
		throw new ApiError(429, "Rate limit reached for requests. Please try again later.", {
			type: "requests",
			code: "rate_limit_exceeded",
			headers: { "retry-after": String(fault.retryAfterSeconds) },
		});
	}
	if (fault?.kind === "server_error") {
		throw new ApiError(500, "The server had an error while processing your request.", { type: "server_error" });
	}
}

function outcomeOf(error: unknown, disconnected: AbortSignal): RequestOutcome {
	if (error instanceof ConnectionCut) return "cut";
	if (error instanceof ApiError && error.status === 429) return "rate_limited";
	if (error instanceof ApiError && error.status < 500) return "invalid";
	return disconnected.aborted ? "aborted" : "server_error";
}
