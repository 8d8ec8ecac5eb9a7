import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type OtlpReceiver, startOtlpReceiver } from "../../../test/otlp-receiver.ts";
import { runChild } from "./child-process.fixture.ts";

let receiver: OtlpReceiver;
let server: Server;
let folder: string;
let received: (string | undefined)[] = [];

beforeAll(async () => {
	// Inside the package, so that plain scripts find what is installed.
	folder = await mkdtemp(join(fileURLToPath(new URL("..", import.meta.url)), "node_modules", ".register-"));
	server = createServer((request, response) => {
		received.push(request.headers.traceparent as string | undefined);
		response.end("hello");
	}).listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
});
afterAll(async () => {
	server.close();
	await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
	receiver = await startOtlpReceiver();
	received = [];
});
afterEach(() => receiver.close());

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/hello?token=abc123`;

const programs: Record<string, { readonly file: string; readonly code: () => string }> = {
	"an ES module that imports http": {
		file: "get.mjs",
		code: () => `import http from "node:http"; http.get("${url()}", (response) => response.resume());`,
	},
	"an ES module that imports a name of http": {
		file: "named.mjs",
		code: () => `import { get } from "http"; get("${url()}", (response) => response.resume());`,
	},
	"a CommonJS module that requires http": {
		file: "get.cjs",
		code: () => `require("http").get("${url()}", (response) => response.resume());`,
	},
	"an ES module that fetches": { file: "fetch.mjs", code: () => `await (await fetch("${url()}")).text();` },
	"a CommonJS module that fetches": { file: "fetch.cjs", code: () => `fetch("${url()}").then((it) => it.text());` },
};

test.each(Object.entries(programs))("traces %s, unchanged", async (_name, { file, code }) => {
	const script = join(folder, file);
	await writeFile(script, code());
	const ended = await runChild(undefined, {
		execArgv: ["--import", "@footlight/otel/register"],
		args: [script],
		env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_SERVICE_NAME: "plain" },
	});
	expect(ended).toMatchObject({ code: 0, stdout: "", stderr: "" });
	expect(receiver.spans()).toHaveLength(1);
	const [span] = receiver.spans();
	expect(span).toMatchObject({ name: "GET", kind: "client", resource: { "service.name": "plain" } });
	expect(span?.attributes["http.response.status_code"]).toBe(200);
	expect(JSON.stringify(span?.attributes)).not.toContain("abc123");
	expect(received).toEqual([`00-${span?.traceId}-${span?.spanId}-01`]);
});

test("through NODE_OPTIONS, also at an uncaught error", async () => {
	const script = join(folder, "crash.mjs");
	await writeFile(script, `await (await fetch("${url()}")).text(); throw new Error("crash");`);
	const env = {
		NODE_OPTIONS: "--import @footlight/otel/register",
		OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
	};
	const ended = await runChild(undefined, { args: [script], env });
	expect(ended.code).toBe(1);
	expect(ended.stderr).toContain("Error: crash");
	expect(receiver.spans().map((span) => span.name)).toEqual(["GET"]);
});

test("OTEL_NODE_DISABLED_INSTRUMENTATIONS and OTEL_SDK_DISABLED are heeded", async () => {
	const script = join(folder, "fetch.mjs");
	await writeFile(script, `await (await fetch("${url()}")).text();`);
	const execArgv = ["--import", "@footlight/otel/register"];
	for (const off of [{ OTEL_NODE_DISABLED_INSTRUMENTATIONS: "undici" }, { OTEL_SDK_DISABLED: "true" }]) {
		const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...off };
		expect(await runChild(undefined, { execArgv, args: [script], env })).toMatchObject({ code: 0, stderr: "" });
	}
	expect(received).toHaveLength(2);
	expect(receiver.spans()).toEqual([]);
});

test("FOOTLIGHT_CONSOLE=true draws each run as a tree on stderr", async () => {
	const script = join(folder, "run.mjs");
	await writeFile(script, `import { footlight } from "@footlight/core"; footlight("docs-qa").run({}, () => 1);`);
	const execArgv = ["--import", "@footlight/otel/register"];
	const drawn = async (FOOTLIGHT_CONSOLE: string) => {
		const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, FOOTLIGHT_CONSOLE };
		return (await runChild(undefined, { execArgv, args: [script], env })).stderr;
	};
	expect(await drawn("true")).toMatch(/✓ docs-qa/);
	expect(await drawn("false")).toBe("");
});
