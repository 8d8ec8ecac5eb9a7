import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as core from "../../packages/core/src/index.ts";
import { registerSdk } from "../../packages/core/src/sdk.fixture.ts";
import * as processors from "../../packages/otel/src/processors.ts";
import { olderLineVariable } from "./older-line.ts";

const project = process.env[olderLineVariable] ?? "";
const require = createRequire(join(project, "package.json"));
const version = (name: string): string =>
	JSON.parse(readFileSync(join(project, "node_modules", name, "package.json"), "utf8")).version;

test("the tests stand on API 1.9, which has no logs, on SDK 2, and on the packages as packed", () => {
	expect(version("@opentelemetry/api")).toMatch(/^1\.9\./);
	expect(version("@opentelemetry/sdk-trace")).toMatch(/^2\./);
	expect(require("@opentelemetry/api")).not.toHaveProperty("logs");
	expect(core.footlight).toBe(require("@footlight/core").footlight);
	expect(processors.redaction).toBe(require("@footlight/otel/processors").redaction);
});

test("spans reach the SDK of the older line, and events its Logs API by the optional peer", async () => {
	const sdk = registerSdk({ events: true });
	const light = core.footlight("older");
	const stage = light.stage("stage", async () => light.current().event("order.paid", { amount: 7 }));
	await light.run(stage);
	expect(sdk.span("stage").parentSpanContext?.spanId).toBe(sdk.span("older").spanContext().spanId);
	expect(sdk.records()).toMatchObject([{ eventName: "order.paid", attributes: { amount: 7, "stage.name": "stage" } }]);
});
