import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type OtlpReceiver, startOtlpReceiver } from "../../../test/otlp-receiver.ts";
import type { ChildOptions } from "./child-process.fixture.ts";
import { runProgram } from "./telemetry-program.fixture.ts";

let receiver: OtlpReceiver;
beforeEach(async () => {
	receiver = await startOtlpReceiver();
});
afterEach(() => receiver.close());

const run = (program: string, options?: ChildOptions) => runProgram(receiver.url, program, options);

describe("what is sent", () => {
	test("a span and the log line inside it, with one resource and one trace", async () => {
		await run(`
			const telemetry = startTelemetry({ serviceName: "docs-qa", serviceVersion: "1.2.3", resourceAttributes: { "team": "a" } });
			trace.getTracer("t").startActiveSpan("work", (span) => { telemetry.logger.info({ count: 2 }, "inside"); span.end(); });
		`);
		const [span] = receiver.spans();
		const [log] = receiver.logs();
		expect(span?.resource).toMatchObject({ "service.name": "docs-qa", "service.version": "1.2.3", team: "a" });
		expect(span?.resource["service.instance.id"]).toMatch(/^[0-9a-f-]{36}$/);
		expect(span?.resource["telemetry.sdk.name"]).toBe("opentelemetry");
		expect(log).toMatchObject({
			body: "inside",
			traceId: span?.traceId,
			spanId: span?.spanId,
			attributes: { count: 2 },
		});
		expect(log?.resource).toEqual(span?.resource);
	});

	test("no metrics with OTEL_METRICS_EXPORTER=none, and some with otlp", async () => {
		const program = `
			const telemetry = startTelemetry({ logger: false });
			metrics.getMeter("m").createCounter("c").add(1);
			trace.getTracer("t").startSpan("work").end();
			await telemetry.flush();
			print(telemetry.describe().metrics.exporters);`;
		expect((await run(program)).printed).toEqual([[]]);
		expect(receiver.requests().map(({ path }) => path)).toEqual(["/v1/traces"]);
		receiver.clear();
		expect((await run(program, { env: { OTEL_METRICS_EXPORTER: "otlp" } })).printed).toEqual([["otlp"]]);
		expect(receiver.requests().map(({ path }) => path)).toContain("/v1/metrics");
	});

	test("secrets hidden: in spans, logs and the command line; as they are with redact: false", async () => {
		const program = (options: string) => `
			const telemetry = startTelemetry({ ${options} });
			const span = trace.getTracer("t").startSpan("work", { attributes: { "url.full": "https://h/?token=s3cretvalue" } });
			span.recordException(new Error("password=s3cretvalue")); span.end();
			logs.getLogger("l").emit({ body: "password=s3cretvalue" });`;
		const args = ["--", "--api-key", "s3cretvalue"];
		const received = () =>
			JSON.stringify([receiver.spans(), receiver.logs()], (_, v) => (typeof v === "bigint" ? `${v}` : v));
		await run(program("logger: false"), { args });
		expect(receiver.spans()).toHaveLength(1);
		expect(receiver.logs()).toHaveLength(1);
		expect(received()).not.toContain("s3cretvalue");
		receiver.clear();
		await run(program("logger: false, redact: false"), { args });
		expect(received().split("s3cretvalue").length - 1).toBeGreaterThanOrEqual(4);
	});

	test("a resource whose secrets are hidden as the options of redaction say", async () => {
		const options = `{ logger: false, resourceAttributes: { team: "red" }, redact: { keys: ["team"], mask: "***" } }`;
		const { printed } = await run(`print(startTelemetry(${options}).describe().resource.team);`);
		expect(printed).toEqual(["***"]);
	});

	test("what the user's own processors add is redacted too, and they see every span", async () => {
		const { printed } = await run(`
			const names = [];
			const own = {
				onStart(span) { span.setAttribute("password", "abc"); }, onEnd(span) { names.push(span.name, span.attributes.password); },
				forceFlush: async () => {}, shutdown: async () => {},
			};
			const ownLogs = { onEmit(record) { record.setAttribute("token", "abc"); }, forceFlush: async () => {}, shutdown: async () => {} };
			const telemetry = startTelemetry({ spanProcessors: [own], logRecordProcessors: [ownLogs], logger: false });
			trace.getTracer("t").startSpan("work").end();
			logs.getLogger("l").emit({ body: "x" });
			print(names);`);
		expect(printed).toEqual([["work", "[REDACTED]"]]);
		expect(receiver.spans()[0]?.attributes.password).toBe("[REDACTED]");
		expect(receiver.logs()[0]?.attributes.token).toBe("[REDACTED]");
	});

	test("the tree of a run on stderr, with console: true", async () => {
		const { stderr } = await run(`
			startTelemetry({ console: true, logger: false });
			trace.getTracer("t").startSpan("work", { attributes: { "pipeline.name": "p", "pipeline.run.id": "1" } }).end();`);
		expect(stderr).toContain("work");
	});
});

describe("the environment wins", () => {
	test("over the name, the version and further attributes", async () => {
		const options = `{ serviceName: "code", resourceAttributes: { team: "code", kept: true }, logger: false }`;
		const { printed } = await run(`print(startTelemetry(${options}).describe().resource);`, {
			env: { OTEL_SERVICE_NAME: "env", OTEL_RESOURCE_ATTRIBUTES: "service.version=9,team=env" },
		});
		expect(printed[0]).toMatchObject({ "service.name": "env", "service.version": "9", team: "env", kept: true });
	});

	test("over the sampler", async () => {
		const program = `
			import { AlwaysOnSampler } from "@opentelemetry/sdk-trace";
			const telemetry = startTelemetry({ sampler: new AlwaysOnSampler(), logger: false });
			trace.getTracer("t").startSpan("work").end();
			print(telemetry.describe().sampler);`;
		expect((await run(program, { env: { OTEL_TRACES_SAMPLER: "always_off" } })).printed).toEqual(["always_off"]);
		expect(receiver.spans()).toEqual([]);
		expect((await run(program)).printed).toEqual(["AlwaysOnSampler"]);
		expect(receiver.spans()).toHaveLength(1);
	});

	test("on where and how", async () => {
		const program = `
			const telemetry = startTelemetry({ logger: false });
			trace.getTracer("t").startSpan("work").end();
			logs.getLogger("l").emit({ body: "x" });
			print(telemetry.describe().traces);`;
		const json = await run(program, { env: { OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" } });
		expect(json.printed).toEqual([
			{ exporters: ["otlp"], endpoint: `${receiver.url}/v1/traces`, protocol: "http/json" },
		]);
		expect(receiver.requests().map(({ contentType }) => contentType)).toEqual(["application/json", "application/json"]);
		receiver.clear();
		const own = {
			OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
			OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/v1/traces`,
			OTEL_EXPORTER_OTLP_HEADERS: "x-key=a",
			OTEL_LOGS_EXPORTER: "none",
		};
		await run(program, { env: own });
		expect(receiver.requests()).toMatchObject([{ path: "/v1/traces", headers: { "x-key": "a" } }]);
	});

	test("on the size of a batch", async () => {
		const program = `
			const telemetry = startTelemetry({ logger: false });
			for (let i = 0; i < 6; i++) trace.getTracer("t").startSpan("work").end();
			print((await telemetry.flush()).spans);`;
		const { printed } = await run(program, { env: { OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "2" } });
		expect(printed).toEqual([{ delivered: 6, failed: 0, pending: 0 }]);
		expect(receiver.requests()).toHaveLength(3);
	});

	test("OTEL_TRACES_EXPORTER=none and console", async () => {
		const program = `startTelemetry({ logger: false }); trace.getTracer("t").startSpan("work").end();`;
		await run(program, { env: { OTEL_TRACES_EXPORTER: "none" } });
		const { stdout } = await run(program, { env: { OTEL_TRACES_EXPORTER: "console" } });
		expect(stdout).toContain("name: 'work'");
		const { stderr } = await run(program, { env: { OTEL_TRACES_EXPORTER: "zipkin" } });
		expect(stderr).toContain("OTEL_TRACES_EXPORTER: zipkin is not supported; use otlp, console, none.");
		expect(receiver.spans()).toEqual([]);
	});

	test("OTEL_SDK_DISABLED: no SDK, a logger that writes, and no complaint", async () => {
		const { printed, stdout, stderr } = await run(
			`const telemetry = startTelemetry({ serviceName: "x" });
			telemetry.logger.info("still written");
			trace.getTracer("t").startSpan("work").end();
			await telemetry.flush(); await telemetry.shutdown();
			print([telemetry.state, globalThis[Symbol.for("footlight.telemetry.disabled")]]);`,
			{ env: { OTEL_SDK_DISABLED: "true" } },
		);
		expect(printed).toEqual([["stopped", true]]);
		expect(stdout).toContain("still written");
		expect(stderr).toBe("");
		expect(receiver.requests()).toEqual([]);
	});
});

describe("starting and stopping", () => {
	test("a second start returns the first; other options are warned of once", async () => {
		const { printed, stderr } = await run(`
			const first = startTelemetry({ serviceName: "a", logger: false });
			const same = startTelemetry({ serviceName: "a", logger: false }) === first && startTelemetry() === first;
			const other = startTelemetry({ serviceName: "b" }) === first && startTelemetry({ serviceName: "c" }) === first;
			print([same, other]);`);
		expect(printed).toEqual([[true, true]]);
		expect(stderr.match(/FOOTLIGHT_TELEMETRY_STARTED_TWICE/g)).toHaveLength(1);
	});

	test("flush delivers and counts; shutdown stops; a later start works again", async () => {
		const { printed } = await run(`
			const telemetry = startTelemetry({ logger: false });
			trace.getTracer("t").startSpan("one").end();
			logs.getLogger("l").emit({ body: "x" });
			print(await telemetry.flush());
			let stopped = 0;
			await Promise.race([telemetry.shutdown().then(() => stopped++), new Promise(setImmediate)]);
			await telemetry.shutdown();
			print(stopped);
			{
				await using again = startTelemetry({ serviceName: "second", logger: false });
				trace.getTracer("t").startSpan("two").end();
				print(again.state);
			}
			print(telemetry.state);`);
		const counts = { delivered: 1, failed: 0, pending: 0 };
		expect(printed).toEqual([
			{ ok: true, timedOut: false, spans: counts, logs: counts, problems: [] },
			1,
			"running",
			"stopped",
		]);
		expect(receiver.spans().map(({ name }) => name)).toEqual(["one", "two"]);
	});

	test("shutdown ends the spans of streams that nobody reads", async () => {
		await run(`
			import { footlight } from "@footlight/core";
			const telemetry = startTelemetry({ logger: false });
			const light = footlight("p");
			const words = light.stage("words", async function* () { yield "a"; yield "b"; });
			const stream = words();
			await stream.next();
			globalThis.kept = stream;`);
		expect(receiver.spans().find(({ name }) => name === "words")?.attributes["stream.abandoned"]).toBe(true);
	});
});

test("warns where another provider is registered already", async () => {
	const { stderr } = await run(`
		import { TracerProvider } from "@opentelemetry/sdk-trace";
		class OtherProvider extends TracerProvider {}
		trace.setGlobalTracerProvider(new OtherProvider());
		startTelemetry({ logger: false });`);
	expect(stderr).toContain("another tracer provider (OtherProvider) is registered already");
});
