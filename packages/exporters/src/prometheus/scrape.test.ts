import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type MetricDefinition, metricCatalogue } from "@footlight/core";
import * as api from "@opentelemetry/api";
import { collectDefaultMetrics, Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { prometheusExporter } from "../prometheus.ts";

// Debian's package `prometheus` has both programs; without them these tests are skipped, which the check reports.
const missing = ["promtool", "prometheus"].some((program) => spawnSync(program, ["--version"]).status !== 0);

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";
const context = api.trace.setSpan(api.ROOT_CONTEXT, api.trace.wrapSpanContext({ traceId, spanId, traceFlags: 1 }));

function exporterWithEverything() {
	const registry = new Registry();
	collectDefaultMetrics({ register: registry });
	const resource = { attributes: { "service.name": "scraped", "service.instance.id": "i-1", job: "own" } };
	const exporter = prometheusExporter({ registry, resource });
	const meter = exporter.meterProvider.getMeter("scrape.test", "1.0.0");
	const odd = { "http.route": '/a "quoted"\\\n', status: 200, ok: true, list: ["x"], "1st": "é" };
	const requests = meter.createCounter("http.requests", {
		unit: "{request}",
		description: 'With "quotes" \\ and\nlines',
	});
	for (let index = 0; index < 3; index++) requests.add(1, odd, context);
	meter.createCounter("cpu.time", { unit: "s" }).add(0.1 + 0.2);
	meter.createUpDownCounter("queue.depth", { unit: "{item}" }).add(-4);
	meter.createGauge("fill", { unit: "1" }).record(0.25);
	meter.createGauge("limit", { unit: "{item}" }).record(Number.POSITIVE_INFINITY);
	meter.createGauge("throughput", { unit: "By/s" }).record(1e21);
	const duration = meter.createHistogram("request.duration", { unit: "s" });
	for (const seconds of [0.003, 0.02, 0.02, 40]) duration.record(seconds, { "http.route": "/a" }, context);
	meter.createObservableCounter("seen", { unit: "{call}" }).addCallback(async (result) => result.observe(7));
	meter.createHistogram("never.recorded", { unit: "s" });
	return exporter;
}

describe.skipIf(missing)("promtool", () => {
	const check = (input: string) => {
		const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input, encoding: "utf8" });
		return { status, said: `${stdout}${stderr}` };
	};

	test("finds nothing to say about the text, our resource and every kind of instrument in it", async () => {
		const { body } = await exporterWithEverything().metrics();
		// What prom-client itself calls a total without being a counter is its own.
		const { said } = check(body);
		expect(said.split("\n").filter((line) => line !== "" && !line.startsWith("nodejs_"))).toEqual([]);
	});

	test("finds nothing to say where names were in each other's way", async () => {
		const exporter = prometheusExporter();
		const meter = exporter.meterProvider.getMeter("app");
		vi.spyOn(process, "emitWarning").mockImplementation(() => {});
		meter.createCounter("jobs.run").add(1);
		meter.createHistogram("jobs.run").record(1);
		meter.createHistogram("queue").record(1);
		meter.createGauge("queue_count").record(1);
		meter.createGauge("queue_bucket").record(1);
		vi.restoreAllMocks();
		expect(check((await exporter.metrics()).body)).toEqual({ status: 0, said: "" });
	});

	test("finds nothing to say about Footlight's whole catalogue", async () => {
		const exporter = prometheusExporter();
		const meter = exporter.meterProvider.getMeter("@footlight/core");
		for (const [name, definition] of Object.entries<MetricDefinition>(metricCatalogue)) {
			const { instrument, unit, description, attributes } = definition;
			const set = Object.fromEntries(attributes.map((attribute) => [attribute, "x"]));
			const options = { unit, description };
			const observed = (result: api.ObservableResult) => result.observe(1, set);
			if (instrument === "counter") meter.createCounter(name, options).add(1, set);
			else if (instrument === "histogram") meter.createHistogram(name, options).record(1, set);
			else if (instrument === "gauge") meter.createGauge(name, options).record(1, set);
			else if (instrument === "observable_counter") meter.createObservableCounter(name, options).addCallback(observed);
			else if (instrument === "observable_gauge") meter.createObservableGauge(name, options).addCallback(observed);
			else meter.createObservableUpDownCounter(name, options).addCallback(observed);
		}
		const { body } = await exporter.metrics();
		expect(body.match(/^# TYPE /gm)).toHaveLength(Object.keys(metricCatalogue).length);
		expect(check(body)).toEqual({ status: 0, said: "" });
	});

	test("would say something about a text that is wrong", async () => {
		expect(check("# TYPE a counter\na 1\n").said).toContain('counter metrics should have "_total" suffix');
		expect(check('a{b="1",b="2"} 1\n').status).not.toBe(0);
	});
});

describe.skipIf(missing)("a real Prometheus", () => {
	const exporter = exporterWithEverything();
	let folder: string;
	let prometheus: ChildProcess;
	let url: string;

	beforeAll(async () => {
		const server = await exporter.listen({ port: 0 });
		folder = await mkdtemp(join(tmpdir(), "footlight-prometheus-"));
		const config = join(folder, "prometheus.yml");
		const targets = `    static_configs: [{ targets: ["127.0.0.1:${server.port}"] }]\n`;
		await writeFile(config, `global: { scrape_interval: 1s }\nscrape_configs:\n  - job_name: app\n${targets}`);
		prometheus = spawn(
			"prometheus",
			[
				`--config.file=${config}`,
				`--storage.tsdb.path=${join(folder, "data")}`,
				"--web.listen-address=127.0.0.1:0",
				"--enable-feature=exemplar-storage",
			],
			{ stdio: ["ignore", "ignore", "pipe"] },
		);
		url = await new Promise<string>((resolve, reject) => {
			const said: string[] = [];
			createInterface({ input: prometheus.stderr as NodeJS.ReadableStream }).on("line", (line) => {
				said.push(line);
				const address = /msg="Listening on" address=(\S+)/.exec(line)?.[1];
				if (address !== undefined) resolve(`http://${address}`);
			});
			prometheus.once("error", reject);
			prometheus.once("exit", () => reject(new Error(`prometheus ended:\n${said.join("\n")}`)));
		});
		await vi.waitFor(async () => expect(await query("up")).toEqual([{ metric: expect.anything(), value: "1" }]), {
			timeout: 20_000,
			interval: 100,
		});
	});
	afterAll(async () => {
		if (prometheus !== undefined) {
			const ended = new Promise((resolve) => prometheus.once("exit", resolve));
			if (prometheus.exitCode === null && prometheus.kill()) await ended;
		}
		await exporter.shutdown();
		await rm(folder, { recursive: true, force: true });
	});

	async function ask<T>(path: string, parameters: Record<string, string>): Promise<T> {
		const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
		return ((await response.json()) as { data: T }).data;
	}

	async function query(expression: string): Promise<{ metric: Record<string, string>; value: string }[]> {
		type Data = { result: { metric: Record<string, string>; value: [number, string] }[] };
		const { result } = await ask<Data>("query", { query: expression });
		return result.map(({ metric, value: [, value] }) => ({ metric, value }));
	}

	test("takes every series, with labels and values as they were recorded", async () => {
		const scope = { otel_scope_name: "scrape.test", otel_scope_version: "1.0.0", job: "app" };
		expect(await query("http_requests_total")).toEqual([
			{
				metric: {
					...scope,
					__name__: "http_requests_total",
					instance: expect.any(String),
					http_route: '/a "quoted"\\\n',
					status: "200",
					ok: "true",
					list: '["x"]',
					key_1st: "é",
				},
				value: "3",
			},
		]);
		const values = async (expression: string) => (await query(expression)).map(({ value }) => value);
		expect(await values("cpu_time_seconds_total")).toEqual(["0.30000000000000004"]);
		expect(await values("queue_depth")).toEqual(["-4"]);
		expect(await values("fill_ratio")).toEqual(["0.25"]);
		expect(await values("limit")).toEqual(["+Inf"]);
		expect(await values("throughput_bytes_per_second")).toEqual(["1e+21"]);
		expect(await values("seen_total")).toEqual(["7"]);
		expect(await values('request_duration_seconds_bucket{le="0.025"}')).toEqual(["3"]);
		expect(await values("request_duration_seconds_count")).toEqual(["4"]);
		expect(await values("pipeline_telemetry_dropped_total")).toEqual(["0", "0", "0"]);
		expect(await values("process_cpu_seconds_total")).toHaveLength(1);
		expect(await query("target_info")).toEqual([
			{ metric: expect.objectContaining({ service_name: "scraped", exported_job: "own" }), value: "1" },
		]);
	});

	test("knows types, help and units", async () => {
		type Metadata = Record<string, { type: string; help: string; unit: string }[]>;
		const metadata = await ask<Metadata>("metadata", {});
		expect(metadata.request_duration_seconds).toEqual([
			{ type: "histogram", help: "description missing", unit: "seconds" },
		]);
		expect(metadata.http_requests).toEqual([{ type: "counter", help: 'With "quotes" \\ and\nlines', unit: "" }]);
		expect(metadata.throughput_bytes_per_second).toEqual([
			{ type: "gauge", help: "description missing", unit: "bytes_per_second" },
		]);
	});

	test("leads from exemplars to the trace", async () => {
		const now = Date.now() / 1_000;
		const parameters = { query: '{__name__=~"http_requests_total|request_duration_seconds_bucket"}' };
		type Found = {
			seriesLabels: Record<string, string>;
			exemplars: { labels: object; value: string; timestamp: number }[];
		};
		const found = await ask<Found[]>("query_exemplars", {
			...parameters,
			start: String(now - 600),
			end: String(now + 60),
		});
		const shown = found.flatMap(({ seriesLabels: { __name__, le = "" }, exemplars }) =>
			exemplars.map(({ labels, value }) => [__name__, le, labels, value]),
		);
		const labels = { trace_id: traceId, span_id: spanId };
		expect(shown.sort()).toEqual(
			[
				["http_requests_total", "", labels, "1"],
				["request_duration_seconds_bucket", "0.005", labels, "0.003"],
				["request_duration_seconds_bucket", "0.025", labels, "0.02"],
				["request_duration_seconds_bucket", "+Inf", labels, "40"],
			].sort(),
		);
	});
});
