import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import Anthropic from "@anthropic-ai/sdk";
import { type Charge, footlight } from "@footlight/core";
import { manualClock, recordingTracerProvider } from "@footlight/core/testing";
import { GoogleGenAI } from "@google/genai";
import { embed, generateText, streamText } from "ai";
import { MockEmbeddingModelV4, MockLanguageModelV4, simulateReadableStream } from "ai/test";
import OpenAI from "openai";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { genaiPrices } from "./genai-prices.ts";
import { type ProviderAnswer, providerAnswers } from "./provider-answers.fixture.ts";

/** What the server answers next. */
let next: ProviderAnswer;
const server = createServer((incoming, response) => {
	incoming.resume();
	if (next.chunks === undefined) {
		response.writeHead(200, { "content-type": "application/json", ...headersOf(next.answer) });
		response.end(JSON.stringify(next.answer));
	} else stream(response, next.chunks);
});

/** Google's client puts the headers of the response on its result. */
function headersOf(answer: unknown): Record<string, string> {
	return (answer as { sdkHttpResponse?: { headers: Record<string, string> } }).sdkHttpResponse?.headers ?? {};
}

function stream(response: ServerResponse, chunks: readonly unknown[]): void {
	response.writeHead(200, { "content-type": "text/event-stream" });
	for (const chunk of chunks) {
		const { type } = chunk as { type?: string };
		response.write(`${type === undefined ? "" : `event: ${type}\n`}data: ${JSON.stringify(chunk)}\n\n`);
	}
	if (next.method === "chat.completions.create") response.write("data: [DONE]\n\n");
	response.end();
}

server.listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
afterAll(() => {
	server.closeAllConnections();
	server.close();
});

const charges: Charge[] = [];
const tracerProvider = recordingTracerProvider();
const light = footlight("docs-qa", {
	prices: genaiPrices(),
	clock: manualClock(Date.parse("2026-11-21")),
	tracerProvider,
	onCharge: (charge) => void charges.push(charge),
});
beforeEach(() => {
	charges.length = 0;
	tracerProvider.clear();
});

// biome-ignore lint/suspicious/noExplicitAny: each row has the method and the request it needs
type Client = any;

const openAi: Client = light.instrument(new OpenAI({ apiKey: "key", baseURL: url, maxRetries: 0 }), {
	kind: "model",
	methods: ["chat.completions.create", "responses.create", "embeddings.create"],
});
const anthropic: Client = light.instrument(new Anthropic({ apiKey: "key", baseURL: url, maxRetries: 0 }), {
	kind: "model",
	methods: ["messages.create"],
});
const google: Client = light.instrument(new GoogleGenAI({ apiKey: "key", httpOptions: { baseUrl: url } }), {
	kind: "model",
	methods: ["models.generateContent", "models.generateContentStream"],
});
const clients: Readonly<Record<string, Client>> = { openai: openAi, anthropic, "gcp.gemini": google };

function ask(client: Client, { method, request, chunks }: ProviderAnswer): Promise<unknown> {
	const path = method.split(".");
	const name = path.pop() as string;
	const owner = path.reduce((object, key) => object[key], client);
	return owner[name]({
		...request,
		messages: [{ role: "user", content: "…" }],
		input: "…",
		contents: "…",
		max_tokens: 100,
		encoding_format: "float",
		...(chunks !== undefined && { stream: true }),
	});
}

const throughClients = providerAnswers.filter(({ provider = "", on, method }) => {
	return provider in clients && on === undefined && !/^(generateText|stream|do|embed$)/.test(method);
});

describe("a real client of the provider, against a server that answers so, is charged the same:", () => {
	test.each(throughClients)("$title", async (row) => {
		next = row;
		const client = clients[row.provider ?? ""];
		const answer = await ask(client, row);
		if (row.chunks !== undefined) for await (const _ of answer as AsyncIterable<unknown>);
		expect(charges).toHaveLength(1);
		const { spend } = charges[0] as Charge;
		if (typeof row.costs === "number") expect(spend.costUsd).toBeCloseTo(row.costs, 12);
		else expect(spend[row.costs === "unpriced" ? "unpricedCalls" : "unmeteredCalls"]).toBe(1);
		if (row.tokens !== undefined) {
			expect(spend).toMatchObject({ inputTokens: row.tokens.input, outputTokens: row.tokens.output });
		}
	});

	test("covers the providers, streams included", () => {
		expect(throughClients.length).toBeGreaterThan(35);
		expect(throughClients.filter(({ chunks }) => chunks !== undefined).length).toBeGreaterThan(4);
	});
});

describe("the AI SDK", () => {
	const usage = {
		inputTokens: { total: 812, noCache: 300, cacheRead: 512, cacheWrite: 0 },
		outputTokens: { total: 96, text: 32, reasoning: 64 },
	};
	const costs = (300 * 0.25 + 512 * 0.025 + 96 * 2) / 1_000_000;
	const response = { id: "r-1", modelId: "gpt-5-mini", timestamp: new Date(0) };
	const finishReason = { unified: "stop" as const, raw: "stop" };
	const chatModel = () =>
		new MockLanguageModelV4({
			provider: "openai.responses",
			modelId: "gpt-5-mini",
			doGenerate: {
				content: [{ type: "text", text: "forty-two" }],
				finishReason,
				usage,
				warnings: [],
				response,
			},
			doStream: async () => ({
				stream: simulateReadableStream({
					chunks: [
						{ type: "stream-start", warnings: [] },
						{ type: "response-metadata", ...response },
						{ type: "text-start", id: "0" },
						{ type: "text-delta", id: "0", delta: "forty-two" },
						{ type: "text-end", id: "0" },
						{ type: "finish", finishReason, usage },
					],
				}),
			}),
		});

	test("generateText", async () => {
		const ask = light.stage("ask", generateText, { kind: "model", provider: "openai" });
		expect((await ask({ model: chatModel(), prompt: "…" })).text).toBe("forty-two");
		expect(charges).toHaveLength(1);
		expect(charges[0]?.spend).toMatchObject({ inputTokens: 812, outputTokens: 96, cacheReadTokens: 512 });
		expect(charges[0]?.spend.costUsd).toBeCloseTo(costs, 12);
		expect(tracerProvider.spans[0]?.attributes).toMatchObject({
			"gen_ai.request.model": "gpt-5-mini",
			"gen_ai.response.id": "r-1",
			"gen_ai.response.finish_reasons": ["stop"],
		});
	});

	test("the stream of all parts that streamText gives", async () => {
		const ask = light.stage("ask", () => streamText({ model: chatModel(), prompt: "…" }).stream, {
			kind: "model",
			provider: "openai",
		});
		for await (const _ of ask());
		expect(charges.map(({ spend }) => spend.inputTokens)).toEqual([812]);
		expect(charges[0]?.spend.costUsd).toBeCloseTo(costs, 12);
		expect(tracerProvider.spans[0]?.attributes["gen_ai.response.id"]).toBe("r-1");
	});

	test("the result of streamText itself is left alone: its usage cannot be asked for without reading the stream", async () => {
		const model = chatModel();
		const ask = light.stage("ask", () => streamText({ model, prompt: "…" }), { kind: "model", provider: "openai" });
		const result = ask();
		expect(charges.map(({ spend }) => spend)).toEqual([{ unmeteredCalls: 1 }]);
		let text = "";
		for await (const part of result.textStream) text += part;
		expect(text).toBe("forty-two");
	});

	test("embed", async () => {
		const model = new MockEmbeddingModelV4({
			provider: "openai.embedding",
			modelId: "text-embedding-3-small",
			doEmbed: { embeddings: [[0.1]], usage: { tokens: 8 }, warnings: [] },
		});
		await light.stage("embed", embed, { kind: "model", provider: "openai" })({ model, value: "…" });
		expect(charges[0]?.spend.costUsd).toBeCloseTo((8 * 0.02) / 1_000_000, 12);
	});
});
