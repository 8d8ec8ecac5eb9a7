import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { runChild, startChild } from "../child-process.fixture.ts";
import { checkTelemetryOptions } from "../telemetry-options.ts";
import { runProgram } from "../telemetry-program.fixture.ts";
import { type MetricReceiver, startMetricReceiver } from "./metric-receiver.fixture.ts";

let receiver: MetricReceiver;
beforeEach(async () => {
	receiver = await startMetricReceiver();
});
afterEach(() => receiver.close());

const anyPort = { OTEL_METRICS_EXPORTER: undefined, OTEL_EXPORTER_PROMETHEUS_PORT: "0" };
const at = (port: number) => ({ ...anyPort, OTEL_EXPORTER_PROMETHEUS_PORT: String(port) });
const run = (program: string, env: Record<string, string | undefined> = {}) =>
	runProgram(receiver.url, program, { env: { OTEL_EXPORTER_OTLP_PROTOCOL: "http/json", ...env } });

const scrape = `const scrape = async (url) => (await fetch(url)).text();`;
const count = `metrics.getMeter("m").createCounter("jobs").add(2, { queue: "mail" });`;

async function listening(server: Server): Promise<number> {
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return (server.address() as AddressInfo).port;
}

/** A port that somebody holds for the length of a test, and what they say to whoever connects. */
async function takenPort(answer = ""): Promise<number> {
	const server = createServer((socket) => socket.on("error", () => {}).end(answer));
	onTestFinished(() => void server.close());
	return listening(server);
}

/** A file of the application's, placed so that it finds what is installed. */
async function appScript(code: string): Promise<string> {
	const folder = await mkdtemp(join(fileURLToPath(new URL("../..", import.meta.url)), "node_modules", ".metrics-"));
	onTestFinished(() => rm(folder, { recursive: true }));
	const script = join(folder, "app.mjs");
	await writeFile(script, code);
	return script;
}

async function freePort(): Promise<number> {
	const server = createServer();
	const port = await listening(server);
	await new Promise((resolve) => server.close(resolve));
	return port;
}

describe("prometheus, the default", () => {
	test("serves what is recorded, the runtime and the resource; the process ends by itself", async () => {
		const { printed, stderr } = await run(
			`${scrape}
			import { footlight } from "@footlight/core";
			const telemetry = startTelemetry({ serviceName: "docs-qa", logger: false });
			${count}
			const light = footlight("p");
			await light.run({}, () => light.stage("s", () => 1)());
			const url = await telemetry.metrics.ready;
			print(url === telemetry.metrics.url && url === telemetry.describe().metrics.url);
			print(telemetry.describe().metrics.exporters);
			print(await scrape(url));`,
			anyPort,
		);
		const [same, exporters, text] = printed as [boolean, string[], string];
		expect([same, exporters, stderr]).toEqual([true, ["prometheus"], ""]);
		expect(text).toMatch(/^jobs_total\{queue="mail",.*\} 2$/m);
		expect(text).toMatch(/^pipeline_runs_total\{pipeline_name="p",outcome="ok",.*\} 1$/m);
		expect(text).toMatch(/^pipeline_stage_calls_total\{.*stage_name="s",outcome="ok",.*\} 1$/m);
		expect(text).toMatch(/^nodejs_eventloop_utilization_ratio\{/m);
		expect(text).toMatch(/^v8js_memory_heap_used_bytes\{/m);
		expect(text).toMatch(/^target_info\{service_instance_id="[0-9a-f-]{36}",.*service_name="docs-qa"/m);
		expect(text).not.toContain("process_command");
		expect(receiver.exports()).toBe(0);
	});

	test("takes the metrics of instrumentations, and traces no scrape", async () => {
		const script = await appScript(
			`import { createServer, get } from "node:http";
			const holder = Object.getOwnPropertySymbols(globalThis).find((one) => String(one).includes("footlight.telemetry.running"));
			const { telemetry } = globalThis[holder];
			const server = createServer((request, response) => response.end("hello")).listen(0, "127.0.0.1");
			await new Promise((resolve) => server.once("listening", resolve));
			const read = (url) => new Promise((resolve) => get(url, (response) => response.resume().on("close", resolve)));
			await read("http://127.0.0.1:" + server.address().port);
			server.close();
			const url = await telemetry.metrics.ready;
			const { connect } = await import("node:net");
			const scrape = () => new Promise((resolve) => {
				const socket = connect(new URL(url).port, "127.0.0.1", () => socket.write("GET /metrics HTTP/1.0\\r\\n\\r\\n"));
				let text = "";
				socket.on("data", (data) => { text += data; }).on("end", () => resolve(text));
			});
			await scrape();
			console.log(await scrape());`,
		);
		const { stdout, stderr } = await runChild(undefined, {
			execArgv: ["--import", "@footlight/otel/register"],
			args: [script],
			env: { ...anyPort, OTEL_TRACES_EXPORTER: "console", OTEL_LOGS_EXPORTER: "none" },
		});
		expect(stderr).toBe("");
		expect(stdout).toMatch(/^http_client_request_duration_seconds_count\{.*\} 1$/m);
		expect(stdout).toMatch(/^http_server_request_duration_seconds_count\{.*\} 1$/m);
		expect(stdout).toMatch(/^nodejs_eventloop_/m);
		expect(stdout.match(/name: 'GET'/g)).toHaveLength(2);
	});

	test("has a handler for servers of the application, which need not listen", async () => {
		const { printed } = await run(
			`
			const telemetry = startTelemetry({ logger: false, metrics: { listen: false } });
			${count}
			import { createServer } from "node:http";
			const server = createServer(telemetry.metrics.handler).listen(0, "127.0.0.1", async () => {
				const text = await (await fetch("http://127.0.0.1:" + server.address().port)).text();
				const answer = await telemetry.metrics.fetchHandler(new Request("http://h/metrics"));
				print([await telemetry.metrics.ready ?? null, text.includes("jobs_total"), (await answer.text()).includes("jobs_total")]);
				server.close();
			});`,
			{ OTEL_METRICS_EXPORTER: "prometheus" },
		);
		expect(printed).toEqual([[null, true, true]]);
	});

	test("stands beside the application's own metrics, and follows its views", async () => {
		const { printed } = await run(
			`import { Counter, Registry } from "prom-client";
			const registry = new Registry();
			new Counter({ name: "own_total", help: "own", registers: [registry] }).inc(3);
			const views = [{ instrument: "jobs", name: "tasks" }];
			const telemetry = startTelemetry({ logger: false, metrics: { registry, views, scopeLabels: false } });
			${count}
			const text = await registry.metrics();
			print([telemetry.metrics.registry === registry, text.includes("own_total 3"), text.includes('tasks_total{queue="mail"} 2')]);`,
			anyPort,
		);
		expect(printed).toEqual([[true, true, true]]);
	});

	test("OTEL_NODE_DISABLED_INSTRUMENTATIONS, metrics: { runtime: false } and an own instrumentation leave the runtime alone", async () => {
		const names = (options: string) =>
			`const telemetry = startTelemetry({ logger: false, ${options} }); print(telemetry.describe().instrumentations.length);`;
		const disabled = { ...anyPort, OTEL_NODE_DISABLED_INSTRUMENTATIONS: "fs,runtime-node" };
		expect((await run(names(""), disabled)).printed).toEqual([0]);
		expect((await run(names("metrics: { runtime: false }"), anyPort)).printed).toEqual([0]);
		const own = `import { RuntimeNodeInstrumentation } from "@opentelemetry/instrumentation-runtime-node";`;
		const twice = names("instrumentations: [new RuntimeNodeInstrumentation()]");
		expect((await run(own + twice, anyPort)).printed).toEqual([1]);
	});

	test("shutdown closes the port and empties the registry; a later start serves again", async () => {
		const { printed } = await run(
			`${scrape}
			const first = startTelemetry({ logger: false });
			${count}
			const url = await first.metrics.ready;
			await first.shutdown();
			print(await scrape(url).then(() => "open", () => "closed"));
			const second = startTelemetry({ logger: false });
			metrics.getMeter("m").createCounter("later").add(1);
			const text = await scrape(await second.metrics.ready);
			print([/^later_total/m.test(text), /^jobs_total/m.test(text)]);`,
			anyPort,
		);
		expect(printed).toEqual(["closed", [true, false]]);
	});

	test("a shutdown before the port is open leaves nothing listening", async () => {
		const { printed, durationMs } = await run(
			`const telemetry = startTelemetry({ logger: false });
			await telemetry.shutdown();
			const url = await telemetry.metrics.ready;
			print(await fetch(url).then(() => "open", () => "closed"));`,
			anyPort,
		);
		expect(printed).toEqual(["closed"]);
		expect(durationMs).toBeLessThan(5_000);
	});
});

describe("the address", () => {
	test("is that of the environment, before that of the options", async () => {
		const port = await takenPort();
		const program = `const telemetry = startTelemetry({ logger: false, metrics: { host: "127.0.0.1", port: ${port}, path: "/m" } });
			print(await telemetry.metrics.ready ?? null);`;
		const [url] = (await run(program, { ...anyPort, OTEL_EXPORTER_PROMETHEUS_HOST: "127.0.0.2" })).printed;
		expect(url).toMatch(/^http:\/\/127\.0\.0\.2:\d+\/m$/);
	});

	test("that is taken costs one warning with who took it and the cure, and nothing else", async () => {
		const port = await freePort();
		const first = startChild(
			`import { startTelemetry } from "@footlight/otel";
			const telemetry = startTelemetry({ serviceName: "first", logger: false });
			console.log(await telemetry.metrics.ready);
			process.stdin.once("data", () => process.exit());`,
			{ env: { ...at(port), OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } },
		);
		await first.says(`:${port}/metrics`);
		const second = (taken: number) =>
			run(
				`const telemetry = startTelemetry({ logger: false });
				${count}
				print([await telemetry.metrics.ready ?? null, telemetry.describe().metrics.problem]);
				print((await (await telemetry.metrics.fetchHandler(new Request("http://h/"))).text()).includes("jobs_total"));`,
				at(taken),
			);
		const { printed, stderr } = await second(port);
		const problem = `metrics are not served: 127.0.0.1:${port} is taken by first (process ${first.process.pid}).`;
		expect(printed).toEqual([[null, problem], true]);
		expect(stderr.match(/FOOTLIGHT_/g)).toHaveLength(1);
		expect(stderr).toContain(`[FOOTLIGHT_METRICS_NOT_SERVED] FootlightWarning: ${problem} The application goes on.`);
		expect(stderr).toContain("Set OTEL_EXPORTER_PROMETHEUS_PORT to another port (0 is any that is free)");
		first.process.stdin.write("\n");
		await first.ended();

		const { stderr: other } = await second(await takenPort("220 mail ready\r\n"));
		expect(other).toMatch(/is taken by another process\. The application goes on/);
	});

	test("that this machine has not, and a port that is none, are told", async () => {
		const program = `const telemetry = startTelemetry({ logger: false }); print(await telemetry.metrics.ready ?? null);`;
		const { printed, stderr } = await run(program, { ...anyPort, OTEL_EXPORTER_PROMETHEUS_HOST: "192.0.2.1" });
		expect(printed).toEqual([null]);
		expect(stderr).toMatch(/FOOTLIGHT_METRICS_NOT_SERVED.*192\.0\.2\.1:0/);
		const wrong = await run(`startTelemetry({ logger: false, metrics: { port: 0 } });`, {
			OTEL_METRICS_EXPORTER: undefined,
			OTEL_EXPORTER_PROMETHEUS_PORT: "metrics",
		});
		expect(wrong.stderr).toContain("OTEL_EXPORTER_PROMETHEUS_PORT=metrics is no port; 0 is taken instead.");
	});

	test("is the main thread's: others do not fight for it", async () => {
		const { stdout, stderr, code } = await runChild(
			`import { isMainThread, Worker } from "node:worker_threads";
			import { startTelemetry } from "@footlight/otel";
			const telemetry = startTelemetry();
			console.log("MAIN" + (await telemetry.metrics.ready !== undefined));
			new Worker(\`
				const holder = Object.getOwnPropertySymbols(globalThis).find((one) => String(one).includes("footlight.telemetry.running"));
				globalThis[holder].telemetry.metrics.ready.then((url) => console.log("THREAD" + url));
			\`, { eval: true });`,
			{
				execArgv: ["--import", "@footlight/otel/register"],
				env: { ...at(await freePort()), OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
			},
		);
		expect([code, stderr]).toEqual([0, ""]);
		expect(stdout).toContain("MAINtrue");
		expect(stdout).toContain("THREADundefined");
	});

	test("is not shared by the workers of a cluster, whose numbers would be mixed up", async () => {
		const script = await appScript(
			`import cluster from "node:cluster";
			import { startTelemetry } from "@footlight/otel";
			if (cluster.isPrimary) {
				const urls = await Promise.all([1, 2].map(() => new Promise((resolve) => cluster.fork().once("message", resolve))));
				console.log(JSON.stringify(urls.sort()));
				for (const worker of Object.values(cluster.workers)) worker.disconnect();
			} else {
				process.send((await startTelemetry({ logger: false }).metrics.ready) ?? "");
			}`,
		);
		const port = await freePort();
		const env = { ...at(port), OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
		const { stdout, stderr, code } = await runChild(undefined, { args: [script], env });
		expect([code, JSON.parse(stdout)]).toEqual([0, ["", `http://127.0.0.1:${port}/metrics`]]);
		expect(stderr.match(/FOOTLIGHT_METRICS_NOT_SERVED/g)).toHaveLength(1);
	});
});

describe("otlp", () => {
	test("has the metrics of a program that ends at once, with no span and no flush", async () => {
		const { stderr } = await run(`startTelemetry({ logger: false }); ${count}`, { OTEL_METRICS_EXPORTER: "otlp" });
		expect(stderr).toBe("");
		expect(receiver.points("jobs")).toEqual([{ attributes: { queue: "mail" }, value: 2 }]);
		expect(receiver.names()).toContain("nodejs.eventloop.utilization");
	});

	test.each([
		["shutdown", `await telemetry.shutdown();`],
		["flush", `await telemetry.flush(); process.exit();`],
		["SIGTERM", `process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 10_000);`],
	])("has the last of them after %s", async (_name, end) => {
		await runChild(
			`import { metrics } from "@opentelemetry/api";
			import { startTelemetry } from "@footlight/otel";
			const telemetry = startTelemetry({ logger: false });
			const jobs = metrics.getMeter("m").createCounter("jobs");
			jobs.add(1);
			await telemetry.flush();
			jobs.add(1);
			${end}`,
			{
				env: {
					...{ OTEL_METRICS_EXPORTER: "otlp", OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" },
					OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
				},
			},
		);
		expect(receiver.points("jobs")).toEqual([{ attributes: {}, value: 2 }]);
	});

	test("that cannot be delivered is told once, and holds nothing up", async () => {
		await receiver.close();
		const env = { OTEL_METRICS_EXPORTER: "otlp", OTEL_METRIC_EXPORT_INTERVAL: "50", OTEL_METRIC_EXPORT_TIMEOUT: "50" };
		const program = `const telemetry = startTelemetry({ logger: false }); ${count}
			await new Promise((resolve) => setTimeout(resolve, 200));
			print((await telemetry.flush()).problems);`;
		const { printed, stderr, durationMs } = await run(program, env);
		expect(printed).toEqual([[`${receiver.url}/v1/metrics: connection refused: nothing listens there`]]);
		expect(stderr.match(/FOOTLIGHT_EXPORT_FAILED/g)).toHaveLength(1);
		expect(durationMs).toBeLessThan(5_000);
	});

	test("refused by a server that takes only traces is told with the cure", async () => {
		const server = createHttpServer((request, response) => {
			request.resume();
			response.writeHead(request.url === "/v1/metrics" ? 404 : 200).end("{}");
		});
		onTestFinished(() => void server.close());
		const url = `http://127.0.0.1:${await listening(server)}`;
		const program = `startTelemetry({ logger: false }); ${count}`;
		const { stderr } = await run(program, { OTEL_METRICS_EXPORTER: "otlp", OTEL_EXPORTER_OTLP_ENDPOINT: url });
		expect(stderr).toContain(`metrics cannot be delivered to ${url}/v1/metrics: the server answered 404`);
		expect(stderr).toContain("Jaeger takes no metrics: set OTEL_METRICS_EXPORTER=prometheus");
	});

	test("has nothing to scrape, and its handlers say so", async () => {
		const { printed } = await run(
			`const telemetry = startTelemetry({ logger: false });
			const answer = await telemetry.metrics.fetchHandler(new Request("http://h/"));
			print([answer.status, await answer.text(), telemetry.metrics.registry ?? null, telemetry.describe().metrics]);`,
			{ OTEL_METRICS_EXPORTER: "otlp" },
		);
		const described = { exporters: ["otlp"], endpoint: `${receiver.url}/v1/metrics`, protocol: "http/json" };
		expect(printed).toEqual([[404, "There is nothing to scrape: metrics go to otlp only.\n", null, described]]);
	});
});

describe("prometheus and otlp together", () => {
	const program = (options: string) => `${scrape}
		const telemetry = startTelemetry({ logger: false, ${options} });
		const meter = metrics.getMeter("m");
		const all = meter.createObservableCounter("all");
		const some = meter.createObservableCounter("some");
		all.addCallback((result) => result.observe(7));
		meter.addBatchObservableCallback((result) => result.observe(some, 5), [some]);
		meter.createHistogram("size").record(1);
		${count}
		print(telemetry.describe().metrics.exporters);
		print(await scrape(await telemetry.metrics.ready));`;
	const both = { ...anyPort, OTEL_METRICS_EXPORTER: "otlp,prometheus" };

	test("would count twice: only prometheus stays, with a warning", async () => {
		const { printed, stderr } = await run(program(""), both);
		expect(printed[0]).toEqual(["prometheus"]);
		expect(stderr).toContain("FOOTLIGHT_DUAL_EXPORT");
		expect(stderr).toContain("metrics: { allowDualExport: true }");
		expect(receiver.exports()).toBe(0);
	});

	test("where it is allowed, have the same values, and those sent are marked", async () => {
		const { printed, stderr } = await run(program("metrics: { allowDualExport: true, scopeLabels: false }"), both);
		expect([printed[0], stderr]).toEqual([["prometheus", "otlp"], ""]);
		expect(printed[1]).toMatch(/^jobs_total\{queue="mail"\} 2$/m);
		expect(printed[1]).toMatch(/^all_total 7$/m);
		expect(printed[1]).toMatch(/^some_total 5$/m);
		expect(printed[1]).toMatch(/^size_count 1$/m);
		expect(printed[1]).toMatch(/^nodejs_eventloop_/m);
		const marked = { telemetry_path: "otlp" };
		expect(receiver.points("jobs")).toEqual([{ attributes: { queue: "mail", ...marked }, value: 2 }]);
		expect(receiver.points("all")).toEqual([{ attributes: marked, value: 7 }]);
		expect(receiver.points("some")).toEqual([{ attributes: marked, value: 5 }]);
	});
});

describe("none", () => {
	test.each([
		["OTEL_METRICS_EXPORTER=none", "", { OTEL_METRICS_EXPORTER: "none" }],
		["metrics: false", "metrics: false", { OTEL_METRICS_EXPORTER: undefined }],
	])("with %s: no port, no runtime metrics, handlers that say so", async (_name, options, env) => {
		const { printed } = await run(
			`const telemetry = startTelemetry({ logger: false, ${options} });
			const { exporters, url = null } = telemetry.metrics;
			const answer = await telemetry.metrics.fetchHandler(new Request("http://h/"));
			print([exporters, url, await telemetry.metrics.ready ?? null, await answer.text()]);
			print(telemetry.describe().instrumentations);`,
			env,
		);
		expect(printed).toEqual([[[], null, null, "There is nothing to scrape: metrics are off.\n"], []]);
		expect(receiver.exports()).toBe(0);
	});

	test("the environment wins over metrics: false", async () => {
		const program = `print(startTelemetry({ logger: false, metrics: false }).describe().metrics.exporters);`;
		expect((await run(program, { OTEL_METRICS_EXPORTER: "otlp" })).printed).toEqual([["otlp"]]);
	});
});

test("console prints, and an exporter that is not there is told", async () => {
	const printing = await run(`startTelemetry({ logger: false }); ${count}`, { OTEL_METRICS_EXPORTER: "console" });
	expect(printing.stdout).toContain("name: 'jobs'");
	const { stderr } = await run(`startTelemetry({ logger: false });`, { OTEL_METRICS_EXPORTER: "statsd" });
	expect(stderr).toContain("OTEL_METRICS_EXPORTER: statsd is not supported; use prometheus, otlp, console, none.");
});

test("another meter provider that is registered already is told, and keeps the metrics", async () => {
	const { printed, stderr } = await run(
		`import { MeterProvider } from "@opentelemetry/sdk-metrics";
		class OtherProvider extends MeterProvider {}
		metrics.setGlobalMeterProvider(new OtherProvider());
		print(startTelemetry({ logger: false }).metrics.exporters);`,
		anyPort,
	);
	expect(printed).toEqual([[]]);
	expect(stderr).toContain("another meter provider (OtherProvider) is registered already");
});

test("options are checked", () => {
	const refused: [unknown, string][] = [
		["9464", 'TypeError: startTelemetry: metrics must be options of metrics or false, got "9464"'],
		[{ prot: 1 }, 'TypeError: startTelemetry: metrics: unknown option "prot"'],
		[{ port: 70_000 }, "RangeError: startTelemetry: metrics: port must be at most 65535, got 70000"],
		[{ path: "metrics" }, 'RangeError: startTelemetry: metrics: path must be a path from /, got "metrics"'],
		[{ host: "" }, "RangeError: startTelemetry: metrics: host"],
		[{ listen: "no" }, "TypeError: startTelemetry: metrics: listen"],
		[{ runtime: 1 }, "TypeError: startTelemetry: metrics: runtime"],
		[{ allowDualExport: 1 }, "TypeError: startTelemetry: metrics: allowDualExport"],
	];
	for (const [metrics, message] of refused) {
		const said = (() => {
			try {
				checkTelemetryOptions({ metrics } as never);
				return "nothing";
			} catch (error) {
				return String(error);
			}
		})();
		expect(said).toContain(message);
	}
});
