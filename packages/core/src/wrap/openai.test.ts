import OpenAI, { APIError, APIUserAbortError } from "openai";
import type { ChatCompletionCreateParamsNonStreaming, ChatCompletionCreateParamsStreaming } from "openai/resources";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { footlight } from "../index.ts";
import { exceptionsOf, milliseconds, registerSdk } from "../sdk.fixture.ts";
import { modelServer } from "./model-server.fixture.ts";

const sdk = registerSdk();
const light = footlight("chat");
const server = await modelServer();
afterAll(() => server.close());

const options = { apiKey: "key", baseURL: server.baseURL, maxRetries: 0 };
const bare = new OpenAI(options);
const client = light.instrument(new OpenAI(options), { kind: "model", methods: ["chat.completions.create"] });

beforeEach(() => {
	sdk.reset();
	server.reset();
});

type Messages = ChatCompletionCreateParamsNonStreaming["messages"];
const messages: Messages = [{ role: "user", content: "What is a stage?" }];
const asked = (model = "ok"): ChatCompletionCreateParamsNonStreaming => ({ model, messages, temperature: 0.2 });
const streamed = (model = "ok"): ChatCompletionCreateParamsStreaming => ({
	model,
	messages,
	stream: true,
	stream_options: { include_usage: true },
});

const usage = {
	"gen_ai.operation.name": "chat",
	"gen_ai.provider.name": "openai",
	"gen_ai.request.model": "ok",
	"gen_ai.response.id": "chatcmpl-1",
	"gen_ai.response.model": "ok-2026",
	"gen_ai.response.finish_reasons": ["stop"],
	"gen_ai.usage.input_tokens": 12,
	"gen_ai.usage.output_tokens": 4,
	"gen_ai.usage.cache_read.input_tokens": 8,
};

/** Ways of asking, each with the bare and the wrapped client; what they give must be equal. */
const ways: Readonly<Record<string, (openai: OpenAI) => Promise<unknown>>> = {
	await: async (openai) => await openai.chat.completions.create(asked()),
	"then and finally": (openai) =>
		openai.chat.completions
			.create(asked())
			.then((answer) => answer)
			.finally(() => {}),
	"an APIPromise's own members": async (openai) => {
		const promise = openai.chat.completions.create(asked());
		return [promise.constructor.name, promise instanceof Promise, (await promise)._request_id];
	},
	withResponse: async (openai) => {
		const { data, response, request_id } = await openai.chat.completions.create(asked()).withResponse();
		return [data, response.status, request_id];
	},
	"withResponse, streamed": async (openai) => {
		const { data, response } = await openai.chat.completions.create(streamed()).withResponse();
		return [await Array.fromAsync(data), response.headers.get("content-type")];
	},
	"APIPromise.parse": (openai) =>
		(openai.chat.completions.create(asked()) as unknown as { parse(): Promise<unknown> }).parse(),
	"completions.parse": async (openai) => (await openai.chat.completions.parse(asked())).choices[0]?.message,
	"awaited twice": async (openai) => {
		const promise = openai.chat.completions.create(asked());
		const [first, second] = [await promise, await promise];
		return [first === second, first];
	},
	"for await": async (openai) => Array.fromAsync(await openai.chat.completions.create(streamed())),
	"stream awaited twice": async (openai) => {
		const promise = openai.chat.completions.create(streamed());
		const stream = await promise;
		return [stream === (await promise), await Array.fromAsync(stream)];
	},
	tee: async (openai) => {
		const [left, right] = (await openai.chat.completions.create(streamed())).tee();
		return [await Array.fromAsync(left), await Array.fromAsync(right)];
	},
	"tee, the second branch only": async (openai) => {
		const [, right] = (await openai.chat.completions.create(streamed())).tee();
		return Array.fromAsync(right);
	},
	toReadableStream: async (openai) =>
		new Response((await openai.chat.completions.create(streamed())).toReadableStream()).text(),
	"the stream helper, iterated": (openai) => Array.fromAsync(openai.chat.completions.stream(streamed())),
	"the stream helper, listened to": async (openai) => {
		const seen: unknown[] = [];
		const stream = openai.chat.completions
			.stream(streamed())
			.on("content", (delta, whole) => seen.push([delta, whole]));
		const answer = await stream.finalChatCompletion();
		return [seen, answer, await stream.totalUsage()];
	},
};

describe("a client wrapped by instrument gives what the bare one gives, and its span tells all of it:", () => {
	test.each(Object.entries(ways))("%s", async (_, ask) => {
		const expected = await ask(bare);
		server.reset();
		expect(await ask(client)).toEqual(expected);
		expect(server.count()).toBe(1);
		expect(sdk.spans()).toHaveLength(1);
		const span = sdk.span("chat ok");
		expect(span.kind).toBe(2);
		expect(span.status.code).toBe(0);
		expect(span.attributes).toMatchObject({ outcome: "ok", ...usage });
	});

	test("asResponse, whose body nobody reads on Footlight's behalf", async () => {
		const response = await client.chat.completions.create(asked()).asResponse();
		expect(sdk.span("chat ok").attributes.outcome).toBe("ok");
		expect(await response.json()).toMatchObject({ id: "chatcmpl-1" });
		expect(server.count()).toBe(1);
	});

	test("runTools, with one span for each request", async () => {
		const run = (openai: OpenAI) => {
			const weather = {
				type: "function" as const,
				function: {
					name: "weather",
					description: "Tells the weather.",
					parameters: { type: "object" },
					parse: JSON.parse,
					function: ({ city }: { city: string }) => `Rain in ${city}`,
				},
			};
			return openai.chat.completions.runTools({ ...asked(), tools: [weather] }).finalContent();
		};
		const expected = await run(bare);
		server.reset();
		expect(await run(client)).toBe(expected);
		expect(server.count()).toBe(2);
		expect(sdk.spans().map(({ attributes }) => attributes["gen_ai.response.finish_reasons"])).toEqual([
			["tool_calls"],
			["stop"],
		]);
	});
});

describe("the span of a streamed answer", () => {
	test("lasts as long as the stream, and counts its chunks", async () => {
		const stream = await client.chat.completions.create(streamed());
		let chunks = 0;
		for await (const _ of stream) {
			chunks++;
			expect(sdk.spans()).toEqual([]);
		}
		const { attributes, startTime, endTime } = sdk.span("chat ok");
		expect(attributes["stream.item_count"]).toBe(chunks);
		expect(attributes["gen_ai.request.stream"]).toBe(true);
		const seconds = attributes["gen_ai.response.time_to_first_chunk"] as number;
		expect(seconds).toBeGreaterThan(0);
		expect(seconds * 1_000).toBeLessThan(milliseconds(endTime) - milliseconds(startTime));
	});

	test.each([
		["a break", async (stream: AsyncIterable<unknown>) => void (await stream[Symbol.asyncIterator]().next())],
		[
			"the stream's own controller",
			async (stream: AsyncIterable<unknown> & { controller: AbortController }) => {
				for await (const _ of stream) stream.controller.abort();
			},
		],
	] as const)("is cancelled by %s, without an error", async (how, stop) => {
		const stream = await client.chat.completions.create(streamed("endless"));
		if (how === "a break") for await (const _ of stream) break;
		else await stop(stream);
		const span = sdk.span("chat endless");
		expect(span.attributes.outcome).toBe("cancelled");
		expect(span.status.code).toBe(0);
		expect(exceptionsOf(span)).toEqual([]);
	});

	test("is cancelled by the caller's signal", async () => {
		const stopping = new AbortController();
		const stream = await client.chat.completions.create(streamed("endless"), { signal: stopping.signal });
		for await (const _ of stream) stopping.abort();
		expect(sdk.span("chat endless").attributes.outcome).toBe("cancelled");
		expect(sdk.span("chat endless").status.code).toBe(0);
	});

	test("fails with a stream that is cut, in the client's own error", async () => {
		const read = async (openai: OpenAI) => Array.fromAsync(await openai.chat.completions.create(streamed("cut")));
		const expected = await read(bare).catch((error: Error) => error);
		await expect(read(client)).rejects.toThrow((expected as Error).message);
		const span = sdk.span("chat cut");
		expect(span.status.code).toBe(2);
		expect(span.attributes).toMatchObject({ outcome: "error", "stream.item_count": 3 });
		expect(exceptionsOf(span)).toHaveLength(1);
	});
});

describe("the span of a request that fails", () => {
	test.each([[429], [500]])("is an error with the client's class: %i", async (status) => {
		const expected = await bare.chat.completions.create(asked(`fails-${status}`)).catch((error: APIError) => error);
		const actual = await client.chat.completions.create(asked(`fails-${status}`)).catch((error: APIError) => error);
		expect(actual).toBeInstanceOf(APIError);
		expect([(actual as APIError).status, (actual as APIError).message]).toEqual([
			status,
			(expected as APIError).message,
		]);
		const span = sdk.span(`chat fails-${status}`);
		expect(span.attributes).toMatchObject({ outcome: "error", "error.type": actual.constructor.name });
		expect(exceptionsOf(span)).toHaveLength(1);
		expect(server.count()).toBe(2);
	});

	test("is one span for all requests the client itself makes again", async () => {
		const retrying = light.instrument(new OpenAI({ ...options, maxRetries: 1 }), {
			kind: "model",
			methods: ["chat.completions.create"],
		});
		await expect(retrying.chat.completions.create(asked("fails-500"))).rejects.toThrow();
		expect([server.count(), sdk.spans().length]).toEqual([2, 1]);
	});

	test("is cancelled when the caller aborts it before an answer", async () => {
		const stopping = new AbortController();
		const asking = client.chat.completions.create(asked("silent"), { signal: stopping.signal });
		const refused = expect(asking).rejects.toBeInstanceOf(APIUserAbortError);
		stopping.abort();
		await refused;
		expect(sdk.span("chat silent").attributes.outcome).toBe("cancelled");
		expect(sdk.span("chat silent").status.code).toBe(0);
	});

	test("is a timeout when the client gives up", async () => {
		await expect(client.chat.completions.create(asked("silent"), { timeout: 15 })).rejects.toThrow("timed out");
		expect(sdk.span("chat silent").attributes.outcome).toBe("timeout");
		expect(sdk.span("chat silent").status.code).toBe(2);
	});

	test("is an error when nobody listens at the address", async () => {
		const lost = light.instrument(new OpenAI({ ...options, baseURL: "http://127.0.0.1:9/v1" }), {
			kind: "model",
			methods: ["chat.completions.create"],
		});
		await expect(lost.chat.completions.create(asked())).rejects.toThrow("Connection error.");
		expect(sdk.span("chat ok").attributes).toMatchObject({ outcome: "error", "error.type": "APIConnectionError" });
	});

	test("is recorded for a helper that nobody awaits but listens to", async () => {
		const failing = client.chat.completions.stream(streamed("fails-500"));
		const error = await new Promise((resolve) => failing.on("error", resolve));
		expect(error).toBeInstanceOf(APIError);
		expect(sdk.span("chat fails-500").attributes.outcome).toBe("error");
	});
});

describe("the stream helper, wrapped itself", () => {
	const helped = light.instrument(new OpenAI(options), { kind: "model", methods: ["chat.completions.stream"] });

	test("ends with its events when it is only listened to", async () => {
		const answer = await helped.chat.completions.stream(streamed()).finalChatCompletion();
		expect(answer.choices[0]?.message.content).toBe("The stage is lit");
		expect(sdk.span("chat ok").attributes).toMatchObject({ outcome: "ok", ...usage, "stream.item_count": 6 });
	});

	test("counts a chunk once when it is iterated", async () => {
		const chunks = await Array.fromAsync(helped.chat.completions.stream(streamed()));
		expect(sdk.span("chat ok").attributes["stream.item_count"]).toBe(chunks.length);
	});

	test("is cancelled by a break and by abort()", async () => {
		for await (const _ of helped.chat.completions.stream(streamed("endless"))) break;
		const aborted = helped.chat.completions.stream(streamed("endless"));
		aborted.on("chunk", () => aborted.abort());
		await expect(aborted.done()).rejects.toBeInstanceOf(APIUserAbortError);
		expect(sdk.spans().map(({ attributes, status }) => [attributes.outcome, status.code])).toEqual([
			["cancelled", 0],
			["cancelled", 0],
		]);
	});

	test("fails with its error", async () => {
		const failing = helped.chat.completions.stream(streamed("fails-500"));
		await expect(failing.done()).rejects.toBeInstanceOf(APIError);
		expect(sdk.span("chat fails-500").attributes).toMatchObject({
			outcome: "error",
			"error.type": "InternalServerError",
		});
	});
});
