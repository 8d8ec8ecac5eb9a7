import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { capture } from "../../scripts/command.ts";
import { startOtlpReceiver } from "../otlp-receiver.ts";

const whole = inject("whole");

/** Every path that users may import; files of data are read. */
const entries = inject("tarballs").flatMap(({ name }) => {
	const { exports = {} } = JSON.parse(readFileSync(join(whole, "node_modules", name, "package.json"), "utf8"));
	const modules = Object.keys(exports).filter((subpath) => !/\.(?:json|yaml)$/.test(subpath));
	return modules.map((subpath) => name + subpath.slice(1));
});

/** Waits before it lets the application begin, so it is for --import; `require` refuses what waits. */
const register = "@footlight/otel/register";

// A process each, since an entry may act on being loaded; nothing is to be sent anywhere.
const env = { OTEL_SDK_DISABLED: "true" };
const print = "const names = Object.keys(entry).sort(); console.log(JSON.stringify(names))";

describe.each(inject("nodes"))("on Node $version", ({ version, path: node }) => {
	test("is that Node", async () => {
		expect((await capture(node, ["--version"])).stdout).toBe(`v${version}\n`);
	});

	test.each(entries.filter((entry) => entry !== register))(
		"%s is imported and required, and gives the same names both ways",
		async (entry) => {
			const evaluate = (type: "module" | "commonjs", code: string) =>
				capture(node, [`--input-type=${type}`, "--eval", code], { cwd: whole, env, node });
			const imported = await evaluate("module", `import * as entry from "${entry}"; ${print}`);
			const required = await evaluate("commonjs", `const entry = require("${entry}"); ${print}`);
			expect(imported).toMatchObject({ exitCode: 0, stderr: "" });
			expect(required).toMatchObject({ exitCode: 0, stderr: "" });
			expect(JSON.parse(required.stdout)).toEqual(JSON.parse(imported.stdout));
		},
	);

	test("register is loaded by --import, and starts telemetry before the application", async () => {
		const receiver = await startOtlpReceiver();
		const code = `import { trace } from "@opentelemetry/api"; trace.getTracer("app").startSpan("first").end();`;
		const parameters = ["--import", register, "--input-type=module", "--eval", code];
		const anyPort = { OTEL_EXPORTER_PROMETHEUS_PORT: "0" };
		const collected = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_LOGS_EXPORTER: "none", ...anyPort };
		const { exitCode, stderr } = await capture(node, parameters, { cwd: whole, env: collected, node });
		const spans = receiver.spans().map(({ name }) => name);
		await receiver.close();
		expect({ exitCode, stderr, spans }).toEqual({ exitCode: 0, stderr: "", spans: ["first"] });
	});

	test("core works by require as by import, in one copy", async () => {
		const code = `
			const { footlight } = require("@footlight/core");
			import("@footlight/core").then(async (core) => {
				const stage = footlight("required").stage("double", async (n) => n * 2);
				console.log(core.footlight === footlight, await footlight("required").run(() => stage(21)));
			});`;
		const { stdout, stderr } = await capture(node, ["--input-type=commonjs", "--eval", code], { cwd: whole, node });
		expect({ stdout, stderr }).toEqual({ stdout: "true 42\n", stderr: expect.not.stringContaining("Error") });
	});
});

test("there are entries of every package that has any", () => {
	expect(new Set(entries.map((entry) => entry.split("/")[1]))).toEqual(
		new Set(["adapters", "core", "exporters", "otel"]),
	);
});
