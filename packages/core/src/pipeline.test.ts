import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const core = new URL("./index.ts", import.meta.url).href;

/** Runs a program in a process of its own, where no SDK is registered; gives what it printed. */
async function run(
	program: string,
	{ env = {}, args = [] as string[] } = {},
): Promise<{ stdout: string; stderr: string }> {
	const preamble = `import { footlight } from ${JSON.stringify(core)}; const light = footlight("docs-qa");`;
	const given = ["--conditions=@footlight/source", ...args, "--input-type=module", "--eval", `${preamble}\n${program}`];
	return promisify(execFile)(process.execPath, given, { env: { ...process.env, ...env } });
}

const twice = 'const ask = light.stage("ask", () => "answer"); console.log(ask(), ask(), light.run(() => ask()));';
const count = (text: string, part: string) => text.split(part).length - 1;

describe.concurrent("a pipeline that nobody listens to", () => {
	it("works, and says so once, with the cure", async () => {
		const { stdout, stderr } = await run(twice);
		expect(stdout).toBe("answer answer answer\n");
		expect(
			count(
				stderr,
				'FOOTLIGHT_NO_PROVIDER] FootlightWarning: stages of "docs-qa" run, but no OpenTelemetry TracerProvider is registered',
			),
		).toBe(1);
		expect(stderr).toContain("startTelemetry()");
		expect(stderr).toContain("npx @footlight/cli doctor");
	});

	it("works where the provider gives no tracer, and says so once", async () => {
		const { stdout, stderr } = await run(`
			const { trace } = await import("@opentelemetry/api");
			trace.setGlobalTracerProvider({ getTracer() { throw new Error("no tracer"); } });
			${twice}`);
		expect(stdout).toBe("answer answer answer\n");
		expect(count(stderr, "tracer provider failed (Error: no tracer)")).toBe(1);
	});

	it("says nothing when it is only defined, or when it has a logger or a sink", async () => {
		const { stderr } = await run(`
			light.stage("ask", () => 1);
			const silent = () => {};
			const logger = { debug: silent, info: silent, warn: silent, error: silent };
			footlight("logged", { logger }).stage("ask", () => 1)();
			footlight("sunk", { sinks: [{ tryEmit() {}, async emit() {} }] }).stage("ask", () => 1)();
		`);
		expect(stderr).toBe("");
	});

	it("still tells who was given to a layer, and layers of others", async () => {
		const { stdout, stderr } = await run(`
			const { layer, logging, observe } = await import(${JSON.stringify(core)});
			const silent = () => {};
			const logger = { debug: silent, info: (_, message) => console.log(message), warn: silent, error: silent };
			const audit = layer({ name: "audit", observes: true }, (next) => (call) => {
				console.log("audited", call.name);
				return next(call);
			});
			for (const use of [[logging({ logger })], [observe({ logger })], [audit]])
				footlight("own", { use }).stage("ask", () => 1)();
		`);
		expect(stdout).toBe("stage ask ok\nstage ask ok\naudited ask\n");
		expect(stderr).toBe("");
	});

	it("says nothing where that is asked of Node", async () => {
		const { stderr } = await run(twice, { args: ["--disable-warning=FOOTLIGHT_NO_PROVIDER"] });
		expect(stderr).toBe("");
	});

	it("is heard as soon as a provider is registered, however late", async () => {
		const api = import.meta.resolve("@opentelemetry/api");
		const testing = new URL("./testing/index.ts", import.meta.url).href;
		const { stdout } = await run(`
			const { trace } = await import(${JSON.stringify(api)});
			const { recordingTracerProvider } = await import(${JSON.stringify(testing)});
			const ask = light.stage("ask", () => 1);
			ask();
			const provider = recordingTracerProvider();
			trace.setGlobalTracerProvider(provider);
			ask();
			console.log(provider.spans.map((span) => span.name).join());
		`);
		expect(stdout).toBe("ask\n");
	});

	it("carries ids over awaits all the same, without a context manager", async () => {
		const { stdout } = await run(`
			const ask = light.stage("ask", async () => { await null; return light.current().ids.runId; });
			const sinks = [{ tryEmit() {}, async emit() {} }];
			const heard = footlight("heard", { sinks });
			const askHeard = heard.stage("ask", async () => { await null; return heard.current().ids.runId; });
			console.log(await Promise.all([
				heard.run({ runId: "one" }, () => askHeard()),
				heard.run({ runId: "two" }, async () => { await null; return askHeard(); }),
				light.run({ runId: "three" }, async () => { await null; return light.current().ids.runId; }),
			]));
		`);
		expect(stdout).toBe("[ 'one', 'two', 'three' ]\n");
	});
});
