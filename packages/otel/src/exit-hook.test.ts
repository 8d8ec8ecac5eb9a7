import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type OtlpReceiver, startOtlpReceiver } from "../../../test/otlp-receiver.ts";
import { runChild, startChild } from "./child-process.fixture.ts";

let receiver: OtlpReceiver;
beforeEach(async () => {
	receiver = await startOtlpReceiver();
});
afterEach(() => receiver.close());

const start = (options = "") => `
	import { trace } from "@opentelemetry/api";
	import { startTelemetry } from "@footlight/otel";
	const telemetry = startTelemetry({ serviceName: "child"${options} });
	const tracer = trace.getTracer("test");
	tracer.startSpan("work").end();
	telemetry.logger.info("a line");
`;
/** As {@link start}, where something of the program comes first. */
const startLater = () => `
	const { startTelemetry } = await import("@footlight/otel");
	const { trace } = await import("@opentelemetry/api");
	startTelemetry({ serviceName: "child", logger: false });
	trace.getTracer("test").startSpan("work").end();
`;
const env = () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
/** Without the numbers of lines, which the lines above the failing one change. */
const comparable = (stderr: string) => stderr.replace(/(\[eval\d?\]):\d+/g, "$1");

const endings: Record<string, { readonly code: string; readonly args?: string[] }> = {
	"the end of the program": { code: "" },
	"an exit code set": { code: "process.exitCode = 3;" },
	"process.exit()": { code: "process.exit(7);" },
	"an unawaited flush and process.exit()": { code: "if (globalThis.telemetry) telemetry.flush(); process.exit(0);" },
	"an uncaught error": { code: `setImmediate(() => { throw new TypeError("boom"); });` },
	"an uncaught error while the program loads": { code: `throw new RangeError("at once");` },
	"an uncaught error that is a string": { code: `setImmediate(() => { throw "words"; });` },
	"an unhandled rejection": { code: `Promise.reject(new Error("nobody cared"));` },
	"an unhandled rejection that is no error": { code: `Promise.reject({ a: 1 });` },
	"a handler of uncaught errors that exits": {
		code: `process.on("uncaughtException", () => process.exit(4)); setImmediate(() => { throw new Error("x"); });`,
	},
};

describe("leaves the exit as it was, and loses nothing", () => {
	test.each(Object.entries(endings))("at %s", async (_name, { code }) => {
		const plain = await runChild(code);
		const traced = await runChild(`${start()} globalThis.telemetry = telemetry;\n${code}`, { env: env() });
		expect(traced.code).toBe(plain.code);
		expect(traced.signal).toBe(plain.signal);
		expect(comparable(traced.stderr)).toBe(comparable(plain.stderr));
		expect(receiver.spans().map((span) => span.name)).toEqual(["work"]);
		expect(receiver.logs().map((log) => log.body)).toEqual(["a line"]);
		expect(receiver.spans()[0]?.resource["service.name"]).toBe("child");
	});

	test("what processors of the application's own hold is flushed too, behind tail sampling and without loss", async () => {
		const { stderr } = await runChild(
			`
			import { SpanStatusCode, trace } from "@opentelemetry/api";
			import { startTelemetry } from "@footlight/otel";
			import { losslessSpanProcessor, tailSampling } from "@footlight/otel/processors";
			import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
			const lossless = losslessSpanProcessor({ exporter: new OTLPTraceExporter() });
			startTelemetry({ logger: false, spanProcessors: [tailSampling({ ratio: 0, processors: [lossless] })] });
			const tracer = trace.getTracer("test");
			tracer.startSpan("usual").end();
			for (let count = 0; count < 5_000; count++) {
				const span = tracer.startSpan("failed", { attributes: { password: "s3cretvalue" } });
				span.setStatus({ code: SpanStatusCode.ERROR }).end();
			}`,
			{ env: { ...env(), OTEL_TRACES_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none" } },
		);
		expect(stderr).toBe("");
		const spans = receiver.spans();
		expect(spans).toHaveLength(5_000);
		expect(new Set(spans.map(({ name }) => name))).toEqual(new Set(["failed"]));
		expect(spans[0]?.attributes).toMatchObject({
			password: "[REDACTED]",
			"pipeline.sampling.adjusted_count": 1,
			"pipeline.sampling.reason": "error",
		});
	});

	test.each(["SIGTERM", "SIGINT"] as const)("at %s", async (signal) => {
		const child = startChild(`${start()} setInterval(() => {}, 1000); console.log("ready");`, { env: env() });
		await child.says("ready");
		child.process.kill(signal);
		expect(await child.ended()).toMatchObject({ code: null, signal });
		expect(receiver.spans().map((span) => span.name)).toEqual(["work"]);
		expect(receiver.logs().map((log) => log.body)).toEqual(["a line"]);
	});

	test("a handler of SIGTERM decides about the end itself, and what it leaves is delivered", async () => {
		const own = `
			process.on("SIGTERM", () => { tracer.startSpan("handled").end(); setTimeout(() => process.exit(9), 100); });
			setInterval(() => {}, 1000); console.log("ready");`;
		const child = startChild(start() + own, { env: env() });
		await child.says("ready");
		child.process.kill("SIGTERM");
		expect(await child.ended()).toMatchObject({ code: 9, signal: null });
		expect(receiver.spans().map((span) => span.name)).toEqual(["work", "handled"]);
	});

	describe.each(["SIGTERM", "SIGINT"] as const)("a %s handler that listens once", (signal) => {
		const handler = `
			process.once("${signal}", async () => {
				console.log("cleaning");
				await new Promise((resolve) => setTimeout(resolve, 100));
				(await import("@opentelemetry/api")).trace.getTracer("test").startSpan("cleaned").end();
				process.exit(9);
			});`;
		const stay = `setInterval(() => {}, 1000); console.log("ready");`;

		test.each([
			["before", () => handler + startLater() + stay],
			["after", () => start() + handler + stay],
		])("and was added %s startTelemetry gets to its end", async (_order, code) => {
			const child = startChild(code(), { env: env() });
			await child.says("ready");
			child.process.kill(signal);
			expect(await child.ended()).toMatchObject({ code: 9, signal: null });
			expect(receiver.spans().map((span) => span.name)).toEqual(["work", "cleaned"]);
		});
	});

	test("a handler of SIGTERM that does not end the process keeps it running", async () => {
		const own = `process.on("SIGTERM", () => console.log("stays")); setInterval(() => {}, 1000); console.log("ready");`;
		const child = startChild(start() + own, { env: env() });
		await child.says("ready");
		child.process.kill("SIGTERM");
		await child.says("stays");
		await new Promise((resolve) => setTimeout(resolve, 300));
		expect(child.process.exitCode).toBeNull();
		child.process.kill("SIGKILL");
		await child.ended();
	});

	test("a library of the signal-exit kind, which raises the signal only when alone, still ends the process", async () => {
		const own = `
			const emitter = { count: 1 };
			globalThis[Symbol.for("signal-exit emitter")] = emitter;
			const listener = () => {
				if (process.listeners("SIGTERM").length !== emitter.count) return;
				console.log("cleaned up");
				process.off("SIGTERM", listener);
				process.kill(process.pid, "SIGTERM");
			};
			process.on("SIGTERM", listener);
			setInterval(() => {}, 1000); console.log("ready");`;
		const child = startChild(start() + own, { env: env() });
		await child.says("ready");
		child.process.kill("SIGTERM");
		const ended = await child.ended();
		expect(ended).toMatchObject({ code: null, signal: "SIGTERM" });
		expect(ended.stdout).toContain("cleaned up");
		expect(receiver.spans().map((span) => span.name)).toEqual(["work"]);
	});

	test("with handleSignals: false no listener is added", async () => {
		const count = `console.log(["SIGTERM", "SIGINT", "beforeExit"].map((name) => process.listenerCount(name)).join());`;
		const [plain] = (await runChild(count)).stdout.split("\n");
		const ended = await runChild(`${start(", handleSignals: false, logger: false")} ${count}`, { env: env() });
		expect(ended.stdout.trim()).toBe(plain);
		expect(receiver.spans()).toEqual([]);
	});
});

describe("a collector that does not answer", () => {
	test("holds the end up no longer than shutdownTimeoutMs, and a second signal kills at once", async () => {
		const silent = createServer(() => {}).listen(0, "127.0.0.1");
		await new Promise((resolve) => silent.once("listening", resolve));
		const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` };
		try {
			const natural = await runChild(start(", shutdownTimeoutMs: 500"), { env });
			expect(natural.code).toBe(0);
			expect(natural.durationMs).toBeLessThan(8_000);

			// Twice the deadline would be four seconds.
			const stopped = `await Promise.all([telemetry.shutdown(), telemetry.shutdown()]);`;
			const timed = `const begun = performance.now(); ${stopped} console.log(performance.now() - begun);`;
			const stop = await runChild(`${start(", shutdownTimeoutMs: 2_000, logger: false")} ${timed} process.exit();`, {
				env,
			});
			expect(Number(stop.stdout)).toBeGreaterThan(1_900);
			expect(Number(stop.stdout)).toBeLessThan(3_800);

			const waiting = `${start(", shutdownTimeoutMs: 60_000")} setInterval(() => {}, 1000); console.log("ready");`;
			const child = startChild(waiting, { env });
			await child.says("ready");
			const received = new Promise((resolve) => silent.once("request", resolve));
			child.process.kill("SIGINT");
			await received;
			expect(child.process.exitCode).toBeNull();
			const again = performance.now();
			child.process.kill("SIGINT");
			expect(await child.ended()).toMatchObject({ code: null, signal: "SIGINT" });
			expect(performance.now() - again).toBeLessThan(8_000);

			const crash = await runChild(`${start(", shutdownTimeoutMs: 500")} throw new Error("crash");`, { env });
			expect(crash.code).toBe(1);
			expect(crash.stderr).toContain("Error: crash");
			expect(crash.stderr).toMatch(
				/at the exit could not be delivered: 1 span to http:\S+\/v1\/traces \(no answer within 500 ms\), 1 log record to /,
			);
			expect(crash.durationMs).toBeLessThan(8_000);
		} finally {
			silent.closeAllConnections();
			silent.close();
		}
	});

	test("is told of once, with its address, and the program ends as it would have, at once", async () => {
		await receiver.close();
		const work = `for (let i = 0; i < 3; i++) { tracer.startSpan("more").end(); await telemetry.flush(); }`;
		const ended = await runChild(`${start()} ${work} process.exitCode = 5;`, { env: env() });
		expect(ended.code).toBe(5);
		expect(ended.durationMs).toBeLessThan(8_000);
		expect(ended.stderr.match(/FOOTLIGHT_EXPORT_FAILED/g)).toHaveLength(1);
		expect(ended.stderr).toContain(`telemetry cannot be delivered to ${receiver.url}: `);
		expect(ended.stderr).toContain("connection refused: nothing listens there");
	});

	test("for one signal, as Jaeger for logs, costs one line that says what to set, and no span", async () => {
		const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${receiver.url}/none` };
		const atOnce = await runChild(`${start()} process.exit(3);`, { env });
		expect(atOnce.code).toBe(3);
		expect(atOnce.stderr.match(/FootlightWarning/g)).toHaveLength(1);
		expect(atOnce.stderr).toContain(`1 log record to ${receiver.url}/none (the server answered 404`);
		expect(atOnce.stderr).toContain("Jaeger takes no logs: set OTEL_LOGS_EXPORTER=none");

		const later = `await telemetry.flush(); telemetry.logger.info("more"); tracer.startSpan("more").end(); process.exit(3);`;
		const told = await runChild(`${start()} ${later}`, { env });
		expect(told.stderr.match(/FootlightWarning/g)).toHaveLength(1);
		expect(receiver.spans().map((span) => span.name)).toEqual(["work", "work", "more"]);
	});
});
