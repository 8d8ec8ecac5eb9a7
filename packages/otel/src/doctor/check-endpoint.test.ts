import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { type OtlpReceiver, startOtlpReceiver } from "../../../../test/otlp-receiver.ts";
import { doctor } from "../doctor.ts";
import type { Finding } from "./finding.ts";

let receiver: OtlpReceiver;
beforeEach(async () => {
	receiver = await startOtlpReceiver();
});
afterEach(() => receiver.close());

const withCode = (findings: readonly Finding[], code: string) => findings.find((finding) => finding.code === code);
const errors = (findings: readonly Finding[]) =>
	findings.filter(({ severity }) => severity === "error").map(({ code }) => code);

/** Runs any server for one test, and returns its port. */
async function listening(server: Server | ReturnType<typeof createHttp2Server>, port = 0): Promise<number> {
	await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
	onTestFinished(() => {
		server.close();
		if ("closeAllConnections" in server) (server as ReturnType<typeof createServer>).closeAllConnections();
	});
	return (server.address() as AddressInfo).port;
}
const answering = (status: number, headers: Record<string, string> = {}, body = "") =>
	listening(createServer((_request, response) => response.writeHead(status, headers).end(body)));
const examine = async (endpoint: string) => (await doctor({ endpoint, inProcess: false, timeoutMs: 2_000 })).findings;

test("nothing listens", async () => {
	await receiver.close();
	const finding = withCode(await examine(receiver.url), "endpoint-refused");
	expect(finding?.message).toBe(`${receiver.url}/v1/traces: connection refused: nothing listens there.`);
	expect(finding?.cure).toContain("Start a collector");
});

test("a host that does not exist", async () => {
	const [finding] = await examine("http://collector.invalid:4318");
	expect(finding?.code).toBe("endpoint-unreachable");
	expect(finding?.message).toMatch(/host name (?:is not known|cannot be resolved)/);
});

test("no scheme", async () => {
	expect((await examine("localhost:4318"))[0]).toMatchObject({
		code: "endpoint-invalid",
		message: "localhost:4318/v1/traces is no address.",
		cure: "Write it with its scheme, for example http://localhost:4318.",
	});
});

test("a gRPC port, spoken to over HTTP", async () => {
	const port = await listening(createHttp2Server());
	expect((await examine(`http://127.0.0.1:${port}`))[0]).toMatchObject({
		code: "endpoint-expects-grpc",
		cure: expect.stringContaining("OTEL_EXPORTER_OTLP_PROTOCOL=grpc"),
	});
});

test("an HTTP port, spoken to over gRPC", async () => {
	vi.stubEnv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
	const [finding] = await examine(receiver.url);
	expect(finding).toMatchObject({ code: "endpoint-speaks-http", severity: "error" });
});

test("a server without that path", async () => {
	for (const status of [404, 405]) {
		const [finding] = await examine(`http://127.0.0.1:${await answering(status)}`);
		expect(finding?.code).toBe("endpoint-wrong-path");
		expect(finding?.message).toContain(`/v1/traces answered ${status}`);
	}
});

test("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT without its path", async () => {
	vi.stubEnv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", receiver.url);
	const { findings } = await doctor({ inProcess: false });
	expect(withCode(findings, "endpoint-wrong-path")?.cure).toContain("end it with /v1/traces");
});

test("credentials missing, and sent", async () => {
	const port = await listening(
		createServer((request, response) => response.writeHead(request.headers["x-key"] === "a b" ? 200 : 401).end()),
	);
	expect((await examine(`http://127.0.0.1:${port}`))[0]).toMatchObject({ code: "endpoint-forbidden" });
	vi.stubEnv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b");
	expect(errors(await examine(`http://127.0.0.1:${port}`))).toEqual([]);
});

test("a web page, and a server of another protocol", async () => {
	const page = await answering(200, { "content-type": "text/html" }, "<!doctype html>");
	expect((await examine(`http://127.0.0.1:${page}`))[0]).toMatchObject({ code: "endpoint-not-otlp" });
	const other = await answering(415);
	expect((await examine(`http://127.0.0.1:${other}`))[0]?.message).toContain("does not take http/protobuf");
	const broken = await answering(500);
	expect((await examine(`http://127.0.0.1:${broken}`))[0]).toMatchObject({
		code: "export-failed",
		message: expect.stringContaining("the server answered 500"),
	});
});

test("https to a server without TLS, and http to one with", async () => {
	const plain = await examine(receiver.url.replace("http:", "https:"));
	expect(plain[0]).toMatchObject({ code: "endpoint-expects-http", severity: "error" });
	const port = await listening(createTlsServer());
	expect((await examine(`http://127.0.0.1:${port}`))[0]).toMatchObject({ code: "endpoint-expects-https" });
});

test("something that takes connections and says nothing", async () => {
	const port = await listening(createTcpServer(() => {}));
	const report = await doctor({ endpoint: `http://127.0.0.1:${port}`, inProcess: false, timeoutMs: 200 });
	expect(report.findings[0]).toMatchObject({ code: "endpoint-unreachable" });
	expect(report.healthy).toBe(false);
});

test("one that takes traces and no logs, as Jaeger does", async () => {
	const port = await listening(
		createServer((request, response) => response.writeHead(request.url === "/v1/traces" ? 200 : 404).end()),
	);
	const findings = await examine(`http://127.0.0.1:${port}`);
	expect(errors(findings)).toEqual([]);
	expect(withCode(findings, "logs-not-taken")).toMatchObject({ severity: "warning" });
});
