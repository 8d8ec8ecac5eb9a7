import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { type OtlpReceiver, startOtlpReceiver } from "../../../test/otlp-receiver.ts";

let receiver: OtlpReceiver;
beforeEach(async () => {
	receiver = await startOtlpReceiver();
});
afterEach(() => receiver.close());

const bin = fileURLToPath(new URL("./footlight.ts", import.meta.url));
const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OTEL_|NODE_|VITEST)/.test(name)));

/** Without metrics, whose port is one for the machine. */
const footlight = (...parameters: string[]) => footlightIn({ OTEL_METRICS_EXPORTER: "none" }, ...parameters);

async function footlightIn(environment: NodeJS.ProcessEnv, ...parameters: string[]) {
	const child = spawn(process.execPath, ["--conditions=@footlight/source", bin, ...parameters], {
		cwd: fileURLToPath(new URL("..", import.meta.url)),
		env: { ...clean, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...environment },
	});
	let stdout = "";
	let stderr = "";
	child.stdout.on("data", (text) => {
		stdout += text;
	});
	child.stderr.on("data", (text) => {
		stderr += text;
	});
	const [code] = await once(child, "close");
	return { code, stdout, stderr };
}

test("doctor says that all is well, and exits with 0", async () => {
	const { code, stdout, stderr } = await footlight("doctor");
	expect(stderr).toBe("");
	expect(stdout).toContain(`✓ test-span-delivered: A test span was taken by ${receiver.url}/v1/traces`);
	expect(stdout).toContain("Spans can reach the collector.");
	expect(code).toBe(0);
	expect(receiver.spans().map(({ name }) => name)).toEqual(["footlight.doctor"]);
});

test("doctor says what is wrong, with a cure, and exits with 1", async () => {
	await receiver.close();
	const { code, stdout } = await footlight("doctor");
	expect(stdout).toContain(`✗ endpoint-refused: ${receiver.url}/v1/traces`);
	expect(stdout).toMatch(/→ Start a collector/);
	expect(stdout).toContain("Spans do not reach the collector.");
	expect(code).toBe(1);
});

test("--endpoint is tried instead, and --json prints findings for machines", async () => {
	const url = receiver.url;
	await receiver.close();
	receiver = await startOtlpReceiver();
	const { code, stdout } = await footlight("doctor", "--json", "--endpoint", url);
	expect(code).toBe(1);
	expect(JSON.parse(stdout)[0]).toMatchObject({ code: "endpoint-refused", severity: "error" });
});

test("--import looks at the process that a file sets up", async () => {
	const folder = await mkdtemp(join(fileURLToPath(new URL("..", import.meta.url)), ".cli-"));
	onTestFinished(() => rm(folder, { recursive: true, force: true }));
	const file = join(folder, "telemetry.mjs");
	await writeFile(file, "");
	expect((await footlight("doctor", "--import", file)).stdout).toContain("✗ no-provider");
	await writeFile(file, `import { startTelemetry } from "@footlight/otel"; startTelemetry({ logger: false });`);
	expect(await footlight("doctor", "--import", file)).toMatchObject({ code: 0, stderr: "" });
	const missing = await footlight("doctor", "--import", "nowhere.mjs");
	expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("cannot import nowhere.mjs") });
});

test("doctor tells where metrics are served", async () => {
	const metrics = createServer((_, response) => response.end('target_info{service_name="docs-qa"} 1\n'));
	await once(metrics.listen(0, "127.0.0.1"), "listening");
	onTestFinished(() => void metrics.close());
	const { port } = metrics.address() as AddressInfo;
	const { code, stdout } = await footlightIn({ OTEL_EXPORTER_PROMETHEUS_PORT: String(port) }, "doctor");
	expect(stdout).toContain(`✓ metrics-served: Metrics of docs-qa are served at http://127.0.0.1:${port}/metrics.`);
	expect(code).toBe(0);
});

test("help is printed where it is asked for, and as a complaint where a command is missing", async () => {
	expect(await footlight("--help")).toMatchObject({ code: 0, stdout: expect.stringMatching(/doctor +says why/) });
	expect(await footlight("doctor", "--help")).toMatchObject({
		code: 0,
		stdout: expect.stringContaining("--endpoint URL"),
	});
	expect(await footlight()).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("Usage:") });
});

test("it ends quietly where nobody reads further", async () => {
	const child = spawn(process.execPath, [
		"--conditions=@footlight/source",
		bin,
		...["dashboards", "export", "resilience", "--stdout"],
	]);
	child.stdout.destroy();
	const stderr = child.stderr.setEncoding("utf8").toArray();
	const [code] = await once(child, "close");
	expect({ code, stderr: (await stderr).join("") }).toEqual({ code: 0, stderr: "" });
});

test("--version prints that of package.json", async () => {
	const { version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
	expect(await footlight("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});

test("what is unknown is refused, and exits with 2", async () => {
	expect(await footlight("docter")).toMatchObject({
		code: 2,
		stderr: 'footlight: unknown command "docter"; known commands are dashboards, doctor\n',
	});
	expect(await footlight("toString")).toMatchObject({ code: 2 });
	expect(await footlight("doctor", "--endpont", "x")).toMatchObject({
		code: 2,
		stderr: expect.stringContaining("footlight doctor: Unknown option '--endpont'"),
	});
	expect(await footlight("doctor", "extra")).toMatchObject({ code: 2 });
});
