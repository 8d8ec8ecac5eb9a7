import { connect } from "node:net";
import OpenAI, {
	APIUserAbortError,
	AuthenticationError,
	BadRequestError,
	InternalServerError,
	NotFoundError,
	RateLimitError,
} from "openai";
import { afterEach, expect, test } from "vitest";
import { repeatEvery } from "./fault-schedule.ts";
import { type OpenAiServer, type OpenAiServerOptions, startOpenAiServer } from "./openai-server.ts";
import { promptTokensOf, tokensOf } from "./tokens.ts";

const model = "extractive-1";
const context = `[1] lamp.md > Lamp > Care
The lamp is cleaned with a dry cloth. Never put the lamp into water.

[2] door.md > Door
The door opens to the left side.
`;
const messages = [
	{ role: "system" as const, content: "Answer from the passages." },
	{ role: "user" as const, content: `${context}\nQuestion: How is the lamp cleaned?` },
];
const expectedAnswer = "The lamp is cleaned with a dry cloth. [1]\n\nSources:\n[1] lamp.md > Lamp > Care";

const servers: OpenAiServer[] = [];
afterEach(async () => {
	await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(options: OpenAiServerOptions = {}): Promise<{ server: OpenAiServer; client: OpenAI }> {
	const server = await startOpenAiServer({ faults: "none", firstWordMs: 0, wordMs: 0, ...options });
	servers.push(server);
	return { server, client: new OpenAI({ apiKey: "test", baseURL: server.url, maxRetries: 0 }) };
}

async function post(
	server: OpenAiServer,
	body: string,
	headers: Record<string, string> = { authorization: "Bearer x" },
) {
	const response = await fetch(`${server.url}/chat/completions`, { method: "POST", body, headers });
	return { response, error: ((await response.json()) as { error: Record<string, unknown> }).error };
}

test("answers with the sentence that fits the question and cites where it stands", async () => {
	const { client } = await start();
	const completion = await client.chat.completions.create({ model, messages });
	expect(completion.choices[0]?.message.content).toBe(expectedAnswer);
	expect(completion.choices[0]?.finish_reason).toBe("stop");
	expect(completion.model).toBe(model);
});

test("counts the tokens of prompt and answer with the tokenizer of the real models", async () => {
	const { client } = await start();
	const { usage } = await client.chat.completions.create({ model, messages });
	const [input, output] = [promptTokensOf(messages).length, tokensOf(expectedAnswer).length];
	expect(usage).toMatchObject({ prompt_tokens: input, completion_tokens: output, total_tokens: input + output });
});

test("streams the same answer word by word and the usage at the end", async () => {
	const { client } = await start();
	const stream = await client.chat.completions.create({
		model,
		messages,
		stream: true,
		stream_options: { include_usage: true },
	});
	const chunks = await Array.fromAsync(stream);
	expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe(expectedAnswer);
	expect(chunks.filter(({ choices }) => choices[0]?.delta.content).length).toBe(expectedAnswer.split(/\s+/).length);
	expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("stop");
	expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: tokensOf(expectedAnswer).length } });
	expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
});

test("leaves usage out of a stream that does not ask for it", async () => {
	const { client } = await start();
	const chunks = await Array.fromAsync(await client.chat.completions.create({ model, messages, stream: true }));
	expect(chunks.every((chunk) => chunk.usage === undefined && chunk.choices.length === 1)).toBe(true);
});

test("stops after max_completion_tokens and says so", async () => {
	const { client } = await start();
	const completion = await client.chat.completions.create({ model, messages, max_completion_tokens: 4 });
	expect(completion.choices[0]?.finish_reason).toBe("length");
	expect(completion.usage?.completion_tokens).toBe(4);
});

test("reports a long prompt that comes again as cached", async () => {
	const { client } = await start();
	const long = [{ role: "user" as const, content: `${"some words of a long prompt ".repeat(300)}Question: what?` }];
	const first = await client.chat.completions.create({ model, messages: long });
	const second = await client.chat.completions.create({ model, messages: long });
	expect(first.usage?.prompt_tokens_details?.cached_tokens).toBe(0);
	const cached = second.usage?.prompt_tokens_details?.cached_tokens ?? 0;
	expect(cached).toBeGreaterThanOrEqual(1_024);
	expect(cached % 128).toBe(0);
	expect(cached).toBeLessThanOrEqual(second.usage?.prompt_tokens ?? 0);
});

test("reports of a long prompt what it writes to its cache, as much as it reads the next time", async () => {
	const { client, server } = await start();
	const long = [{ role: "user" as const, content: `${"some words of a long prompt ".repeat(300)}Question: what?` }];
	const detailsOf = async () =>
		(await client.chat.completions.create({ model, messages: long })).usage?.prompt_tokens_details;
	const [first, second] = [await detailsOf(), await detailsOf()];
	expect(first?.cache_write_tokens).toBeGreaterThanOrEqual(1_024);
	expect(second).toMatchObject({ cached_tokens: first?.cache_write_tokens, cache_write_tokens: 0 });
	expect(server.stats().tokens).toMatchObject({
		cached: first?.cache_write_tokens,
		cacheWritten: first?.cache_write_tokens,
	});
});

test("thinks where it is asked to, and bills that as part of the answer", async () => {
	const { client, server } = await start();
	const words = tokensOf(expectedAnswer).length;
	const { usage } = await client.chat.completions.create({ model, messages, reasoning_effort: "medium" });
	expect(usage).toMatchObject({
		completion_tokens: 2 * words,
		completion_tokens_details: { reasoning_tokens: words },
	});
	const quick = await client.chat.completions.create({ model, messages, reasoning_effort: "none" });
	expect(quick.usage?.completion_tokens).toBe(words);
	expect(server.stats().tokens).toMatchObject({ output: 3 * words, reasoning: words });
});

test("tells attempts of one call from calls, by the id that callers give them", async () => {
	const { client, server } = await start();
	for (const id of ["a", "a", "b", undefined])
		await client.chat.completions.create({ model, messages }, id ? { headers: { "x-client-request-id": id } } : {});
	expect(server.stats()).toMatchObject({ requests: 4, calls: 2 });
});

test("sends nothing for a while in the middle of an answer that stalls", async () => {
	const { client, server } = await start({ faults: () => ({ kind: "stall", afterWords: 3, delayMs: 150 }) });
	const stream = await client.chat.completions.create({ model, messages, stream: true });
	const atMs: number[] = [];
	for await (const { choices } of stream) if (choices[0]?.delta.content) atMs.push(performance.now());
	const waitsMs = atMs.slice(1).map((at, index) => at - (atMs[index] ?? 0));
	expect(waitsMs.indexOf(Math.max(...waitsMs))).toBe(2);
	expect(waitsMs[2]).toBeGreaterThanOrEqual(145);
	expect(server.stats().outcomes.ok).toBe(1);
});

test("takes special tokens in a prompt as plain text", async () => {
	const { client } = await start();
	const special = [{ role: "user" as const, content: "What does <|endoftext|> mean?" }];
	const completion = await client.chat.completions.create({ model, messages: special });
	expect(completion.usage?.prompt_tokens).toBeGreaterThan(10);
});

test("lists its models", async () => {
	const { client } = await start({ models: ["a", "b"] });
	const models = await Array.fromAsync(client.models.list());
	expect(models.map(({ id }) => id)).toEqual(["a", "b"]);
});

test("fails as scheduled, by the number of the request, and counts it", async () => {
	const { client, server } = await start({
		faults: repeatEvery(4, {
			1: { kind: "rate_limit", retryAfterSeconds: 7 },
			2: { kind: "server_error" },
			3: { kind: "cut", afterWords: 3 },
		}),
	});
	const limited = await client.chat.completions.create({ model, messages }).catch((error: unknown) => error);
	expect(limited).toBeInstanceOf(RateLimitError);
	expect((limited as RateLimitError).code).toBe("rate_limit_exceeded");
	expect((limited as RateLimitError).headers.get("retry-after")).toBe("7");
	expect((limited as RateLimitError).requestID).toMatch(/^req_/);

	await expect(client.chat.completions.create({ model, messages })).rejects.toBeInstanceOf(InternalServerError);

	const words: string[] = [];
	const cut = (async () => {
		for await (const { choices } of await client.chat.completions.create({ model, messages, stream: true })) {
			if (choices[0]?.delta.content) words.push(choices[0].delta.content);
		}
	})();
	await expect(cut).rejects.toThrow();
	expect(words.join("")).toBe("The lamp is ");

	await client.chat.completions.create({ model, messages });
	await expect(client.chat.completions.create({ model, messages })).rejects.toBeInstanceOf(RateLimitError);
	expect(server.stats()).toMatchObject({
		requests: 5,
		outcomes: { ok: 1, rate_limited: 2, server_error: 1, cut: 1, aborted: 0, invalid: 0 },
	});
});

test("cuts an answer that is not streamed in the middle of its body", async () => {
	const { client, server } = await start({ faults: () => ({ kind: "cut", afterWords: 1 }) });
	await expect(client.chat.completions.create({ model, messages })).rejects.toThrow();
	expect(server.stats().outcomes.cut).toBe(1);
});

test("gives an answer without words, and bills what was asked", async () => {
	const { client, server } = await start({ faults: () => ({ kind: "empty" }) });
	const { choices, usage } = await client.chat.completions.create({ model, messages });
	expect(choices[0]?.message.content).toBe("");
	expect(usage).toMatchObject({ prompt_tokens: promptTokensOf(messages).length, completion_tokens: 0 });
	expect(server.stats()).toMatchObject({ outcomes: { ok: 1 }, tokens: { input: usage?.prompt_tokens, output: 0 } });
});

test("sends the head of a slow stream at once and its first word late", async () => {
	const { client } = await start({ faults: () => ({ kind: "slow", delayMs: 150 }) });
	const startMs = performance.now();
	const stream = await client.chat.completions.create({ model, messages, stream: true });
	const headMs = performance.now() - startMs;
	await stream[Symbol.asyncIterator]().next();
	const firstMs = performance.now() - startMs;
	expect(firstMs).toBeGreaterThanOrEqual(145);
	expect(firstMs - headMs).toBeGreaterThan(50);
});

test("stops streaming once the client has gone", async () => {
	const { client, server } = await start({ wordMs: 20 });
	const stream = await client.chat.completions.create({ model, messages, stream: true });
	for await (const { choices } of stream) if (choices[0]?.delta.content) break;
	await expect.poll(() => server.stats().outcomes).toMatchObject({ aborted: 1, ok: 0 });
});

test("notices an abort before the first word", async () => {
	const { client, server } = await start({ firstWordMs: 10_000 });
	const abort = new AbortController();
	const answer = client.chat.completions.create({ model, messages }, { signal: abort.signal });
	await expect.poll(() => server.stats().requests).toBe(1);
	abort.abort();
	await expect(answer).rejects.toBeInstanceOf(APIUserAbortError);
	await expect.poll(() => server.stats().outcomes.aborted).toBe(1);
});

test("refuses callers without a key, or with a wrong one", async () => {
	const { client, server } = await start({ apiKey: "right" });
	const wrong = await client.chat.completions.create({ model, messages }).catch((error: unknown) => error);
	expect(wrong).toBeInstanceOf(AuthenticationError);
	expect((wrong as AuthenticationError).code).toBe("invalid_api_key");
	await expect(client.models.list()).rejects.toBeInstanceOf(AuthenticationError);
	expect((await post(server, "{}", {})).response.status).toBe(401);
});

test.each([
	["no JSON", "{", 400, null],
	["JSON that is no object", "[]", 400, null],
	["no model", JSON.stringify({ messages }), 400, "model"],
	["no messages", JSON.stringify({ model }), 400, "messages"],
	["an empty list of messages", JSON.stringify({ model, messages: [] }), 400, "messages"],
	["a message that is no object", JSON.stringify({ model, messages: ["hello"] }), 400, "messages[0]"],
	["a message without role", JSON.stringify({ model, messages: [{ content: "hello" }] }), 400, "messages[0].role"],
	[
		"content of a wrong type",
		JSON.stringify({ model, messages: [{ role: "user", content: 1 }] }),
		400,
		"messages[0].content",
	],
	["a wrong stream flag", JSON.stringify({ model, messages, stream: "yes" }), 400, "stream"],
	["an unknown effort", JSON.stringify({ model, messages, reasoning_effort: "much" }), 400, "reasoning_effort"],
	["no token allowed", JSON.stringify({ model, messages, max_tokens: 0 }), 400, "max_tokens"],
	["several choices", JSON.stringify({ model, messages, n: 2 }), 400, "n"],
])("refuses a request with %s and names the parameter", async (_, body, status, param) => {
	const { server } = await start();
	const { response, error } = await post(server, body);
	expect(response.status).toBe(status);
	expect(response.headers.get("x-request-id")).toMatch(/^req_/);
	expect(error).toMatchObject({ type: "invalid_request_error", param, message: expect.any(String) });
	expect(server.stats()).toMatchObject({ requests: 1, outcomes: { invalid: 1 } });
});

test("gives the official client the error classes it knows", async () => {
	const { client } = await start();
	await expect(client.chat.completions.create({ model: "none", messages })).rejects.toBeInstanceOf(NotFoundError);
	await expect(client.chat.completions.create({ model, messages: [] })).rejects.toBeInstanceOf(BadRequestError);
});

test("refuses a body that is too large, without reading it all into memory", async () => {
	const { server } = await start({ maxBodyBytes: 1_000 });
	const { response, error } = await post(server, JSON.stringify({ model, messages, padding: "x".repeat(5_000_000) }));
	expect(response.status).toBe(413);
	expect(error.code).toBe("request_too_large");
});

test("says 404 for an address it does not know", async () => {
	const { server, client } = await start();
	await expect(client.embeddings.create({ model, input: "x" })).rejects.toBeInstanceOf(NotFoundError);
	expect(server.stats().requests).toBe(0);
});

test("counts a caller that goes away in the middle of its request", async () => {
	const { server } = await start();
	const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
	const head =
		"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer x\r\ncontent-length: 100\r\n\r\n{";
	socket.write(head, () => socket.destroy());
	await expect.poll(() => server.stats()).toMatchObject({ requests: 1, outcomes: { aborted: 1 } });
});
