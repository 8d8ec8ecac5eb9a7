import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { type OtlpReceiver, startOtlpReceiver } from "../../../test/otlp-receiver.ts";
import { startChild } from "./child-process.fixture.ts";
import { runProgram } from "./telemetry-program.fixture.ts";

let receiver: OtlpReceiver;
beforeEach(async () => {
	receiver = await startOtlpReceiver();
});
afterEach(() => receiver.close());

const run = (program: string, env = {}) => runProgram(receiver.url, program, { env });

test("failure and recovery are told once each, and what ended meanwhile arrives", async () => {
	await receiver.close();
	const child = startChild(
		`import { trace } from "@opentelemetry/api";
		import { startTelemetry } from "@footlight/otel";
		const telemetry = startTelemetry({ logger: false });
		const tracer = trace.getTracer("t");
		for (const name of ["one", "two"]) { tracer.startSpan(name).end(); await telemetry.flush(); }
		console.log("down");
		await new Promise((resolve) => process.stdin.once("data", resolve));
		tracer.startSpan("three").end();
		console.log(JSON.stringify(await telemetry.flush()));
		await new Promise((resolve) => setTimeout(resolve, 20));
		process.stdin.destroy();`,
		{ env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } },
	);
	await child.says("down");
	receiver = await startOtlpReceiver({ port: receiver.port });
	child.process.stdin.write("\n");
	const { code, stdout, stderr } = await child.ended();
	expect(code).toBe(0);
	expect(stderr.match(/FOOTLIGHT_EXPORT_FAILED/g)).toHaveLength(1);
	expect(stderr.match(/FOOTLIGHT_EXPORT_RECOVERED/g)).toHaveLength(1);
	expect(receiver.spans().map(({ name }) => name)).toEqual(["one", "two", "three"]);
	expect(stdout).toContain('"ok":true,"timedOut":false,"spans":{"delivered":3,"failed":0,"pending":0}');
});

test("one that goes away between two batches: the second waits for its return", async () => {
	const child = startChild(
		`import { trace } from "@opentelemetry/api";
		import { startTelemetry } from "@footlight/otel";
		const telemetry = startTelemetry({ logger: false });
		const tracer = trace.getTracer("t");
		const word = () => new Promise((resolve) => process.stdin.once("data", resolve));
		tracer.startSpan("one").end();
		await telemetry.flush();
		console.log("sent");
		await word();
		tracer.startSpan("two").end();
		console.log(JSON.stringify((await telemetry.flush()).spans), "kept");
		await word();
		console.log(JSON.stringify((await telemetry.flush()).spans));
		process.stdin.destroy();`,
		// Shorter than the exporter's first pause, so that its own attempts are over at once.
		{ env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_TIMEOUT: "500" } },
	);
	await child.says("sent");
	await receiver.close();
	child.process.stdin.write("\n");
	await child.says("kept");
	const before = receiver.spans();
	receiver = await startOtlpReceiver({ port: receiver.port });
	child.process.stdin.write("\n");
	const { stdout } = await child.ended();
	expect([...before, ...receiver.spans()].map(({ name }) => name)).toEqual(["one", "two"]);
	expect(stdout).toContain('{"delivered":1,"failed":0,"pending":1} kept\n{"delivered":2,"failed":0,"pending":0}');
});

test("what a server refuses is counted, and told with its answer", async () => {
	await receiver.close();
	receiver = await startOtlpReceiver({ port: receiver.port, status: 403 });
	const { printed, stderr } = await run(`
		const telemetry = startTelemetry({ logger: false });
		for (let i = 0; i < 3; i++) { trace.getTracer("t").startSpan("work").end(); await telemetry.flush(); }
		print(await telemetry.flush());`);
	expect(printed).toMatchObject([{ ok: false, spans: { delivered: 0, failed: 3, pending: 0 } }]);
	expect(stderr.match(/FOOTLIGHT_EXPORT_FAILED/g)).toHaveLength(1);
	expect(stderr).toContain(`${receiver.url}/v1/traces: the server answered 403 Forbidden`);
});

test("traces and logs refused for their own reasons are told apart", async () => {
	const { stderr } = await run(
		`
		const telemetry = startTelemetry({ logger: false });
		logs.getLogger("l").emit({ body: "x" });`,
		{ OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${receiver.url}/nothing` },
	);
	expect(stderr).toContain("Jaeger takes no logs: set OTEL_LOGS_EXPORTER=none");
});

test("an address without its scheme is told once for all, with the cure", async () => {
	const { printed, stderr } = await run(
		`
		const telemetry = startTelemetry({ logger: false });
		trace.getTracer("t").startSpan("work").end();
		logs.getLogger("l").emit({ body: "x" });
		print(await telemetry.flush());`,
		{ OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4318" },
	);
	expect(printed).toMatchObject([{ ok: false, spans: { delivered: 0 } }]);
	expect(stderr.match(/FOOTLIGHT_EXPORT_FAILED/g)).toHaveLength(1);
	expect(stderr).toContain(
		"cannot be delivered to localhost:4318: this is no address. The application goes on without.",
	);
	expect(stderr).toContain("Write it with its scheme, for example http://localhost:4318.");
});

test.each(["await telemetry.flush();", "process.exit();"])("a web page delivers nothing: %s", async (end) => {
	const page = createServer((request, response) => {
		request.resume();
		response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<!doctype html>");
	}).listen(0, "127.0.0.1");
	onTestFinished(() => void page.close());
	await new Promise((resolve) => page.once("listening", resolve));
	const url = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
	const { stderr } = await run(
		`
		const telemetry = startTelemetry({ logger: false });
		trace.getTracer("t").startSpan("work").end();
		${end}`,
		{ OTEL_EXPORTER_OTLP_ENDPOINT: url },
	);
	expect(stderr.match(/FOOTLIGHT_EXPORT_FAILED/g)).toHaveLength(1);
	expect(stderr).toContain(`${url}/v1/traces`);
	expect(stderr).toContain("the server answered 200 with a web page: this is no OTLP receiver");
	expect(stderr).toContain("Take the address of the OTLP receiver");
});
