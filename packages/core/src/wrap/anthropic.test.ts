import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { footlight } from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";
import { modelServer } from "./model-server.fixture.ts";

const sdk = registerSdk();
const light = footlight("chat");
const server = await modelServer();
afterAll(() => server.close());

const options = { apiKey: "key", baseURL: server.baseURL.replace("/v1", ""), maxRetries: 0 };
const bare = new Anthropic(options);
const client = light.instrument(new Anthropic(options), { kind: "model", methods: ["messages.create"] });
const helped = light.instrument(new Anthropic(options), { kind: "model", methods: ["messages.stream"] });

beforeEach(() => {
	sdk.reset();
	server.reset();
});

/** Footlight's spans: this client makes some of its own wherever a provider is registered. */
const spans = () => sdk.spans().filter(({ attributes }) => attributes["pipeline.name"] === "chat");

const asked = (model = "ok") => ({
	model,
	max_tokens: 64,
	messages: [{ role: "user" as const, content: "What is a stage?" }],
});

const usage = {
	"gen_ai.provider.name": "anthropic",
	"gen_ai.request.model": "ok",
	"gen_ai.request.max_tokens": 64,
	"gen_ai.response.model": "ok-2026",
	"gen_ai.response.finish_reasons": ["end_turn"],
	"gen_ai.usage.input_tokens": 12,
	"gen_ai.usage.output_tokens": 4,
};

const ways: Readonly<Record<string, (anthropic: Anthropic) => Promise<unknown>>> = {
	await: async (anthropic) => await anthropic.messages.create(asked()),
	withResponse: async (anthropic) => (await anthropic.messages.create(asked()).withResponse()).data,
	"for await": async (anthropic) => Array.fromAsync(await anthropic.messages.create({ ...asked(), stream: true })),
	"the stream helper, iterated": (anthropic) => Array.fromAsync(anthropic.messages.stream(asked())),
	"the stream helper, listened to": async (anthropic) => {
		const seen: string[] = [];
		const stream = anthropic.messages.stream(asked()).on("text", (text) => seen.push(text));
		return [seen, await stream.finalMessage()];
	},
};

describe("the Anthropic client gives what the bare one gives, and its span tells all of it:", () => {
	test.each(Object.entries(ways))("%s", async (_, ask) => {
		const expected = await ask(bare);
		server.reset();
		expect(await ask(client)).toEqual(expected);
		expect(server.count()).toBe(1);
		expect(spans()).toHaveLength(1);
		expect(spans()[0]?.name).toBe("chat ok");
		expect(spans()[0]?.attributes).toMatchObject({ outcome: "ok", ...usage });
	});

	test("its stream helper, wrapped itself, ends with its events", async () => {
		const message = await helped.messages.stream(asked()).finalMessage();
		expect(message.content).toEqual([expect.objectContaining({ text: "The stage is lit" })]);
		expect(spans()[0]?.attributes).toMatchObject({ outcome: "ok", ...usage });
	});

	test("is cancelled by a break and by abort()", async () => {
		for await (const _ of await client.messages.create({ ...asked("endless"), stream: true })) break;
		const aborted = helped.messages.stream(asked("endless"));
		aborted.on("text", () => aborted.abort());
		await expect(aborted.done()).rejects.toThrow();
		expect(spans().map(({ attributes, status }) => [attributes.outcome, status.code])).toEqual([
			["cancelled", 0],
			["cancelled", 0],
		]);
	});

	test("fails with the client's error", async () => {
		await expect(client.messages.create(asked("fails-529"))).rejects.toThrow("not now");
		await expect(helped.messages.stream(asked("fails-529")).finalMessage()).rejects.toThrow("not now");
		expect(spans().map(({ attributes }) => [attributes.outcome, attributes["error.type"]])).toEqual([
			["error", "OverloadedError"],
			["error", "OverloadedError"],
		]);
	});
});
