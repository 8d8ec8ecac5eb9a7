import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A model provider on loopback, as the clients' wire protocols want it. */
export interface ModelServer {
	readonly baseURL: string;
	/** Requests that have arrived. */
	count(): number;
	reset(): void;
	close(): Promise<void>;
}

interface Request {
	readonly model: string;
	readonly stream?: boolean;
	readonly tools?: unknown[];
	readonly messages: readonly { readonly role: string }[];
}

const words = ["The", " stage", " is", " lit"];
const openAiUsage = {
	prompt_tokens: 12,
	completion_tokens: 4,
	total_tokens: 16,
	prompt_tokens_details: { cached_tokens: 8 },
};

/** The model's name says what happens: `ok`, `fails-429`, `fails-500`, `cut` (midway), `endless`, `silent`. */
export async function modelServer(): Promise<ModelServer> {
	let requests = 0;
	const server = createServer(async (incoming, response) => {
		requests++;
		try {
			const request: Request = JSON.parse(await text(incoming));
			const failing = /^fails-(\d+)$/.exec(request.model);
			if (failing !== null)
				return json(response, Number(failing[1]), { error: { message: "not now", type: "server_error" } });
			if (request.model === "silent") return;
			await (incoming.url?.endsWith("/messages") ? answerAsAnthropic : answerAsOpenAi)(request, incoming, response);
		} catch {
			response.destroy();
		}
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return {
		baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
		count: () => requests,
		reset() {
			requests = 0;
		},
		async close() {
			server.closeAllConnections();
			server.close();
			await once(server, "close");
		},
	};
}

async function answerAsOpenAi(request: Request, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
	const asksForTool = request.tools !== undefined && !request.messages.some(({ role }) => role === "tool");
	const call = { id: "call-1", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } };
	const shared = { id: "chatcmpl-1", created: 1, model: "ok-2026" };
	if (!request.stream) {
		const message = asksForTool
			? { role: "assistant", content: null, tool_calls: [call] }
			: { role: "assistant", content: '{"answer":42}', refusal: null };
		const choices = [{ index: 0, message, finish_reason: asksForTool ? "tool_calls" : "stop", logprobs: null }];
		return json(response, 200, { ...shared, object: "chat.completion", choices, usage: openAiUsage });
	}
	const chunk = (delta: object, finish_reason: string | null, more: object = {}) => ({
		data: { ...shared, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }], ...more },
	});
	const events = words.map((content, index) => chunk(index === 0 ? { role: "assistant", content } : { content }, null));
	const last = { data: { ...shared, object: "chat.completion.chunk", choices: [], usage: openAiUsage } };
	await sse(request, incoming, response, [...events, chunk({}, "stop"), last, { data: "[DONE]" }]);
}

async function answerAsAnthropic(request: Request, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
	const message = { id: "msg-1", type: "message", role: "assistant", model: "ok-2026", stop_sequence: null };
	if (!request.stream) {
		const content = [{ type: "text", text: words.join("") }];
		const usage = { input_tokens: 4, output_tokens: 4, cache_read_input_tokens: 8, cache_creation_input_tokens: 0 };
		return json(response, 200, { ...message, content, stop_reason: "end_turn", usage });
	}
	const events = [
		{
			type: "message_start",
			message: { ...message, content: [], stop_reason: null, usage: { input_tokens: 12, output_tokens: 1 } },
		},
		{ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
		...words.map((word) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: word } })),
		{ type: "content_block_stop", index: 0 },
		{ type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 4 } },
		{ type: "message_stop" },
	];
	await sse(
		request,
		incoming,
		response,
		events.map((data) => ({ event: data.type, data })),
	);
}

function json(response: ServerResponse, status: number, body: unknown): void {
	response.writeHead(status, { "content-type": "application/json", "x-request-id": "req-1" });
	response.end(JSON.stringify(body));
}

/** Writes one event after the other, each in a turn of its own, so that a stream takes time and can be cut. */
async function sse(
	{ model }: Request,
	incoming: IncomingMessage,
	response: ServerResponse,
	events: readonly { event?: string; data: unknown }[],
): Promise<void> {
	response.writeHead(200, { "content-type": "text/event-stream", "x-request-id": "req-1" });
	for (let index = 0; index < events.length; index++) {
		const { event, data } = events[index] as (typeof events)[number];
		if (event !== undefined) response.write(`event: ${event}\n`);
		response.write(`data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`);
		await new Promise((resolve) => setTimeout(resolve, 2));
		if (incoming.socket.destroyed) return;
		if (model === "cut" && index === 2) return void response.destroy();
		if (model === "endless" && index === 2) index--;
	}
	response.end();
}
