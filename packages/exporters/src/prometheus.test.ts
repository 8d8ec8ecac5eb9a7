import { telemetryFailures } from "@footlight/core";
import * as api from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { parseExposition } from "./prometheus/exposition.fixture.ts";
import { prometheusExporter } from "./prometheus.ts";

const spanContext = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 };

function contextOf(changes: Partial<api.SpanContext> = {}): api.Context {
	return api.trace.setSpan(api.ROOT_CONTEXT, api.trace.wrapSpanContext({ ...spanContext, ...changes }));
}

async function read(exporter: ReturnType<typeof prometheusExporter>) {
	return parseExposition((await exporter.metrics()).body);
}

async function readOpenMetrics(exporter: ReturnType<typeof prometheusExporter>) {
	return parseExposition((await exporter.metrics("application/openmetrics-text")).body);
}

function dropped(reason: string): string {
	const scope = 'otel_scope_name="@footlight/exporters",otel_scope_version="0.1.0"';
	return `pipeline_telemetry_dropped_total{${scope},pipeline_telemetry_reason="${reason}",pipeline_telemetry_signal="metrics"}`;
}

let warnings: string[] = [];
beforeAll(() => {
	vi.spyOn(process, "emitWarning").mockImplementation((warning) => {
		warnings.push(String(warning));
	});
});
afterEach(() => {
	warnings = [];
});

describe("instruments", () => {
	test("a counter adds up what it is given, for each set of attributes", async () => {
		const exporter = prometheusExporter({ scopeLabels: false });
		const requests = exporter.meterProvider.getMeter("app").createCounter("http.requests", { unit: "{request}" });
		requests.add(1, { "http.route": "/a" });
		requests.add(2.5, { "http.route": "/a" });
		requests.add(1, { "http.route": "/b" });
		requests.add(4);
		const { types, values } = await read(exporter);
		expect(types.get("http_requests_total")).toBe("counter");
		expect(values.get('http_requests_total{http_route="/a"}')).toBe(3.5);
		expect(values.get('http_requests_total{http_route="/b"}')).toBe(1);
		expect(values.get("http_requests_total")).toBe(4);
	});

	test("an up-down counter goes down as well, and is a gauge", async () => {
		const exporter = prometheusExporter({ scopeLabels: false });
		const active = exporter.meterProvider.getMeter("app").createUpDownCounter("active", { unit: "{run}" });
		active.add(3);
		active.add(-5);
		const { types, values } = await read(exporter);
		expect(types.get("active")).toBe("gauge");
		expect(values.get("active")).toBe(-2);
	});

	test("a gauge keeps the last value", async () => {
		const exporter = prometheusExporter({ scopeLabels: false });
		const gauge = exporter.meterProvider.getMeter("app").createGauge("utilization", { unit: "1" });
		gauge.record(0.5);
		gauge.record(0.25);
		expect((await read(exporter)).values.get("utilization_ratio")).toBe(0.25);
	});

	test("a histogram counts a value into the bucket whose bound it does not exceed", async () => {
		const exporter = prometheusExporter({ scopeLabels: false });
		const sizes = exporter.meterProvider
			.getMeter("app")
			.createHistogram("size", { unit: "By", advice: { explicitBucketBoundaries: [1, 10] } });
		for (const value of [0, 1, 1.5, 10, 11]) sizes.record(value);
		const { types, values } = await read(exporter);
		expect(types.get("size_bytes")).toBe("histogram");
		expect(values.get('size_bytes_bucket{le="1"}')).toBe(2);
		expect(values.get('size_bytes_bucket{le="10"}')).toBe(4);
		expect(values.get('size_bytes_bucket{le="+Inf"}')).toBe(5);
		expect(values.get("size_bytes_count")).toBe(5);
		expect(values.get("size_bytes_sum")).toBe(23.5);
	});

	test("a histogram of seconds has buckets of seconds unless it names its own", async () => {
		const exporter = prometheusExporter({ scopeLabels: false });
		const meter = exporter.meterProvider.getMeter("app");
		meter.createHistogram("wait", { unit: "s" }).record(0.02);
		meter.createHistogram("wait.other", { unit: "ms" }).record(20);
		const { values } = await read(exporter);
		expect(values.get('wait_seconds_bucket{le="0.01"}')).toBe(0);
		expect(values.get('wait_seconds_bucket{le="0.025"}')).toBe(1);
		expect(values.get('wait_other_milliseconds_bucket{le="25"}')).toBe(1);
	});

	test("a histogram takes the usual buckets where those it names are no rising numbers", async () => {
		const exporter = prometheusExporter({ scopeLabels: false });
		const meter = exporter.meterProvider.getMeter("app");
		const before = telemetryFailures().get("prometheusExporter") ?? 0;
		meter.createHistogram("wait", { unit: "s", advice: { explicitBucketBoundaries: [2, 1] } }).record(0.02);
		expect((await read(exporter)).values.get('wait_seconds_bucket{le="0.025"}')).toBe(1);
		expect(telemetryFailures().get("prometheusExporter")).toBe(before + 1);
	});

	test("integers lose their fraction where the instrument is made for integers", async () => {
		const exporter = prometheusExporter({ scopeLabels: false });
		exporter.meterProvider.getMeter("app").createCounter("n", { valueType: api.ValueType.INT }).add(2.9);
		expect((await read(exporter)).values.get("n_total")).toBe(2);
	});

	test("what is no such value is left out, counted, said once, and never thrown", async () => {
		const exporter = prometheusExporter({ scopeLabels: true });
		const meter = exporter.meterProvider.getMeter("");
		const instruments = {
			counter: meter.createCounter("a"),
			histogram: meter.createHistogram("b"),
			gauge: meter.createGauge("c"),
			upDown: meter.createUpDownCounter("d"),
		};
		const wrong = [Number.NaN, "5", undefined, null, {}, 5n] as number[];
		for (const value of [...wrong, -1, Number.POSITIVE_INFINITY]) {
			instruments.counter.add(value);
			instruments.histogram.record(value);
		}
		for (const value of wrong) {
			instruments.gauge.record(value);
			instruments.upDown.add(value);
		}
		const { values } = await read(exporter);
		expect([...values.keys()].filter((name) => /^[abcd]/.test(name))).toEqual([]);
		expect(values.get(dropped("invalid_value"))).toBe(28);
		expect(warnings.filter((warning) => warning.startsWith("a takes"))).toHaveLength(1);
	});

	test("the same name, unit and kind give the same instrument, whatever the case of the name", () => {
		const meter = prometheusExporter().meterProvider.getMeter("app");
		const one = meter.createCounter("Requests", { unit: "{request}" });
		expect(meter.createCounter("requests", { unit: "{request}", description: "another" })).toBe(one);
		expect(meter.createCounter("requests", { unit: "s" })).not.toBe(one);
	});
});

describe("attributes", () => {
	test("are the same set in any order, frozen or not", async () => {
		const exporter = prometheusExporter({ scopeLabels: false });
		const counter = exporter.meterProvider.getMeter("app").createCounter("n");
		const frozen = Object.freeze({ a: "1", b: true });
		counter.add(1, frozen);
		counter.add(1, frozen);
		counter.add(1, { b: true, a: "1" });
		counter.add(1, { a: "1", b: true });
		counter.add(1, Object.freeze({ b: true, a: "1" }));
		const { values } = await read(exporter);
		expect(values.get('n_total{a="1",b="true"}')).toBe(5);
	});

	test("of an object that is not frozen are read each time", async () => {
		const exporter = prometheusExporter({ scopeLabels: false });
		const counter = exporter.meterProvider.getMeter("app").createCounter("n");
		const attributes: { route: string; list?: string[] } = { route: "/a" };
		counter.add(1, attributes);
		attributes.route = "/b";
		counter.add(1, attributes);
		const held = Object.freeze({ list: ["x"] });
		counter.add(1, held);
		held.list.push("y");
		counter.add(1, held);
		const { values } = await read(exporter);
		expect(values.get('n_total{route="/a"}')).toBe(1);
		expect(values.get('n_total{route="/b"}')).toBe(1);
		expect(values.get(`n_total{list=${JSON.stringify('[\\"x\\"]')}}`)).toBe(1);
		expect(values.get(`n_total{list=${JSON.stringify('[\\"x\\",\\"y\\"]')}}`)).toBe(1);
	});

	test("that are no string become one series with those that read the same", async () => {
		const exporter = prometheusExporter({ scopeLabels: false });
		const counter = exporter.meterProvider.getMeter("app").createCounter("n");
		counter.add(1, { status: 200 });
		counter.add(1, { status: "200" });
		counter.add(1, { status: "200", nothing: undefined, empty: "" });
		expect((await read(exporter)).values.get('n_total{status="200"}')).toBe(3);
	});

	test("whose names become one label are joined, in the order of their names", async () => {
		const exporter = prometheusExporter();
		const counter = exporter.meterProvider.getMeter("app", "2").createCounter("n");
		counter.add(1, { a_b: "second", "a.b": "first", "otel.scope.name": "own" });
		const { values } = await read(exporter);
		expect([...values.keys()]).toContain(
			'n_total{a_b="first;second",otel_scope_name="own;app",otel_scope_version="2"}',
		);
	});

	test("may hold anything that can stand in a text", async () => {
		const exporter = prometheusExporter({ scopeLabels: false });
		const counter = exporter.meterProvider.getMeter("app").createCounter("n");
		const odd = 'a "quote", a \\ and a\nline } end{';
		counter.add(1, { odd, "1st": 1, "": "nameless", "a..b": "dots" });
		const { values } = await read(exporter);
		const escaped = odd.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
		expect([...values.keys()]).toContain(`n_total{a_b="dots",key_1st="1",odd=${JSON.stringify(escaped)}}`);
	});

	test("named le do not get in the way of a histogram's own", async () => {
		const exporter = prometheusExporter({ scopeLabels: false });
		const meter = exporter.meterProvider.getMeter("app");
		meter.createHistogram("h", { advice: { explicitBucketBoundaries: [1] } }).record(1, { le: "mine" });
		meter.createCounter("n").add(1, { le: "mine" });
		const { values } = await read(exporter);
		expect(values.get('h_bucket{exported_le="mine",le="1"}')).toBe(1);
		expect(values.get('n_total{le="mine"}')).toBe(1);
	});

	test("that cannot be read cost that one recording, which is counted", async () => {
		const exporter = prometheusExporter({ scopeLabels: false });
		const counter = exporter.meterProvider.getMeter("app").createCounter("n");
		const before = telemetryFailures().get("metric attributes") ?? 0;
		const broken = {
			get a(): string {
				throw new Error("no");
			},
		};
		counter.add(1, broken);
		counter.add(1, { n: [1n] } as never);
		for (const odd of ["text", 5, null, () => {}]) counter.add(1, odd as never);
		const { values } = await read(exporter);
		expect(values.get("n_total")).toBe(4);
		expect(telemetryFailures().get("metric attributes")).toBe(before + 2);
		expect([...values].find(([name]) => name.includes("invalid_value"))?.[1]).toBe(2);
	});

	test("beyond the limit share the overflow series, and are counted from zero", async () => {
		const exporter = prometheusExporter({ scopeLabels: true, cardinalityLimit: 4 });
		const counter = exporter.meterProvider.getMeter("").createCounter("n");
		expect((await read(exporter)).values.get(dropped("cardinality"))).toBe(0);
		const ninth = Object.freeze({ user: 9 });
		for (let user = 0; user < 9; user++) counter.add(1, { user });
		counter.add(1, ninth);
		counter.add(1, ninth);
		counter.add(1, { user: 0 });
		const { values } = await read(exporter);
		expect([...values.keys()].filter((name) => name.startsWith("n_total"))).toEqual([
			'n_total{user="0"}',
			'n_total{user="1"}',
			'n_total{user="2"}',
			'n_total{otel_metric_overflow="true"}',
		]);
		expect(values.get('n_total{user="0"}')).toBe(2);
		expect(values.get('n_total{otel_metric_overflow="true"}')).toBe(8);
		expect(values.get(dropped("cardinality"))).toBe(8);
	});

	test("a limit of one leaves the overflow series alone, and the count of it intact", async () => {
		const exporter = prometheusExporter({ cardinalityLimit: 1 });
		const counter = exporter.meterProvider.getMeter("").createCounter("n");
		counter.add(1);
		counter.add(1, { a: 1 });
		const { values } = await read(exporter);
		expect(values.get('n_total{otel_metric_overflow="true"}')).toBe(2);
		expect(values.get(dropped("cardinality"))).toBe(2);
	});

	test("that a library itself gave up are no drops of ours", async () => {
		const exporter = prometheusExporter({ cardinalityLimit: 2 });
		const counter = exporter.meterProvider.getMeter("").createCounter("n");
		counter.add(1, { "otel.metric.overflow": true });
		expect((await read(exporter)).values.get(dropped("cardinality"))).toBe(0);
		counter.add(1, { a: 1 });
		const { values } = await read(exporter);
		expect(values.get('n_total{otel_metric_overflow="true"}')).toBe(2);
		expect(values.get(dropped("cardinality"))).toBe(1);
	});

	test("that nobody holds any more are not kept", async () => {
		const exporter = prometheusExporter({ cardinalityLimit: 2 });
		const counter = exporter.meterProvider.getMeter("app").createCounter("n");
		const held: WeakRef<object>[] = [];
		for (let index = 0; index < 100; index++) {
			const attributes = Object.freeze({ index });
			held.push(new WeakRef(attributes));
			counter.add(1, attributes);
		}
		const again = Object.freeze({ index: 0 });
		for (let index = 0; index < 2; index++) counter.add(1, again);
		await vi.waitFor(
			() => {
				globalThis.gc?.();
				// One of them may still be where the loop had it.
				expect(held.filter((reference) => reference.deref() !== undefined).length).toBeLessThanOrEqual(1);
			},
			{ timeout: 10_000, interval: 5 },
		);
	});
});

describe("scopes", () => {
	test("name, version and schema of a meter are labels", async () => {
		const exporter = prometheusExporter();
		const meter = exporter.meterProvider.getMeter("lib", "1.2.3", { schemaUrl: "https://schemas.example/1" });
		meter.createCounter("n").add(1);
		expect(
			(await read(exporter)).values.get(
				'n_total{otel_scope_name="lib",otel_scope_schema_url="https://schemas.example/1",otel_scope_version="1.2.3"}',
			),
		).toBe(1);
	});

	test("let an instrument have the name of what every object has", async () => {
		const exporter = prometheusExporter({ scopeLabels: false });
		exporter.meterProvider.getMeter("app").createCounter("constructor").add(2);
		expect((await read(exporter)).values.get("constructor_total")).toBe(2);
	});

	test("keep the same instrument apart, with one HELP for all", async () => {
		const exporter = prometheusExporter();
		exporter.meterProvider.getMeter("one").createCounter("n", { description: "First" }).add(1);
		exporter.meterProvider.getMeter("two").createCounter("n", { description: "Second" }).add(2);
		const { values, helps } = await read(exporter);
		expect(values.get('n_total{otel_scope_name="one"}')).toBe(1);
		expect(values.get('n_total{otel_scope_name="two"}')).toBe(2);
		expect(helps.get("n_total")).toBe("First");
	});

	test("left out of the labels, share an instrument", async () => {
		const exporter = prometheusExporter({ scopeLabels: false });
		const meters = ["one", "two"].map((name) => exporter.meterProvider.getMeter(name));
		for (const meter of meters) {
			meter.createCounter("n").add(2);
			meter.createObservableUpDownCounter("seen").addCallback((result) => result.observe(5));
		}
		const { values } = await read(exporter);
		expect(values.get("n_total")).toBe(4);
		expect(values.get("seen")).toBe(10);
	});

	test("an instrument that would make another's series twice is left out, and that is said", async () => {
		const exporter = prometheusExporter();
		const meter = exporter.meterProvider.getMeter("lib");
		meter.createCounter("a.b").add(1);
		meter.createCounter("a_b").add(10);
		meter.createHistogram("c").record(1);
		exporter.meterProvider.getMeter("other").createUpDownCounter("c").add(10);
		meter.createGauge("@#").record(1);
		const { values, types } = await read(exporter);
		expect(values.get('a_b_total{otel_scope_name="lib"}')).toBe(1);
		expect(types.get("c")).toBe("histogram");
		expect(warnings.filter((warning) => warning.includes("is not exported"))).toEqual([
			expect.stringContaining("the counter a_b is not exported: it would be a_b_total, as is another instrument"),
			expect.stringContaining("the up_down_counter c is not exported: c is a histogram already, and would be a gauge"),
			expect.stringContaining("the gauge @# is not exported: nothing of its name can stand in a name of Prometheus"),
		]);
	});
});

describe("exemplars", () => {
	test("lead from the last value of a counter and of each bucket to its sampled span", async () => {
		const exporter = prometheusExporter({ scopeLabels: false });
		const meter = exporter.meterProvider.getMeter("app");
		const counter = meter.createCounter("n");
		const histogram = meter.createHistogram("h", { advice: { explicitBucketBoundaries: [1, 2] } });
		const earliestMs = Date.now() - 100;
		counter.add(5, undefined, contextOf({ spanId: "1111111111111111" }));
		counter.add(2, undefined, contextOf());
		histogram.record(0.5, undefined, contextOf());
		histogram.record(3, undefined, contextOf({ spanId: "2222222222222222" }));
		histogram.record(1.5, undefined, contextOf({ traceFlags: 0 }));
		const { exemplars } = await readOpenMetrics(exporter);
		const ids = `{trace_id="${spanContext.traceId}",span_id="${spanContext.spanId}"}`;
		const [example = "", value, seconds] = (exemplars.get("n_total") ?? "").split(" ");
		expect([example, value]).toEqual([ids, "2"]);
		expect(Number(seconds) * 1_000).toBeGreaterThan(earliestMs);
		expect(Number(seconds) * 1_000).toBeLessThanOrEqual(Date.now());
		expect(exemplars.get('h_bucket{le="1"}')).toMatch(`${ids} 0.5 `);
		expect(exemplars.get('h_bucket{le="2"}')).toBeUndefined();
		expect(exemplars.get('h_bucket{le="+Inf"}')).toMatch('span_id="2222222222222222"} 3 ');
		expect((await exporter.metrics()).body).not.toContain("trace_id");
	});

	test("come from the active span where no context is given", async () => {
		const exporter = prometheusExporter({ scopeLabels: false });
		const counter = exporter.meterProvider.getMeter("app").createCounter("n");
		api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
		try {
			api.context.with(contextOf(), () => counter.add(1));
			counter.add(1);
		} finally {
			api.context.disable();
		}
		expect((await readOpenMetrics(exporter)).exemplars.get("n_total")).toContain(spanContext.traceId);
	});

	test("are left out when they are not wanted, have no valid ids, or cannot be read", async () => {
		const without = prometheusExporter({ exemplars: false });
		without.meterProvider.getMeter("app").createCounter("n").add(1, undefined, contextOf());
		expect((await readOpenMetrics(without)).exemplars.size).toBe(0);
		const exporter = prometheusExporter();
		const counter = exporter.meterProvider.getMeter("app").createCounter("n");
		counter.add(1, undefined, contextOf({ traceId: "00000000000000000000000000000000" }));
		counter.add(1, undefined, "no context" as never);
		const { exemplars, values } = await readOpenMetrics(exporter);
		expect(exemplars.size).toBe(0);
		expect(values.get('n_total{otel_scope_name="app"}')).toBe(2);
	});

	test("show what a view left out of the labels behind the ids, as far as OpenMetrics has room", async () => {
		const views = [{ instrument: "*", attributes: { allow: ["route"] } }];
		const exporter = prometheusExporter({ scopeLabels: false, views });
		const meter = exporter.meterProvider.getMeter("app");
		// The names and values of both ids take 63 of the 128 characters; an emoji is one of them.
		const fits = `🎉${"x".repeat(128 - 63 - "user_id".length - 1 - "n5".length)}`;
		const attributes = { route: "/a", "trace.id": "own", "user.id": fits, long: "y".repeat(62), n: 5, more: 1 };
		meter.createCounter("n").add(1, attributes, contextOf());
		const histogram = meter.createHistogram("h", { advice: { explicitBucketBoundaries: [1] } });
		const changing = { "user.id": "ada" };
		histogram.record(0.5, changing, contextOf());
		changing["user.id"] = "grace";
		histogram.record(2, { route: "/b", "user.id": `${fits}xyz` }, contextOf());
		const { exemplars } = await readOpenMetrics(exporter);
		const ids = `trace_id="${spanContext.traceId}",span_id="${spanContext.spanId}"`;
		expect(exemplars.get('n_total{route="/a"}')).toMatch(`{${ids},user_id="${fits}",n="5"} 1 `);
		expect(exemplars.get('h_bucket{le="1"}')).toMatch(`{${ids},user_id="ada"} 0.5 `);
		expect(exemplars.get('h_bucket{le="+Inf",route="/b"}')).toMatch(`{${ids}} 2 `);
	});
});

describe("views", () => {
	test("change name, description, buckets and attributes, or leave an instrument out", async () => {
		const exporter = prometheusExporter({
			scopeLabels: false,
			views: [
				{ instrument: "http.client.*", drop: true },
				{ instrument: "Latency", name: "request.latency", description: "How long", buckets: [1, 2] },
				{ instrument: "http.*", attributes: { allow: ["route"] } },
				{ instrument: "*", attributes: { deny: ["user.id"] } },
			],
		});
		const meter = exporter.meterProvider.getMeter("app");
		meter.createCounter("http.client.calls").add(1);
		meter.createHistogram("latency", { unit: "s" }).record(1.5);
		const served = meter.createCounter("http.served");
		served.add(1, { route: "/a", "user.id": "1" });
		served.add(1, { route: "/a", "user.id": "2", other: 1 });
		meter.createCounter("logins").add(1, { "user.id": "1", kind: "x" });
		meter.createObservableCounter("seen").addCallback((result) => {
			result.observe(1, { "user.id": "1", kind: "x" });
			result.observe(2, { "user.id": "2", kind: "x" });
		});
		const { values, helps } = await read(exporter);
		expect([...values.keys()].filter((name) => name.includes("client"))).toEqual([]);
		expect(helps.get("request_latency_seconds")).toBe("How long");
		expect(values.get('request_latency_seconds_bucket{le="2"}')).toBe(1);
		expect(values.get('request_latency_seconds_bucket{le="0.005"}')).toBeUndefined();
		expect(values.get('http_served_total{route="/a"}')).toBe(2);
		expect(values.get('logins_total{kind="x"}')).toBe(1);
		expect(values.get('seen_total{kind="x"}')).toBe(3);
	});

	test("take their stars only as stars", async () => {
		const exporter = prometheusExporter({ scopeLabels: false, views: [{ instrument: "a.b*", drop: true }] });
		const meter = exporter.meterProvider.getMeter("app");
		for (const name of ["a.b", "a.bc", "axb", "xa.b"]) meter.createCounter(name).add(1);
		const { types } = await read(exporter);
		expect([...types.keys()].filter((name) => !name.startsWith("pipeline"))).toEqual(["axb_total", "xa_b_total"]);
	});
});

describe("target_info", () => {
	test("says what the resource is, and what an SDK finds out of it later", async () => {
		const attributes: api.Attributes = { "service.name": "docs-qa" };
		const exporter = prometheusExporter({ resource: { attributes } });
		expect((await read(exporter)).values.get('target_info{service_name="docs-qa"}')).toBe(1);
		attributes["host.id"] = 7;
		expect((await read(exporter)).values.get('target_info{host_id="7",service_name="docs-qa"}')).toBe(1);
	});

	test("is not there without a resource, or while it is empty", async () => {
		expect((await prometheusExporter().metrics()).body).not.toContain("target_info");
		expect(
			(await read(prometheusExporter({ resource: { attributes: {} } }))).values.get("target_info"),
		).toBeUndefined();
	});
});

describe("shutdown", () => {
	test("ends recording, and takes the metrics out of the registry, where another exporter may stand then", async () => {
		const exporter = prometheusExporter({ resource: { attributes: { a: 1 } } });
		const meter = exporter.meterProvider.getMeter("app");
		const [counter, frozen] = [meter.createCounter("n"), Object.freeze({ a: 1 })];
		counter.add(1, frozen);
		await exporter.meterProvider.forceFlush();
		await exporter.meterProvider.shutdown();
		await exporter.shutdown();
		counter.add(1, frozen);
		counter.add(1, { b: 1 });
		exporter.meterProvider.getMeter("app").createCounter("late").add(1);
		expect((await exporter.metrics()).body.trim()).toBe("");
		const next = prometheusExporter({ registry: exporter.registry, scopeLabels: false });
		next.meterProvider.getMeter("app").createCounter("n").add(3);
		expect((await read(next)).values.get("n_total")).toBe(3);
		expect(warnings).toEqual([]);
	});

	test("leaves no port open, and opens none afterwards", async () => {
		const exporter = prometheusExporter();
		const refused = "prometheusExporter: cannot listen: the exporter has been shut down; make another";
		const opening = expect(exporter.listen({ port: 0 })).rejects.toThrow(refused);
		await exporter.shutdown();
		await opening;
		await expect(exporter.listen({ port: 0 })).rejects.toThrow(refused);
	});

	test("is done by the registry's own reset only as far as the numbers go", async () => {
		const exporter = prometheusExporter({ scopeLabels: false });
		const counter = exporter.meterProvider.getMeter("app").createCounter("n");
		counter.add(7);
		(exporter.registry as unknown as { resetMetrics(): void }).resetMetrics();
		counter.add(1);
		expect((await read(exporter)).values.get("n_total")).toBe(1);
	});
});

describe("options", () => {
	test.each([
		[{ regsitry: 1 }, 'prometheusExporter: unknown option "regsitry"; known options are registry, resource'],
		[{ registry: {} }, "prometheusExporter: registry must have a method registerMetric, got an object"],
		[{ cardinalityLimit: 0 }, "prometheusExporter: cardinalityLimit must be a positive integer, got 0"],
		[
			{ callbackTimeoutMs: 2 ** 31 },
			"prometheusExporter: callbackTimeoutMs must be at most 2147483647, got 2147483648",
		],
		[{ exemplars: "yes" }, 'prometheusExporter: exemplars must be true or false, got "yes"'],
		[{ resource: "docs" }, 'prometheusExporter: resource must be an object with attributes, got "docs"'],
		[{ views: {} }, "prometheusExporter: views must be an array of views, got an object"],
		[
			{ views: [{ instrument: "" }] },
			'prometheusExporter: views[0]: instrument must be a string that is not empty, got ""',
		],
		[
			{ views: [{ instrument: "a*", name: "b" }] },
			'prometheusExporter: views[0]: instrument must be one name, as the view renames it, got "a*"',
		],
		[
			{ views: [{ instrument: "a", buckets: [1, 1] }] },
			"views[0]: buckets[1] must be more than the one before it, 1, got 1",
		],
		[
			{ views: [{ instrument: "a", buckets: [1, Number.NaN] }] },
			"views[0]: buckets[1] must be a finite number, got NaN",
		],
		[
			{ views: [{ instrument: "a", attributes: {} }] },
			"prometheusExporter: views[0]: attributes must be either { allow } or { deny }, got an object",
		],
		[{ views: [{ instrument: "a", bucket: [] }] }, 'views[0]: unknown option "bucket"'],
	])("%j is refused", (options, message) => {
		expect(() => prometheusExporter(options as never)).toThrow(message);
	});
});
