import { gzipSync } from "node:zlib";
import { logs, SpanStatusCode } from "@opentelemetry/api";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type OtlpReceiver, startOtlpReceiver } from "./otlp-receiver.ts";

let receiver: OtlpReceiver;
beforeEach(async () => {
	receiver = await startOtlpReceiver();
});
afterEach(() => receiver.close());

for (const [protocol, Exporter] of [
	["protobuf", ProtobufExporter],
	["json", JsonExporter],
] as const) {
	test(`decodes spans sent as ${protocol}`, async () => {
		const exporter = new Exporter({ url: `${receiver.url}/v1/traces` });
		const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
		const tracer = provider.getTracer("scope", "1.2.3");
		const other = tracer.startSpan("other");
		const parent = tracer.startSpan("parent", {
			startTime: 1_700_000_000_000.25,
			links: [{ context: other.spanContext(), attributes: { why: "fan-in" } }],
		});
		parent.setAttributes({ text: "a", int: 7, double: 1.5, yes: true, list: ["a", "b"], nested: { deep: [1] } });
		parent.addEvent("happened", { at: 1 });
		parent.setStatus({ code: SpanStatusCode.ERROR, message: "broke" });
		parent.end(1_700_000_000_100.75);
		await provider.shutdown();

		expect(receiver.spans()).toHaveLength(1);
		expect(receiver.spans()[0]).toMatchObject({
			...{ traceId: parent.spanContext().traceId, spanId: parent.spanContext().spanId, parentSpanId: undefined },
			...{ name: "parent", kind: "internal", startMs: 1_700_000_000_000.25, durationMs: 100.5 },
			attributes: { text: "a", int: 7, double: 1.5, yes: true, list: ["a", "b"], nested: { deep: [1] } },
			events: [{ name: "happened", attributes: { at: 1 } }],
			links: [{ spanId: other.spanContext().spanId, attributes: { why: "fan-in" } }],
			status: { code: "error", message: "broke" },
			scope: { name: "scope", version: "1.2.3" },
		});
	});
}

test("decodes log records and says which requests came", async () => {
	const exporter = new OTLPLogExporter({ url: `${receiver.url}/v1/logs` });
	const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
	logs.disable();
	provider
		.getLogger("scope")
		.emit({ body: "hello", severityNumber: 9, severityText: "INFO", attributes: { n: 1 }, eventName: "a.b" });
	await provider.shutdown();
	expect(receiver.logs()).toMatchObject([
		{
			body: "hello",
			severityNumber: 9,
			severityText: "INFO",
			eventName: "a.b",
			attributes: { n: 1 },
			traceId: undefined,
		},
	]);
	expect(receiver.requests()).toMatchObject([
		{ method: "POST", path: "/v1/logs", contentType: "application/x-protobuf" },
	]);
});

test("reads gzipped bodies", async () => {
	const post = (body: Uint8Array | string, headers: Record<string, string>) =>
		fetch(`${receiver.url}/v1/traces`, { method: "POST", body: body as BodyInit, headers });
	const message = JSON.stringify({
		resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: "1", spanId: "2", name: "zipped" }] }] }],
	});
	const headers = { "content-type": "application/json", "content-encoding": "gzip" };
	expect((await post(gzipSync(message), headers)).status).toBe(200);
	expect(receiver.spans().map((span) => span.name)).toEqual(["zipped"]);
});

test("waitFor rejects with what had come", async () => {
	await expect(receiver.waitFor(() => false, 20)).rejects.toThrow("not within 20 ms; received 0 spans (), 0 logs");
});
