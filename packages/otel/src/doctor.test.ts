import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { type OtlpReceiver, startOtlpReceiver } from "../../../test/otlp-receiver.ts";
import { type ChildOptions, runChild } from "./child-process.fixture.ts";
import type { Finding } from "./doctor/finding.ts";
import { doctor } from "./doctor.ts";

let receiver: OtlpReceiver;
beforeEach(async () => {
	receiver = await startOtlpReceiver();
});
afterEach(() => receiver.close());

/** Runs a program that is set up wrong, and asks the doctor inside it. */
async function doctorIn(program: string, options: ChildOptions = {}): Promise<Finding[]> {
	const code = `
		import { doctor, startTelemetry } from "@footlight/otel";
		${program}
		console.log("REPORT" + JSON.stringify((await doctor({ timeoutMs: 2_000 })).findings));`;
	const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...options.env };
	const { stdout, stderr } = await runChild(code, { ...options, env });
	const report = /REPORT(.*)/.exec(stdout)?.[1];
	if (report === undefined) throw new Error(`no report; stderr: ${stderr}`);
	return JSON.parse(report);
}

const withCode = (findings: readonly Finding[], code: string) => findings.find((finding) => finding.code === code);
const errors = (findings: readonly Finding[]) =>
	findings.filter(({ severity }) => severity === "error").map(({ code }) => code);

describe("a healthy set-up", () => {
	test("has no errors, and a test span arrives", async () => {
		const findings = await doctorIn(`startTelemetry({ logger: false });`);
		expect(errors(findings)).toEqual([]);
		expect(withCode(findings, "test-span-delivered")?.message).toContain(`taken by ${receiver.url}/v1/traces`);
		expect(receiver.spans().map(({ name }) => name)).toContain("footlight.doctor");
	});
});

describe("no provider", () => {
	test("is told where nobody has started telemetry", async () => {
		const finding = withCode(await doctorIn(""), "no-provider");
		expect(finding).toMatchObject({ severity: "error", cure: expect.stringContaining("startTelemetry()") });
	});

	test("a provider of somebody else is told", async () => {
		const findings = await doctorIn(`
			import { trace } from "@opentelemetry/api";
			import { TracerProvider } from "@opentelemetry/sdk-trace";
			class SentryTracerProvider extends TracerProvider {}
			trace.setGlobalTracerProvider(new SentryTracerProvider());
			startTelemetry({ logger: false });`);
		expect(withCode(findings, "foreign-provider")?.message).toContain("SentryTracerProvider");
	});
});

describe("sampled out", () => {
	test.each([
		{ OTEL_TRACES_SAMPLER: "always_off" },
		{ OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" },
	])("by %o", async (env) => {
		const findings = await doctorIn(`startTelemetry({ logger: false });`, { env });
		expect(errors(findings)).toEqual(["sampled-out"]);
		expect(withCode(findings, "sampled-out")?.message).toContain(`OTEL_TRACES_SAMPLER=${env.OTEL_TRACES_SAMPLER}`);
	});

	test("by the sampler option", async () => {
		const findings = await doctorIn(`
			import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
			startTelemetry({ logger: false, sampler: new AlwaysOffSampler() });`);
		expect(withCode(findings, "sampled-out")?.message).toContain("AlwaysOffSampler");
	});

	test("by a calling service", async () => {
		const code = `
			import { doctor, startTelemetry } from "@footlight/otel";
			import { continueTrace } from "@footlight/otel/propagation";
			startTelemetry({ logger: false });
			const carrier = { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00" };
			console.log((await continueTrace(carrier, () => doctor())).text);`;
		const { stdout } = await runChild(code, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } });
		expect(stdout).toContain("✗ sampled-out-by-parent: The active trace (4bf92f3577b34da6a3ce929d0e0e4736)");
		expect(stdout).toContain("in the calling service");
	});

	test("in part, by a ratio between", async () => {
		vi.stubEnv("OTEL_TRACES_SAMPLER", "traceidratio");
		vi.stubEnv("OTEL_TRACES_SAMPLER_ARG", "0.25");
		const { findings } = await doctor({ endpoint: receiver.url, inProcess: false });
		expect(withCode(findings, "sampled-in-part")?.message).toContain("keeps about 25 % of traces");
	});
});

test("settings that turn telemetry off are told", async () => {
	const disabled = await doctorIn(`startTelemetry({ logger: false });`, { env: { OTEL_SDK_DISABLED: "true" } });
	expect(errors(disabled)).toEqual(["sdk-disabled"]);
	const typo = await doctorIn("", { env: { OTEL_TRACES_SAMPLER: "always", OTEL_EXPORTER_OTLP_PROTOCOL: "http" } });
	expect(typo.filter(({ code }) => code === "unknown-setting").map(({ message }) => message)).toEqual([
		"OTEL_TRACES_SAMPLER=always is unknown; the SDK takes its default, parentbased_always_on.",
		"OTEL_EXPORTER_OTLP_PROTOCOL=http is unknown; http/protobuf is used.",
	]);
});

test.each(["none", "zipkin", "console"])(
	"with OTEL_TRACES_EXPORTER=%s no address is tried but one that is asked for",
	async (name) => {
		await receiver.close();
		vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url);
		vi.stubEnv("OTEL_TRACES_EXPORTER", name);
		expect(errors((await doctor({ inProcess: false })).findings)).toEqual(["exporter-none"]);
		const { findings } = await doctor({ inProcess: false, endpoint: receiver.url });
		expect(errors(findings).sort()).toEqual(["endpoint-refused", "exporter-none"]);
	},
);

describe("metrics", () => {
	const served = { OTEL_METRICS_EXPORTER: undefined, OTEL_EXPORTER_PROMETHEUS_PORT: "0" };
	const aboutMetrics = (findings: readonly Finding[]) => findings.filter(({ code }) => code.startsWith("metrics-"));

	/** What answers every connection on a port of its own. */
	async function answering(text: string): Promise<string> {
		const server = createServer((socket) => socket.on("error", () => {}).end(text)).listen(0, "127.0.0.1");
		await new Promise((resolve) => server.once("listening", resolve));
		onTestFinished(() => void server.close());
		return String((server.address() as AddressInfo).port);
	}

	test("of this process: where they are served", async () => {
		const [finding, ...others] = aboutMetrics(await doctorIn("startTelemetry({ logger: false });", { env: served }));
		expect(finding).toMatchObject({ code: "metrics-served", severity: "ok" });
		expect(finding?.message).toMatch(/^Metrics are served at http:\/\/127\.0\.0\.1:\d+\/metrics\.$/);
		expect(others).toEqual([]);
	});

	test("of this process: who has their port, or that they are off", async () => {
		const env = { ...served, OTEL_EXPORTER_PROMETHEUS_PORT: await answering("no\n") };
		const [taken] = aboutMetrics(await doctorIn("startTelemetry({ logger: false });", { env }));
		expect(taken).toMatchObject({ code: "metrics-not-served", severity: "warning" });
		expect(taken?.message).toBe(
			`Metrics are not served: 127.0.0.1:${env.OTEL_EXPORTER_PROMETHEUS_PORT} is taken by another process.`,
		);
		const [off] = aboutMetrics(await doctorIn("startTelemetry({ logger: false });"));
		expect(off).toMatchObject({ code: "metrics-off", severity: "note" });
	});

	test.each([
		["nobody", undefined, { code: "metrics-not-served", severity: "note" }],
		["somebody else", "220 mail ready\r\n", { code: "metrics-not-served", severity: "warning" }],
		[
			"an application",
			'# TYPE up gauge\nup 1\ntarget_info{service_name="shop",process_pid="7"} 1\n',
			{
				code: "metrics-served",
				severity: "ok",
				message: expect.stringContaining("Metrics of shop (process 7) are served"),
			},
		],
	])("of the usual address, served by %s", async (_who, text, expected) => {
		vi.stubEnv("OTEL_METRICS_EXPORTER", "prometheus");
		vi.stubEnv("OTEL_EXPORTER_PROMETHEUS_PORT", text === undefined ? "1" : await answering(text));
		const { findings, healthy } = await doctor({ inProcess: false, endpoint: receiver.url });
		expect(aboutMetrics(findings)).toEqual([expect.objectContaining(expected)]);
		expect(healthy).toBe(true);
	});

	test("with a port that is none", async () => {
		vi.stubEnv("OTEL_EXPORTER_PROMETHEUS_PORT", "9464/tcp");
		const { findings } = await doctor({ inProcess: false, endpoint: receiver.url });
		expect(withCode(findings, "unknown-setting")?.message).toBe(
			"OTEL_EXPORTER_PROMETHEUS_PORT=9464/tcp is no port; 9464 is taken.",
		);
	});
});

describe("two copies of the API", () => {
	const require = createRequire(import.meta.url);
	// Its exports do not give package.json away, so its folder is found from its main file.
	const installed = (name: string) => require.resolve(name).replace(/[\\/](?:build|dist)[\\/].*/, "");

	/** An application and a library with an API of its own, on disk; says whether the library's spans are recorded. */
	async function application(own: string, library: string | undefined) {
		const folder = await mkdtemp(join(tmpdir(), "doctor-"));
		onTestFinished(() => rm(folder, { recursive: true, force: true }));
		const place = async (from: string, to: string) => {
			await mkdir(dirname(join(folder, to)), { recursive: true });
			await cp(installed(from), join(folder, to), { recursive: true });
		};
		await place(own, "node_modules/@opentelemetry/api");
		await mkdir(join(folder, "node_modules/lib"), { recursive: true });
		if (library) await place(library, "node_modules/lib/node_modules/@opentelemetry/api");
		await writeFile(join(folder, "package.json"), "{}");
		await writeFile(
			join(folder, "node_modules/lib/index.js"),
			`exports.work = () => require("@opentelemetry/api").trace.getTracer("lib").startSpan("work").isRecording();`,
		);
		await writeFile(
			join(folder, "app.js"),
			`const span = { isRecording: () => true };
			require("@opentelemetry/api").trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan: () => span }) });
			console.log(require("lib").work());`,
		);
		const { stdout } = await runChild(undefined, { args: [join(folder, "app.js")], cwd: folder });
		const { findings } = await doctor({ folder, endpoint: receiver.url, inProcess: false });
		return { recorded: stdout.trim() === "true", finding: withCode(findings, "api-copies") };
	}

	test("1.10 in a library under an application on 1.9: its spans vanish", async () => {
		const { recorded, finding } = await application("opentelemetry-api-1-9", "@opentelemetry/api");
		expect(recorded).toBe(false);
		expect(finding?.severity).toBe("error");
		expect(finding?.message).toContain(
			"@opentelemetry/api 1.10.0 of lib (node_modules/lib/node_modules/@opentelemetry/api)",
		);
		expect(finding?.message).toContain("registers with @opentelemetry/api 1.9.0");
		expect(finding?.cure).toContain(`"overrides": { "@opentelemetry/api": "1.10.0" }`);
	});

	test("1.9 in a library under an application on 1.10, and the same twice: spans get through, with a warning", async () => {
		for (const library of ["opentelemetry-api-1-9", "@opentelemetry/api"]) {
			const { recorded, finding } = await application("@opentelemetry/api", library);
			expect(recorded).toBe(true);
			expect(finding?.severity).toBe("warning");
		}
	});

	test("one copy: nothing to say", async () => {
		expect((await application("@opentelemetry/api", undefined)).finding).toBeUndefined();
	});
});

test("lines written through the old Logs API are lost, and told", async () => {
	const findings = await doctorIn(`
		const telemetry = startTelemetry({ logger: false });
		const { logs } = await import("@opentelemetry/api-logs");
		logs.getLogger("old").emit({ body: "lost" });
		await telemetry.flush();`);
	expect(receiver.logs()).toEqual([]);
	expect(
		findings.find(({ code, severity }) => code === "orphaned-logs-api" && severity === "error")?.message,
	).toContain("@opentelemetry/api-logs is loaded");
});

describe("started after what it should patch", () => {
	const program = (before: string, after: string) => `
		import { createRequire } from "node:module";
		import { GenericPoolInstrumentation } from "@opentelemetry/instrumentation-generic-pool";
		const require = createRequire(process.cwd() + "/x.js");
		${before}
		const telemetry = startTelemetry({ instrumentations: [new GenericPoolInstrumentation()], logger: false });
		${after}
		const { context, trace } = await import("@opentelemetry/api");
		const pool = createPool({ create: async () => ({}), destroy: async () => {} });
		const parent = trace.getTracer("test").startSpan("parent");
		await context.with(trace.setSpan(context.active(), parent), () => pool.acquire());
		parent.end();
		await telemetry.flush();`;
	const load = `const { createPool } = require("generic-pool");`;

	test("is told, with the modules", async () => {
		const finding = withCode(await doctorIn(program(load, "")), "patched-too-late");
		expect(finding?.message).toContain("generic-pool");
	});

	test("in the right order: patched, and nothing to say", async () => {
		const findings = await doctorIn(program("", load));
		expect(receiver.spans().map(({ name }) => name)).toContain("generic-pool.acquire");
		expect(withCode(findings, "patched-too-late")).toBeUndefined();
	});

	test("an ES module whose imports cannot be patched", async () => {
		const folder = await mkdtemp(join(dirname(import.meta.dirname), "node_modules", ".doctor-"));
		onTestFinished(() => rm(folder, { recursive: true, force: true }));
		const script = join(folder, "app.mjs");
		await writeFile(
			script,
			`import { doctor, startTelemetry } from "@footlight/otel";
			import { GenericPoolInstrumentation } from "@opentelemetry/instrumentation-generic-pool";
			startTelemetry({ instrumentations: [new GenericPoolInstrumentation()], logger: false });
			console.log((await doctor()).text);`,
		);
		const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
		const unhooked = await runChild(undefined, { args: [script], env });
		expect(unhooked.stdout).toContain("! esm-not-hooked: The program is an ES module");
		const execArgv = ["--import", "@footlight/otel/register"];
		expect((await runChild(undefined, { args: [script], env, execArgv })).stdout).not.toContain("esm-not-hooked");
	});
});

test("refuses options it does not know", async () => {
	await expect(doctor({ url: "x" } as never)).rejects.toThrow(
		'doctor: unknown option "url"; known options are endpoint',
	);
	await expect(doctor({ timeoutMs: 0 })).rejects.toThrow("doctor: timeoutMs must be a positive integer, got 0");
});
