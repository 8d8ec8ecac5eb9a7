import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { footlight, isTransient, retry } from "@footlight/core";
import { manualClock, sinkContract } from "@footlight/core/testing";
import { context, createContextKey } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { batchOf, batchSinkContract, cited } from "./sinks/batch-sink-contract.fixture.ts";
import { behindExporter } from "./sinks/behind-exporter.fixture.ts";
import { type AnsweringServer, startAnsweringServer } from "./sinks/http/answering-server.fixture.ts";
import { postFaults } from "./sinks/http/post-faults.fixture.ts";
import { HttpSinkError, type WebhookOptions, webhookSink } from "./webhook.ts";

const live = new AbortController().signal;
let server: AnsweringServer;
beforeEach(async () => {
	server = await startAnsweringServer();
});
afterEach(() => server.close());

batchSinkContract("webhookSink", async () => {
	const own = await startAnsweringServer();
	const keys = () => own.requests.flatMap(({ body }) => JSON.parse(body)).map(({ idempotencyKey }) => idempotencyKey);
	return { sink: webhookSink({ url: own.url }), keys, end: () => own.close() };
});
batchSinkContract("webhookSink with a line for each item", async () => {
	const own = await startAnsweringServer();
	const keys = () =>
		own.requests.flatMap(({ body }) => body.trim().split("\n")).map((line) => JSON.parse(line).idempotencyKey);
	return { sink: webhookSink({ url: own.url, format: "ndjson" }), keys, end: () => own.close() };
});
sinkContract(
	"webhookSink behind a buffered exporter",
	async () => {
		const own = await startAnsweringServer();
		const names = () => own.requests.flatMap(({ body }) => JSON.parse(body)).map(({ name }) => name);
		return behindExporter(webhookSink<never>({ url: own.url }), names, () => own.close());
	},
	{ describe, it },
);
postFaults("webhookSink", (url, timeoutMs) => webhookSink({ url, timeoutMs }));

describe("webhookSink", () => {
	const post = async (options: Partial<WebhookOptions> = {}, id = "batch-1") => {
		const sink = webhookSink({ url: server.url, ...options });
		await sink.write(batchOf(id, cited, { ...cited, name: "answer.given" }), live);
		await sink.close();
		const request = server.requests.at(-1);
		if (request === undefined) throw new Error("nothing was received");
		return request;
	};

	it("posts a JSON array with the batch's id as key", async () => {
		const { method, path, headers, body } = await post({ headers: { Authorization: "Bearer b" } });
		expect([method, path]).toEqual(["POST", "/hook"]);
		expect(headers).toMatchObject({
			"content-type": "application/json",
			"content-length": String(Buffer.byteLength(body)),
			"idempotency-key": "batch-1",
			authorization: "Bearer b",
		});
		expect(headers["user-agent"]).toMatch(/^footlight\/\d/);
		expect(headers["webhook-signature"]).toBeUndefined();
		expect(JSON.parse(body)).toEqual([
			{ ...cited, idempotencyKey: "batch-1-0" },
			{ ...cited, name: "answer.given", idempotencyKey: "batch-1-1" },
		]);
	});

	it("posts a line for each item where it is asked to, with another method", async () => {
		const { method, headers, body } = await post({ format: "ndjson", method: "PUT" });
		expect([method, headers["content-type"]]).toEqual(["PUT", "application/x-ndjson"]);
		expect(body.endsWith("}\n")).toBe(true);
		expect(body.trim().split("\n")).toHaveLength(2);
	});

	it("writes an id that no header can have in another way", async () => {
		expect((await post({}, "bätch 1")).headers["idempotency-key"]).toBe("b%C3%A4tch%201");
	});

	it("signs as Standard Webhooks says, by each of its secrets", async () => {
		const secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Buffer.from("the other secret").toString("base64")];
		const { headers, body } = await post({ secret: secrets });
		for (const secret of secrets) {
			expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual(JSON.parse(body));
		}
		expect(() => new Webhook(`whsec_${btoa("wrong")}`).verify(body, headers as Record<string, string>)).toThrow();
		expect(() => new Webhook(secrets[0] as string).verify(`${body} `, headers as Record<string, string>)).toThrow();
		expect(headers["webhook-id"]).toBe("batch-1");
	});

	it.each([
		[429, true],
		[503, true],
		[500, true],
		[408, true],
		[400, false],
		[401, false],
		[404, false],
		[410, false],
	])("carries the status %i, and what it says of when to try again", async (status, transient) => {
		server.answer((response) => {
			response.writeHead(status, { "retry-after": "7", "x-ratelimit-remaining": "0", "set-cookie": "session=secret" });
			response.end("no, because");
		});
		const sink = webhookSink({ url: `${server.url}/secret-path?token=secret` });
		const error = await sink.write(batchOf("b", cited), live).catch((reason) => reason);
		expect(error).toBeInstanceOf(HttpSinkError);
		expect(error).toMatchObject({
			status,
			answer: "no, because",
			headers: { "retry-after": "7", "x-ratelimit-remaining": "0" },
		});
		expect(error.message).toMatch(/^webhookSink: 127\.0\.0\.1:\d+ answered \d+ [A-Z]/);
		expect(JSON.stringify({ ...error, message: error.message })).not.toContain("secret");
		expect(isTransient(error)).toBe(transient);
		await sink.close();
	});

	it("is tried again by retry when the server says, with the same key", async () => {
		const clock = manualClock();
		let count = 0;
		server.answer((response) => {
			if (++count === 1) response.writeHead(503, { "retry-after": "30" }).end();
			else response.end();
		});
		const sink = webhookSink({ url: server.url });
		const delays: number[] = [];
		const layer = retry({ maxAttempts: 2, maxDelayMs: 60_000, onRetry: ({ delayMs }) => void delays.push(delayMs) });
		const stage = footlight("test", { use: [], clock }).stage("post", () => sink.write(batchOf("b", cited), live), {
			use: [layer],
		});
		const done = stage();
		while (clock.pendingSleeps === 0) await new Promise((resolve) => setImmediate(resolve));
		await clock.advance(60_000);
		await done;
		expect(delays[0]).toBeGreaterThanOrEqual(30_000);
		expect(server.requests.map(({ headers }) => headers["idempotency-key"])).toEqual(["b", "b"]);
		await sink.close();
	});

	it("posts in a context in which instrumentations make no spans", async () => {
		context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
		const key = createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");
		const seen: unknown[] = [];
		const look = () => seen.push(context.active().getValue(key));
		subscribe("http.client.request.start", look);
		try {
			await post();
		} finally {
			unsubscribe("http.client.request.start", look);
			context.disable();
		}
		expect(seen).toEqual([true]);
	});

	it.each<[object, string]>([
		[
			{ url: "example.org" },
			'webhookSink: url must be an address such as https://example.org/events, got "example.org"',
		],
		[{ url: "ftp://example.org" }, "webhookSink: url must be an address such as https://example.org/events"],
		[{ url: undefined }, "webhookSink: url must be an address such as https://example.org/events, got undefined"],
		[{ method: "GET" }, 'webhookSink: method must be one of POST, PUT, PATCH, got "GET"'],
		[{ headers: { "a b": "c" } }, 'webhookSink: headers must be names of headers with their values, got "a b"'],
		[{ headers: { a: "line\nbreak" } }, "webhookSink: headers.a must be a value that a header can have"],
		[{ headers: { a: 7 } }, "webhookSink: headers.a must be a string, got 7"],
		[
			{ headers: new Headers() },
			"webhookSink: headers must be an object of names and values, got an instance of Headers",
		],
		[{ headers: null }, "webhookSink: headers must be an object of names and values, got null"],
		[{ tls: 5 }, "webhookSink: tls must be an object of names and values, got 5"],
		[{ tls: { cert: 5 } }, "webhookSink: tls.cert must be a string or a Buffer, got 5"],
		[{ tls: { ca: ["", 5] } }, "webhookSink: tls.ca must be a string or a Buffer, got an array of 2"],
		[{ tls: { pfx: "" } }, 'webhookSink: tls: unknown option "pfx"; known options are ca, cert, key'],
		[{ method: null }, "webhookSink: method must be one of POST, PUT, PATCH, got null"],
		[{ timeoutMs: null }, "webhookSink: timeoutMs must be a positive integer, got null"],
		[{ secret: "not base64!" }, "webhookSink: secret must be base64, with whsec_ before it or not"],
		[{ secret: [] }, "webhookSink: secret must be a secret or several, got an array of 0"],
		[{ timeoutMs: 0 }, "webhookSink: timeoutMs must be a positive integer, got 0"],
		[{ retries: 3 }, 'webhookSink: unknown option "retries"'],
	])("refuses %j", (options, message) => {
		expect(() => webhookSink({ url: "https://example.org", ...options } as WebhookOptions)).toThrow(message);
	});
});
