import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { whereToLook } from "./where-to-look.ts";

const servers: Server[] = [];
afterEach(() => {
	for (const server of servers.splice(0)) server.close();
});

async function listen(handle: RequestListener = (_, response) => response.end("{}")): Promise<number> {
	const server = createServer(handle).listen(0, "127.0.0.1");
	servers.push(server);
	await once(server, "listening");
	return (server.address() as AddressInfo).port;
}

test("says how to start the stack where nothing listens", async () => {
	const port = await listen();
	servers.pop()?.close();
	const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
	expect(await whereToLook("docs-qa", env)).toContain("npm run stack");
});

test("gives the address of Jaeger where Jaeger answers", async () => {
	const jaeger = await listen((_, response) => response.end('{"data":["docs-qa"]}'));
	const text = await whereToLook("docs-qa", {
		OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await listen()}`,
		JAEGER_UI_PORT: String(jaeger),
	});
	expect(text).toBe(`See the traces in Jaeger: http://127.0.0.1:${jaeger}/search?service=docs-qa`);
});

test.each([
	["another program", (_: unknown, response: { end(body: string): void }) => response.end("<html>")],
	["an array", (_: unknown, response: { end(body: string): void }) => response.end("[]")],
])("promises no Jaeger where %s answers in its place", async (_, handle) => {
	const endpoint = `http://127.0.0.1:${await listen()}`;
	const env = {
		OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${endpoint}/v1/traces`,
		JAEGER_UI_PORT: String(await listen(handle)),
	};
	expect(await whereToLook("docs-qa", env)).toBe(`The traces were sent to ${endpoint}.`);
});

test("says that telemetry is off where it was switched off", async () => {
	expect(await whereToLook("docs-qa", { OTEL_SDK_DISABLED: "true" })).toContain("OTEL_SDK_DISABLED");
});
