import { execFile } from "node:child_process";
import { createServer, request as httpRequest, type IncomingMessage, type RequestListener } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, test, vi } from "vitest";
import { prometheusExporter } from "../prometheus.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
	for (const close of closing.splice(0)) await close();
});

function exporterWith(series = 1) {
	const exporter = prometheusExporter({ scopeLabels: false });
	const counter = exporter.meterProvider.getMeter("app").createCounter("n");
	for (let index = 0; index < series; index++) counter.add(1, { index });
	closing.push(() => exporter.shutdown());
	return exporter;
}

async function serve(listener: RequestListener): Promise<string> {
	const server = createServer(listener);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	closing.push(() => new Promise((resolve) => server.close(resolve)));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Without what fetch does by itself: asking for compression, and undoing it. */
async function ask(url: string, headers: Record<string, string> = {}, method = "GET") {
	const response = await new Promise<IncomingMessage>((resolve, reject) => {
		httpRequest(url, { method, headers, agent: false }, resolve).on("error", reject).end();
	});
	const chunks: Buffer[] = [];
	for await (const chunk of response) chunks.push(chunk as Buffer);
	return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}

describe.each([
	["handler", (exporter: ReturnType<typeof exporterWith>) => serve(exporter.handler)],
	[
		"fetchHandler",
		(exporter: ReturnType<typeof exporterWith>) =>
			serve(async (request, response) => {
				const given = new Request(`http://host${request.url}`, {
					method: request.method ?? "GET",
					headers: request.headers as Record<string, string>,
				});
				const answer = await exporter.fetchHandler(given);
				response.writeHead(answer.status, Object.fromEntries(answer.headers));
				response.end(Buffer.from(await answer.arrayBuffer()));
			}),
	],
	["listen", async (exporter: ReturnType<typeof exporterWith>) => (await exporter.listen({ port: 0 })).url],
])("%s", (_name, start) => {
	test("answers in the format that is asked for", async () => {
		const url = await start(exporterWith());
		const text = await ask(url);
		expect([text.status, text.headers["content-type"]]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
		expect(text.body.toString()).toContain('# TYPE n_total counter\nn_total{index="0"} 1\n');
		expect(Number(text.headers["content-length"])).toBe(text.body.length);
		expect(text.headers.vary).toBe("Accept, Accept-Encoding");
		const open = await ask(url, { accept: "application/openmetrics-text;version=1.0.0,text/plain;q=0.5" });
		expect(open.headers["content-type"]).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
		expect(open.body.toString()).toMatch(/# TYPE n counter\nn_total\{index="0"\} 1\n(.*\n)*# EOF\n$/);
	});

	test("compresses what is long, where that is asked for", async () => {
		const url = await start(exporterWith(500));
		const plain = await ask(url);
		const packed = await ask(url, { "accept-encoding": "gzip, br" });
		expect([plain.headers["content-encoding"], packed.headers["content-encoding"]]).toEqual([undefined, "gzip"]);
		expect(gunzipSync(packed.body).toString()).toBe(plain.body.toString());
		expect(packed.body.length * 4).toBeLessThan(plain.body.length);
		expect((await ask(url, { "accept-encoding": "gzip;q=0" })).headers["content-encoding"]).toBeUndefined();
	});

	test("answers HEAD without a body, and refuses other methods", async () => {
		const url = await start(exporterWith());
		const [head, get] = [await ask(url, {}, "HEAD"), await ask(url)];
		expect([head.status, head.body.length, head.headers["content-length"]]).toEqual([
			200,
			0,
			get.headers["content-length"],
		]);
		const post = await ask(url, {}, "POST");
		expect([post.status, post.headers.allow, post.body.toString()]).toEqual([
			405,
			"GET, HEAD",
			"metrics are read with GET\n",
		]);
	});

	test("answers 500 where the registry cannot be rendered", async () => {
		const exporter = exporterWith();
		const url = await start(exporter);
		vi.spyOn(exporter.registry, "getMetricsAsArray").mockImplementation(() => {
			throw new Error("secret of the registry");
		});
		const { status, body } = await ask(url);
		expect([status, body.toString()]).toEqual([500, expect.not.stringContaining("secret")]);
	});
});

describe("listen", () => {
	test("serves one path, /metrics unless another is named", async () => {
		const exporter = exporterWith();
		const [usual, other] = [await exporter.listen({ port: 0 }), await exporter.listen({ port: 0, path: "/m" })];
		expect([usual.url, other.url]).toEqual([
			`http://127.0.0.1:${usual.port}/metrics`,
			`http://127.0.0.1:${other.port}/m`,
		]);
		expect((await ask(`${usual.url}?x=1`)).status).toBe(200);
		const wrong = await ask(`http://127.0.0.1:${other.port}/metrics`);
		expect([wrong.status, wrong.body.toString()]).toEqual([404, "metrics are at /m\n"]);
	});

	test("says host, port and cure where the port is taken", async () => {
		const { port } = await exporterWith().listen({ port: 0 });
		await expect(exporterWith().listen({ port })).rejects.toThrow(
			`prometheusExporter: cannot listen on 127.0.0.1:${port}: the port is taken (EADDRINUSE); stop what listens there, or take another with listen({ port }) or OTEL_EXPORTER_PROMETHEUS_PORT (0 is any that is free)`,
		);
		await expect(exporterWith().listen({ port })).rejects.toMatchObject({ code: "EADDRINUSE" });
	});

	test("says what is wrong with an address that is not this machine's", async () => {
		await expect(exporterWith().listen({ host: "192.0.2.1", port: 0 })).rejects.toThrow(
			"prometheusExporter: cannot listen on 192.0.2.1:0: this machine has no such address (EADDRNOTAVAIL)",
		);
	});

	test("takes host and port from the environment where no option says them", async () => {
		const probe = createServer();
		await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
		const { port } = probe.address() as AddressInfo;
		await new Promise((resolve) => probe.close(resolve));
		vi.stubEnv("OTEL_EXPORTER_PROMETHEUS_PORT", String(port));
		vi.stubEnv("OTEL_EXPORTER_PROMETHEUS_HOST", "0.0.0.0");
		const server = await exporterWith().listen();
		expect(server.url).toBe(`http://127.0.0.1:${port}/metrics`);
		expect((await ask(server.url)).status).toBe(200);
	});

	test("takes from the environment only decimal numbers for a port, and says so", async () => {
		const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
		vi.stubEnv("OTEL_EXPORTER_PROMETHEUS_PORT", "0x0");
		// Somebody may listen there already.
		await exporterWith()
			.listen()
			.catch(() => {});
		expect(String(warned.mock.calls[0]?.[0])).toBe(
			"OTEL_EXPORTER_PROMETHEUS_PORT=0x0 is no port; 9464 is taken instead",
		);
	});

	test.each([
		[{ port: -1 }, "prometheusExporter: listen: port must be an integer of at least 0, got -1"],
		[{ port: 65_536 }, "prometheusExporter: listen: port must be at most 65535, got 65536"],
		[{ host: "" }, 'prometheusExporter: listen: host must be a string that is not empty, got ""'],
		[{ path: "metrics" }, 'prometheusExporter: listen: path must be a path from /, got "metrics"'],
		[{ prot: 1 }, 'prometheusExporter: listen: unknown option "prot"; known options are host, port, path'],
	])("refuses %j", async (options, message) => {
		await expect(exporterWith().listen(options as never)).rejects.toThrow(message);
	});

	test("ends with the exporter, open connections included", async () => {
		const exporter = exporterWith();
		const server = await exporter.listen({ port: 0 });
		const socket = connect(server.port, "127.0.0.1");
		const closed = new Promise((resolve) => socket.on("close", resolve));
		await new Promise((resolve) => socket.on("connect", resolve));
		await exporter.shutdown();
		await closed;
		await expect(ask(server.url)).rejects.toThrow("ECONNREFUSED");
	});

	test("does not keep the process alive", async () => {
		const fixture = fileURLToPath(new URL("endless.fixture.ts", import.meta.url));
		const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=@footlight/source", fixture], {
			timeout: 15_000,
		});
		expect(stdout).toBe("200 true\n");
	});
});
