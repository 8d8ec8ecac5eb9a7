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

test("gives the address of Prometheus where it has the metrics, and says where it has not", async () => {
	const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await listen()}` };
	const asked: (string | null)[] = [];
	const answers = (body: string) =>
		listen((request, response) => {
			asked.push(new URL(request.url ?? "", "http://h").searchParams.get("query"));
			response.end(body);
		});
	const known = await answers('{"data":{"result":[{}]}}');
	const look = (port: number) =>
		whereToLook("docs-qa", { ...env, PROMETHEUS_PORT: String(port) }, "http://127.0.0.1:9464/metrics");
	expect(await look(known)).toContain(
		`See the metrics in Prometheus: http://127.0.0.1:${known}/graph?g0.expr=pipeline`,
	);
	expect(asked).toEqual(['pipeline_runs_total{pipeline_name="docs-qa"}']);
	const unknown = await answers('{"data":{"result":[]}}');
	expect(await look(unknown)).toContain(
		`The metrics were at http://127.0.0.1:9464/metrics, and no Prometheus at http://127.0.0.1:${unknown} has read them.`,
	);
});

test("says that telemetry is off where it was switched off", async () => {
	expect(await whereToLook("docs-qa", { OTEL_SDK_DISABLED: "true" })).toContain("OTEL_SDK_DISABLED");
});
