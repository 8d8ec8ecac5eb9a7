import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test, vi } from "vitest";
import { freePorts } from "./service.ts";
import { withoutDocker } from "./without-docker.ts";

/** It stops before it starts any of them. */
const program = { path: "not to be started", version: "0.0.0", promtool: "not to be started" };
const programs = { jaeger: program, prometheus: [program] as const };

async function moveAllPorts() {
	const [ui, prometheus, http, grpc] = await freePorts(4);
	for (const [name, port] of Object.entries({
		JAEGER_UI_PORT: ui,
		PROMETHEUS_PORT: prometheus,
		OTLP_HTTP_PORT: http,
		OTLP_GRPC_PORT: grpc,
	}))
		vi.stubEnv(name, String(port));
}

test("says which port is taken, and the variable that moves it", async () => {
	await moveAllPorts();
	await using server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as { port: number };
	vi.stubEnv("OTLP_HTTP_PORT", String(port));
	await expect(withoutDocker(programs)).rejects.toThrow(
		`stack: port ${port} is taken: what is there has to end, or OTLP_HTTP_PORT has to be set to another (in the environment or in .env)`,
	);
});

test("says which two variables name the same port", async () => {
	await moveAllPorts();
	vi.stubEnv("OTLP_HTTP_PORT", process.env.PROMETHEUS_PORT);
	await expect(withoutDocker(programs)).rejects.toThrow(
		"stack: PROMETHEUS_PORT and OTLP_HTTP_PORT are the same port, ",
	);
});

test.each(["http", "0", "65536", "4318.5", " ", "0x9999", "1e4"])("refuses %j for a port", async (port) => {
	await moveAllPorts();
	vi.stubEnv("PROMETHEUS_PORT", port);
	await expect(withoutDocker(programs)).rejects.toThrow(
		`stack: PROMETHEUS_PORT must be a port, a whole number from 1 to 65535, got ${port}`,
	);
});
