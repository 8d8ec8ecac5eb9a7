import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isTransient } from "@footlight/core";
import { sinkContract } from "@footlight/core/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startOtlpReceiver } from "../../../test/otlp-receiver.ts";
import { BatchRefusedError, HttpSinkError, type OtlpLogsOptions, otlpLogsSink } from "./otlp.ts";
import { batchOf, batchSinkContract, cited } from "./sinks/batch-sink-contract.fixture.ts";
import { behindExporter } from "./sinks/behind-exporter.fixture.ts";
import { type AnsweringServer, startAnsweringServer } from "./sinks/http/answering-server.fixture.ts";
import { postFaults } from "./sinks/http/post-faults.fixture.ts";

const live = new AbortController().signal;

const contract = (options: OtlpLogsOptions) => async () => {
	const receiver = await startOtlpReceiver();
	return {
		sink: otlpLogsSink({ url: `${receiver.url}/v1/logs`, ...options }),
		keys: () => receiver.logs().map(({ attributes }) => String(attributes["log.record.uid"])),
		names: () => receiver.logs().map(({ eventName }) => eventName),
		end: () => receiver.close(),
	};
};
batchSinkContract("otlpLogsSink", contract({}));
batchSinkContract("otlpLogsSink in protobuf, gzipped", contract({ protocol: "http/protobuf", compression: "gzip" }));
sinkContract(
	"otlpLogsSink behind a buffered exporter",
	async () => {
		const { sink, end, names } = await contract({})();
		return behindExporter(sink as never, names, end);
	},
	{ describe, it },
);
postFaults("otlpLogsSink", (url, timeoutMs) => otlpLogsSink({ url, timeoutMs }) as never);

describe("otlpLogsSink", () => {
	it.each(["http/json", "http/protobuf"] as const)("sends an event as a log record, over %s", async (protocol) => {
		vi.stubEnv("OTEL_SERVICE_NAME", "docs-qa");
		const receiver = await startOtlpReceiver();
		const resourceAttributes = { "service.name": "overridden", "service.version": "7" };
		const sink = otlpLogsSink({ url: `${receiver.url}/v1/logs`, protocol, resourceAttributes });
		const attributes = { sources: 3, share: 0.5, cited: true, kinds: ["page", "note"] };
		await sink.write(batchOf("b", { ...cited, attributes }), live);
		const [log] = receiver.logs();
		expect(log).toMatchObject({
			eventName: "answer.cited",
			attributes: { ...attributes, "log.record.uid": "b-0" },
			traceId: cited.traceId,
			spanId: cited.spanId,
			severityNumber: 9,
			resource: { "service.name": "docs-qa", "service.version": "7" },
			scope: { name: "@footlight/exporters" },
		});
		await sink.close();
		await receiver.close();
	});
});

it("says what OTLP cannot say as text, so that no receiver refuses the batch for it", async () => {
	const receiver = await startOtlpReceiver();
	const sink = otlpLogsSink({ url: `${receiver.url}/v1/logs` });
	const circular: Record<string, unknown> = {};
	circular.self = circular;
	const attributes = {
		...{ huge: 1e300, not: Number.NaN, most: -(2 ** 53), big: 2n ** 65n, lone: "a\ud800", nothing: null, circular },
		list: [Number.POSITIVE_INFINITY, null, "x"],
	};
	await sink.write(batchOf("b", { ...cited, attributes, traceId: "0".repeat(32), timeMs: Number.NaN }), live);
	const [log] = receiver.logs();
	expect(log?.attributes).toEqual({
		...{ huge: "1e+300", not: "NaN", most: -(2 ** 53), big: "36893488147419103232", lone: "a\ufffd" },
		...{ circular: { self: "[circular]" }, list: ["Infinity", "", "x"], "log.record.uid": "b-0" },
	});
	expect(log?.traceId ?? "").toBe("");
	await sink.close();
	await receiver.close();
});

it("sends no more than there is time for where objects all know each other", async () => {
	const receiver = await startOtlpReceiver();
	const sink = otlpLogsSink({ url: `${receiver.url}/v1/logs` });
	const web: object[] = Array.from({ length: 12 }, () => ({}));
	for (const one of web) Object.assign(one, web);
	await sink.write(batchOf("b", { ...cited, attributes: { web } as never }), live);
	expect(JSON.stringify(receiver.logs()[0]?.attributes)).toContain('"[too large]"');
	await sink.close();
	await receiver.close();
});

describe("an answer to otlpLogsSink", () => {
	let server: AnsweringServer;
	beforeEach(async () => {
		server = await startAnsweringServer();
	});
	afterEach(() => server.close());
	const send = async (options: OtlpLogsOptions = {}) => {
		const sink = otlpLogsSink({ url: server.url, ...options });
		return sink.write(batchOf("b", cited, cited, cited), live).finally(() => sink.close());
	};
	const json = (body: unknown) =>
		server.answer((response) => response.setHeader("content-type", "application/json").end(JSON.stringify(body)));

	it("tells what was refused of a batch that was taken", async () => {
		json({ partialSuccess: { rejectedLogRecords: "2", errorMessage: "too old" } });
		expect(await send()).toEqual({ rejected: [0, 1], reason: "too old" });
		json({ partialSuccess: { rejectedLogRecords: 1, errorMessage: 5 } });
		expect(await send()).toEqual({ rejected: [0], reason: "" });
		json({ partialSuccess: { rejectedLogRecords: 99, errorMessage: "all" } });
		expect((await send())?.rejected).toHaveLength(3);
	});

	it("tells it in protobuf as well", async () => {
		server.answer((response) =>
			response.end(Buffer.from([0x0a, 0x08, 0x08, 0x01, 0x12, 0x04, 0x74, 0x6f, 0x6f, 0x21])),
		);
		expect(await send({ protocol: "http/protobuf" })).toEqual({ rejected: [0], reason: "too!" });
		server.answer((response) => response.end(Buffer.from([0xff, 0xff, 0xff])));
		expect(await send({ protocol: "http/protobuf" })).toBeUndefined();
	});

	it.each([
		[{}],
		[{ partialSuccess: {} }],
		[{ partialSuccess: null }],
		[null],
		[7],
		[{ partialSuccess: { rejectedLogRecords: "x" } }],
		[{ partialSuccess: { errorMessage: 5 } }],
	])("confirms the batch by %j", async (body) => {
		json(body);
		expect(await send()).toBeUndefined();
	});

	it("warns once of what the other side says beside", async () => {
		const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
		json({ partialSuccess: { errorMessage: "old client" } });
		const sink = otlpLogsSink({ url: server.url });
		for (const id of ["a", "b"]) await sink.write(batchOf(id, cited), live);
		await sink.close();
		expect(warned.mock.calls).toEqual([
			[
				"otlpLogsSink: the other side took everything, and says: old client",
				{ type: "FootlightWarning", code: "FOOTLIGHT_OTLP_WARNING" },
			],
		]);
		warned.mockRestore();
	});

	it.each([
		[429, true],
		[502, true],
		[503, true],
		[504, true],
		[500, false],
		[501, false],
		[408, false],
		[400, false],
		[401, false],
		[413, false],
	])("is tried again by its status %i as OTLP says: %s", async (status, transient) => {
		server.answer((response) => response.writeHead(status, { "retry-after": "7" }).end("no"));
		const error = await send().catch((reason) => reason);
		expect(isTransient(error)).toBe(transient);
		expect(error).toBeInstanceOf(transient ? HttpSinkError : BatchRefusedError);
		if (transient) expect(error).toMatchObject({ status, headers: { "retry-after": "7" } });
		else expect(error).toMatchObject({ answeredStatus: status, answer: "no" });
	});

	it("is no confirmation where it is a web page", async () => {
		server.answer((response) => response.setHeader("content-type", "text/html; charset=utf-8").end("<html>"));
		const error = await send().catch((reason) => reason);
		expect(error.message).toContain("answered with a web page");
		expect(isTransient(error)).toBe(true);
	});
});

describe("the environment of otlpLogsSink", () => {
	let server: AnsweringServer;
	let base: string;
	beforeEach(async () => {
		server = await startAnsweringServer();
		base = new URL(server.url).origin;
	});
	afterEach(() => server.close());
	const send = async (options: OtlpLogsOptions = {}) => {
		const sink = otlpLogsSink(options);
		await sink.write(batchOf("b", cited), live);
		await sink.close();
		return server.requests.at(-1);
	};

	it("says where, with which headers, and how", async () => {
		vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", `${base}/base/`);
		vi.stubEnv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=a%20b, authorization=Basic%20cQ==,broken");
		vi.stubEnv("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "X-Tenant=logs");
		vi.stubEnv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
		vi.stubEnv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
		expect(await send()).toMatchObject({
			path: "/base/v1/logs",
			headers: {
				"x-tenant": "logs",
				authorization: "Basic cQ==",
				"content-encoding": "gzip",
				"content-type": "application/x-protobuf",
			},
		});
		vi.stubEnv("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", `${base}/own`);
		vi.stubEnv("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "none");
		const request = await send({ headers: { "X-TENANT": "option" }, protocol: "http/json" });
		expect(request?.path).toBe("/own");
		expect(request?.headers).toMatchObject({ "x-tenant": "option", "content-type": "application/json" });
		expect(request?.headers["content-encoding"]).toBeUndefined();
	});

	it("says how long a request may take", async () => {
		vi.stubEnv("OTEL_EXPORTER_OTLP_TIMEOUT", "40");
		server.answer(() => {});
		await expect(send({ url: server.url })).rejects.toThrow("did not settle within 40 ms");
	});

	it("is refused where it asks for gRPC and names no address for HTTP", () => {
		vi.stubEnv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
		expect(() => otlpLogsSink()).toThrow(
			"OTEL_EXPORTER_OTLP_PROTOCOL is grpc, and this sink speaks HTTP: give it a url",
		);
		otlpLogsSink({ url: server.url });
	});

	it("names certificates, which are read", async () => {
		const folder = await mkdtemp(join(tmpdir(), "footlight-otlp-"));
		writeFileSync(join(folder, "ca.pem"), "no certificate");
		vi.stubEnv("OTEL_EXPORTER_OTLP_CERTIFICATE", join(folder, "ca.pem"));
		otlpLogsSink({ url: "https://127.0.0.1:1" });
		vi.stubEnv("OTEL_EXPORTER_OTLP_CERTIFICATE", join(folder, "none.pem"));
		expect(() => otlpLogsSink({ url: "https://127.0.0.1:1" })).toThrow(
			"the file of ca in OTEL_EXPORTER_OTLP_* must be readable",
		);
		await rm(folder, { recursive: true });
	});

	it.each<[object, string]>([
		[{ url: "localhost:4318" }, "otlpLogsSink: url must be an address such as"],
		[{ protocol: "grpc" }, 'otlpLogsSink: protocol must be one of http/json, http/protobuf, got "grpc"'],
		[{ compression: "br" }, 'otlpLogsSink: compression must be one of none, gzip, got "br"'],
		[{ headers: "x" }, 'otlpLogsSink: headers must be an object of names and values, got "x"'],
		[{ headers: () => {} }, "otlpLogsSink: headers must be an object of names and values, got function headers"],
		[{ tls: Promise.resolve() }, "otlpLogsSink: tls must be an object of names and values, got an instance of Promise"],
		[{ resourceAttributes: 5 }, "otlpLogsSink: resourceAttributes must be an object of names and values, got 5"],
		[
			{ resourceAttributes: { a: () => {} } },
			"otlpLogsSink: resourceAttributes.a must be a string, a number, a boolean or a list of such, got function a",
		],
		[{ url: null }, "otlpLogsSink: url must be an address such as"],
		[{ endpoint: "x" }, 'otlpLogsSink: unknown option "endpoint"'],
	])("is not needed to refuse %j", (options, message) => {
		expect(() => otlpLogsSink(options as OtlpLogsOptions)).toThrow(message);
	});
});
