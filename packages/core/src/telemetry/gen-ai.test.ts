// Over 250 lines: answers in the shapes of each provider.
import { SpanKind } from "@opentelemetry/api";
import { beforeEach, describe, expect, it } from "vitest";
import { footlight, type StageKind, telemetryFailures } from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";

const recorded = registerSdk();
beforeEach(() => recorded.reset());

const light = footlight("docs-qa");

function genAiAttributes(): Record<string, unknown> {
	const [span] = recorded.spans();
	return Object.fromEntries(Object.entries(span?.attributes ?? {}).filter(([name]) => name.startsWith("gen_ai.")));
}

/** Attributes of a model stage that was given a request and answers with a value, or with the chunks of a stream. */
async function asked(
	request: unknown,
	answer: unknown,
	name = "chat.completions.create",
): Promise<Record<string, unknown>> {
	recorded.reset();
	await light.stage(name, async (_: unknown) => answer, { kind: "model", provider: "openai" })(request);
	return genAiAttributes();
}

async function streamed(chunks: readonly unknown[]): Promise<Record<string, unknown>> {
	recorded.reset();
	const ask = light.stage(
		"messages.create",
		async function* (_: unknown) {
			yield* chunks;
		},
		{ kind: "model" },
	);
	for await (const _ of ask({ model: "m", stream: true }));
	return genAiAttributes();
}

describe("a model stage", () => {
	it("is a CLIENT span named for operation and model, with what was asked for", async () => {
		const attributes = await asked(
			{ model: "gpt-5-mini", max_completion_tokens: 256, temperature: 0.2, stream: false, messages: ["secret"] },
			{},
		);
		expect(attributes).toEqual({
			"gen_ai.operation.name": "chat",
			"gen_ai.provider.name": "openai",
			"gen_ai.request.model": "gpt-5-mini",
			"gen_ai.request.max_tokens": 256,
			"gen_ai.request.temperature": 0.2,
		});
		expect(recorded.spans()[0]).toMatchObject({ name: "chat gpt-5-mini", kind: SpanKind.CLIENT });
		expect(recorded.spans()[0]?.attributes).toMatchObject({
			"stage.name": "chat.completions.create",
			"stage.kind": "model",
		});
	});

	it.each([
		["chat.completions.create", "chat"],
		["messages.create", "chat"],
		["responses.create", "chat"],
		["ask", "chat"],
		["completions.create", "text_completion"],
		["openai.completions.create", "text_completion"],
		["embeddings.create", "embeddings"],
		["embedContent", "embeddings"],
		["models.generateContent", "generate_content"],
		["generateContentStream", "generate_content"],
	])("of %s performs %s", async (name, operation) => {
		expect((await asked({}, {}, name))["gen_ai.operation.name"]).toBe(operation);
		expect(recorded.spans()[0]?.name).toBe(operation);
	});

	it.each([undefined, null, "a prompt", 5, [], { model: 5, max_tokens: "many", temperature: null, stream: "yes" }])(
		"takes any request: %s",
		async (request) => {
			expect(await asked(request, undefined)).toEqual({
				"gen_ai.operation.name": "chat",
				"gen_ai.provider.name": "openai",
			});
		},
	);

	it("takes a request that cannot be read, and its span is there all the same", async () => {
		const hostile = {
			get model(): never {
				throw new Error("boom");
			},
		};
		expect(await asked(hostile, { id: "1" })).toMatchObject({
			"gen_ai.operation.name": "chat",
			"gen_ai.response.id": "1",
		});
		expect(telemetryFailures().get("model request")).toBe(1);
		expect(
			await asked(
				{ model: "m" },
				new Proxy(
					{},
					{
						get: () => {
							throw new Error("boom");
						},
					},
				),
			).catch((error: Error) => error.message),
		).toBe("boom");
	});

	it("takes an answer whose usage cannot be read", async () => {
		const answer = {
			id: "1",
			get usage(): never {
				throw new Error("boom");
			},
		};
		expect(await asked({ model: "m" }, answer)).toMatchObject({ "gen_ai.response.id": "1" });
		expect(recorded.spans()[0]?.attributes.outcome).toBe("ok");
	});

	it("takes an answer that holds itself", async () => {
		const answer: Record<string, unknown> = { type: "message", id: "1" };
		answer.message = answer;
		expect(await asked({ model: "m" }, answer)).toMatchObject({ "gen_ai.response.id": "1" });
	});

	it("keeps what was asked for when it fails", async () => {
		await light
			.stage("ask", async (_: unknown) => Promise.reject(new Error("429")), { kind: "model" })({ model: "m" })
			.catch(() => {});
		expect(genAiAttributes()).toEqual({ "gen_ai.operation.name": "chat", "gen_ai.request.model": "m" });
		expect(recorded.spans()[0]?.attributes["error.type"]).toBe("Error");
	});
});

describe("the other kinds", () => {
	it.each<[StageKind, Record<string, unknown>]>([
		["tool", { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search" }],
		["agent", { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "search" }],
		["retrieval", { "gen_ai.operation.name": "retrieval" }],
		["stage", {}],
		["rpc", {}],
		["job", {}],
	])("%s", (kind, attributes) => {
		light.stage("search", () => ({ usage: { input_tokens: 5 } }), { kind })();
		expect(genAiAttributes()).toEqual(attributes);
		expect(recorded.spans()[0]).toMatchObject({ name: "search", kind: SpanKind.INTERNAL });
		expect(recorded.spans()[0]?.attributes["stage.kind"]).toBe(kind === "stage" ? undefined : kind);
	});
});

describe("an answer's model, finish reasons and usage are read from", () => {
	const common = { "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "m" };

	it("an OpenAI chat completion", async () => {
		const answer = {
			id: "chatcmpl-1",
			object: "chat.completion",
			model: "gpt-5-mini-2026-08-07",
			choices: [
				{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "secret" } },
				{ index: 1, finish_reason: "length", message: { role: "assistant", content: "secret" } },
			],
			usage: {
				prompt_tokens: 812,
				completion_tokens: 96,
				total_tokens: 908,
				prompt_tokens_details: { cached_tokens: 512 },
				completion_tokens_details: { reasoning_tokens: 64 },
			},
		};
		expect(await asked({ model: "m" }, answer)).toEqual({
			...common,
			"gen_ai.response.id": "chatcmpl-1",
			"gen_ai.response.model": "gpt-5-mini-2026-08-07",
			"gen_ai.response.finish_reasons": ["stop", "length"],
			"gen_ai.usage.input_tokens": 812,
			"gen_ai.usage.output_tokens": 96,
			"gen_ai.usage.cache_read.input_tokens": 512,
			"gen_ai.usage.reasoning.output_tokens": 64,
		});
		expect(JSON.stringify(recorded.spans()[0]?.attributes)).not.toContain("secret");
	});

	it("the chunks of an OpenAI chat completion, whose last has the usage", async () => {
		const chunk = { id: "chatcmpl-1", object: "chat.completion.chunk", model: "gpt-5-mini-2026-08-07" };
		const attributes = await streamed([
			{
				...chunk,
				choices: [{ index: 0, delta: { role: "assistant", content: "se" }, finish_reason: null }],
				usage: null,
			},
			{ ...chunk, choices: [{ index: 1, delta: { content: "cret" }, finish_reason: "length" }], usage: null },
			{ ...chunk, choices: [{ index: 0, delta: {}, finish_reason: "stop" }], usage: null },
			{ ...chunk, choices: [], usage: { prompt_tokens: 12, completion_tokens: 3 } },
		]);
		expect(attributes).toMatchObject({
			"gen_ai.request.stream": true,
			"gen_ai.response.id": "chatcmpl-1",
			"gen_ai.response.model": "gpt-5-mini-2026-08-07",
			"gen_ai.usage.input_tokens": 12,
			"gen_ai.usage.output_tokens": 3,
		});
		expect([...(attributes["gen_ai.response.finish_reasons"] as string[])].sort()).toEqual(["length", "stop"]);
		expect(attributes["gen_ai.response.time_to_first_chunk"]).toBeTypeOf("number");
	});

	it("an OpenAI response, and the events of one", async () => {
		const response = {
			id: "resp_1",
			object: "response",
			model: "gpt-5-2026-08-07",
			status: "completed",
			usage: {
				input_tokens: 20,
				input_tokens_details: { cached_tokens: 8 },
				output_tokens: 7,
				output_tokens_details: { reasoning_tokens: 4 },
			},
		};
		const expected = {
			"gen_ai.response.id": "resp_1",
			"gen_ai.response.model": "gpt-5-2026-08-07",
			"gen_ai.usage.input_tokens": 20,
			"gen_ai.usage.output_tokens": 7,
			"gen_ai.usage.cache_read.input_tokens": 8,
			"gen_ai.usage.reasoning.output_tokens": 4,
		};
		expect(await asked({ model: "m" }, response, "responses.create")).toEqual({ ...common, ...expected });
		const events = [
			{ type: "response.created", response: { ...response, status: "in_progress", usage: null } },
			{ type: "response.output_text.delta", delta: "secret", item_id: "msg_1" },
			{ type: "response.completed", response },
		];
		expect(await streamed(events)).toMatchObject(expected);
	});

	it("an Anthropic message, whose cached tokens are reported beside the others", async () => {
		const message = {
			id: "msg_1",
			type: "message",
			model: "claude-sonnet-5",
			stop_reason: "end_turn",
			usage: { input_tokens: 10, cache_read_input_tokens: 100, cache_creation_input_tokens: 30, output_tokens: 5 },
		};
		const expected = {
			"gen_ai.response.id": "msg_1",
			"gen_ai.response.model": "claude-sonnet-5",
			"gen_ai.response.finish_reasons": ["end_turn"],
			"gen_ai.usage.input_tokens": 140,
			"gen_ai.usage.output_tokens": 5,
			"gen_ai.usage.cache_read.input_tokens": 100,
			"gen_ai.usage.cache_write.input_tokens": 30,
		};
		expect(await asked({ model: "m" }, message, "messages.create")).toEqual({ ...common, ...expected });
		const events = [
			{
				type: "message_start",
				message: { ...message, stop_reason: null, usage: { ...message.usage, output_tokens: 1 } },
			},
			{ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "secret" } },
			{ type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 5 } },
			{ type: "message_stop" },
		];
		expect(await streamed(events)).toMatchObject(expected);
	});

	it("a Google answer, and the chunks of one", async () => {
		const chunk = (finishReason: string | undefined, candidatesTokenCount: number) => ({
			responseId: "g-1",
			modelVersion: "gemini-3-pro",
			candidates: [{ content: { parts: [{ text: "secret" }] }, finishReason, index: 0 }],
			usageMetadata: { promptTokenCount: 9, candidatesTokenCount, thoughtsTokenCount: 6, cachedContentTokenCount: 2 },
		});
		const expected = {
			"gen_ai.response.id": "g-1",
			"gen_ai.response.model": "gemini-3-pro",
			"gen_ai.response.finish_reasons": ["STOP"],
			"gen_ai.usage.input_tokens": 9,
			"gen_ai.usage.output_tokens": 10,
			"gen_ai.usage.cache_read.input_tokens": 2,
			"gen_ai.usage.reasoning.output_tokens": 6,
		};
		expect(await asked({ model: "m" }, chunk("STOP", 4), "models.generateContent")).toMatchObject(expected);
		expect(await streamed([chunk(undefined, 1), chunk("STOP", 4)])).toMatchObject(expected);
	});

	it("candidates that carry no index, in their order", async () => {
		const answer = { candidates: [{ finishReason: "STOP" }, { finishReason: "MAX_TOKENS" }] };
		expect((await asked({ model: "m" }, answer))["gen_ai.response.finish_reasons"]).toEqual(["STOP", "MAX_TOKENS"]);
	});

	it("embeddings", async () => {
		const answer = {
			object: "list",
			model: "text-embedding-3-small",
			data: [{ embedding: [0.1] }],
			usage: { prompt_tokens: 8, total_tokens: 8 },
		};
		expect(await asked({ model: "m" }, answer, "embeddings.create")).toEqual({
			...common,
			"gen_ai.operation.name": "embeddings",
			"gen_ai.response.model": "text-embedding-3-small",
			"gen_ai.usage.input_tokens": 8,
		});
	});

	it("nothing else: shapes that nobody knows leave no trace", async () => {
		for (const answer of [
			"text",
			5,
			null,
			[],
			{ usage: "many", choices: "none", id: 5 },
			{ usage: { prompt_tokens: Number.NaN } },
		]) {
			expect(await asked({ model: "m" }, answer)).toEqual(common);
		}
	});
});
