// The same recordings in three exporters: ours, the OpenTelemetry SDK's for Prometheus, and the SDK's for OTLP. What
// differs from the SDK's text is in the table below, in the column of its names, or in a test of its own.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Attributes, Meter, MetricOptions } from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { prometheusExporter } from "../prometheus.ts";
import { type ParsedExposition, parseExposition, seriesName } from "./exposition.fixture.ts";

type Kind =
	| "counter"
	| "up_down_counter"
	| "gauge"
	| "histogram"
	| "observable_counter"
	| "observable_up_down_counter"
	| "observable_gauge";

interface Case {
	readonly kind: Kind;
	readonly name: string;
	readonly options: MetricOptions;
	/** By the specification, and so ours. */
	readonly prometheus: string;
	/** As the SDK's serializer has it where that is another: it adds no unit, and no `_ratio`. */
	readonly sdk?: string;
}

const buckets = [0.005, 0.05, 0.5, 5, 50];
const cases: readonly Case[] = [
	{
		kind: "counter",
		name: "http.server.requests",
		options: { unit: "{request}" },
		prometheus: "http_server_requests_total",
	},
	{ kind: "counter", name: "jobs.total", options: {}, prometheus: "jobs_total" },
	{
		kind: "counter",
		name: "process.cpu-time",
		options: { unit: "s" },
		prometheus: "process_cpu_time_seconds_total",
		sdk: "process_cpu_time_total",
	},
	{ kind: "counter", name: "net.io/bytes", options: { unit: "By" }, prometheus: "net_io_bytes_total" },
	{
		kind: "up_down_counter",
		name: "queue.depth",
		options: { unit: "{item}", description: "Items \\ waiting\nfor" },
		prometheus: "queue_depth",
	},
	{
		kind: "up_down_counter",
		name: "memory.usage",
		options: { unit: "By" },
		prometheus: "memory_usage_bytes",
		sdk: "memory_usage",
	},
	{ kind: "up_down_counter", name: "share", options: { unit: "1" }, prometheus: "share" },
	{ kind: "gauge", name: "disk.fill", options: { unit: "1" }, prometheus: "disk_fill_ratio", sdk: "disk_fill" },
	{
		kind: "gauge",
		name: "room.temperature",
		options: { unit: "Cel" },
		prometheus: "room_temperature_celsius",
		sdk: "room_temperature",
	},
	{
		kind: "gauge",
		name: "net.throughput",
		options: { unit: "By/s" },
		prometheus: "net_throughput_bytes_per_second",
		sdk: "net_throughput",
	},
	{ kind: "gauge", name: "budget", options: { unit: "USD" }, prometheus: "budget_USD", sdk: "budget" },
	{
		kind: "histogram",
		name: "request.duration",
		options: { unit: "s", advice: { explicitBucketBoundaries: buckets } },
		prometheus: "request_duration_seconds",
		sdk: "request_duration",
	},
	{
		kind: "histogram",
		name: "payload.size",
		options: { unit: "By" },
		prometheus: "payload_size_bytes",
		sdk: "payload_size",
	},
	{ kind: "histogram", name: "headroom", options: { unit: "1" }, prometheus: "headroom" },
	{ kind: "observable_counter", name: "cost.usd", options: { unit: "{USD}" }, prometheus: "cost_usd_total" },
	{ kind: "observable_up_down_counter", name: "workers", options: { unit: "{worker}" }, prometheus: "workers" },
	{
		kind: "observable_gauge",
		name: "cpu.utilization",
		options: { unit: "1" },
		prometheus: "cpu_utilization_ratio",
		sdk: "cpu_utilization",
	},
];

const sets: readonly (Attributes | undefined)[] = [
	undefined,
	{ "http.route": "/a", "http.response.status_code": 200, ok: true },
	{ "http.route": "/b", "http.response.status_code": 500.5, ok: false },
	{ odd: 'a "quote", a \\ and a\nline', "spaced name!": "x", UPPER_case: "y", list: ["a", "b"], empty: "" },
];
const numbers = [0, 0.004, 0.5, 7, 333.25];

function record(meter: Meter): void {
	for (const { kind, name, options } of cases) {
		for (const [index, set] of sets.entries()) {
			for (const number of numbers) {
				if (kind === "counter") meter.createCounter(name, options).add(number, set);
				if (kind === "up_down_counter")
					meter.createUpDownCounter(name, options).add(index % 2 === 0 ? number : -number, set);
				if (kind === "gauge") meter.createGauge(name, options).record(index % 2 === 0 ? number : -number, set);
				if (kind === "histogram") meter.createHistogram(name, options).record(number, set);
			}
		}
		const observed = (result: { observe(value: number, attributes?: Attributes): void }) => {
			for (const [index, set] of sets.entries()) result.observe(index * 1.5, set);
		};
		if (kind === "observable_counter") meter.createObservableCounter(name, options).addCallback(observed);
		if (kind === "observable_up_down_counter") meter.createObservableUpDownCounter(name, options).addCallback(observed);
		if (kind === "observable_gauge") meter.createObservableGauge(name, options).addCallback(observed);
	}
}

/** As much of OTLP in JSON as is read here. */
interface OtlpMetric {
	readonly name: string;
	readonly unit: string;
	readonly sum?: { readonly dataPoints: OtlpPoint[]; readonly isMonotonic: boolean };
	readonly gauge?: { readonly dataPoints: OtlpPoint[] };
	readonly histogram?: { readonly dataPoints: OtlpPoint[] };
}
interface OtlpPoint {
	readonly attributes: { readonly key: string; readonly value: Record<string, unknown> }[];
	readonly asDouble?: number;
	readonly asInt?: number | string;
	readonly count?: number | string;
	readonly sum?: number;
	readonly bucketCounts?: (number | string)[];
	readonly explicitBounds?: number[];
}
interface OtlpRequest {
	readonly resourceMetrics: {
		readonly resource: { readonly attributes: OtlpPoint["attributes"] };
		readonly scopeMetrics: {
			readonly scope: { readonly name: string; readonly version: string };
			readonly metrics: OtlpMetric[];
		}[];
	}[];
}

const resource = resourceFromAttributes({ "service.name": "golden", "service.instance.id": "1", "host.cpus": 4 });
let ours: ParsedExposition;
let oursOpenMetrics: ParsedExposition;
let sdk: ParsedExposition;
let otlp: OtlpRequest;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
	const received = Promise.withResolvers<OtlpRequest>();
	const server = createServer(async (request, response) => {
		received.resolve(JSON.parse(await text(request)));
		response.writeHead(200, { "content-type": "application/json" }).end("{}");
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	closing.push(() => new Promise((resolve) => server.close(resolve)));
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/metrics`;

	const pull = new PrometheusExporter({ preventServerStart: true });
	const push = new PeriodicExportingMetricReader({
		exporter: new OTLPMetricExporter({ url }),
		exportIntervalMillis: 3_600_000,
	});
	const provider = new MeterProvider({ resource, readers: [pull, push] });
	closing.unshift(() => provider.shutdown());
	record(provider.getMeter("golden", "1.2.3"));
	sdk = parseExposition(new PrometheusSerializer().serialize((await pull.collect()).resourceMetrics));
	await push.forceFlush();
	otlp = await received.promise;

	const exporter = prometheusExporter({ resource, views: [{ instrument: "pipeline.telemetry.*", drop: true }] });
	record(exporter.meterProvider.getMeter("golden", "1.2.3"));
	ours = parseExposition((await exporter.metrics()).body);
	oursOpenMetrics = parseExposition((await exporter.metrics("application/openmetrics-text")).body);
});
afterAll(async () => {
	for (const close of closing) await close();
});

/** Series of one metric, without its name. */
function seriesOf({ values }: ParsedExposition, name: string): Record<string, number> {
	const pattern = new RegExp(`^${name}(_bucket|_sum|_count)?(\\{.*)?$`, "s");
	return Object.fromEntries(
		[...values].flatMap(([series, value]) => {
			const match = pattern.exec(series);
			return match === null ? [] : [[`${match[1] ?? ""}${match[2] ?? ""}`, value]];
		}),
	);
}

describe.each(cases)("$kind $name", ({ kind, name, options, prometheus, sdk: sdkName = prometheus }) => {
	test("has the labels, values and buckets of the SDK's text, and its type", () => {
		expect(Object.keys(seriesOf(ours, prometheus)).length).toBeGreaterThanOrEqual(sets.length);
		expect(seriesOf(ours, prometheus)).toEqual(seriesOf(sdk, sdkName));
		expect(ours.types.get(prometheus)).toBe(sdk.types.get(sdkName));
		expect(ours.helps.get(prometheus)).toBe(sdk.helps.get(sdkName));
	});

	test("has the labels, values and buckets that OTLP carries, by the names of the specification", () => {
		expect(seriesOf(ours, prometheus)).toEqual(fromOtlp(name));
	});

	test("says the same in OpenMetrics, where its unit is the end of its name", () => {
		expect(seriesOf(oursOpenMetrics, prometheus)).toEqual(seriesOf(ours, prometheus));
		const family = kind.endsWith("counter") ? prometheus.replace(/_total$/, "") : prometheus;
		expect(oursOpenMetrics.types.get(family)).toBe(ours.types.get(prometheus));
		const unit = oursOpenMetrics.units.get(family);
		if (unit !== undefined) expect(family.endsWith(`_${unit}`)).toBe(true);
		else expect(options.unit ?? "").toMatch(/^(\{.*\}|1|)$/);
	});
});

test("there are no others", () => {
	expect([...ours.types.keys()].sort()).toEqual(["target_info", ...cases.map(({ prometheus }) => prometheus)].sort());
});

test("target_info has the resource of all three", () => {
	const expected = { '{host_cpus="4",service_instance_id="1",service_name="golden"}': 1 };
	expect(seriesOf(ours, "target_info")).toEqual(expected);
	expect(seriesOf(sdk, "target_info")).toEqual(expected);
	const { attributes } = otlp.resourceMetrics[0]?.resource ?? { attributes: [] };
	expect(seriesName("", labelsFrom(attributes))).toBe(Object.keys(expected)[0]);
});

describe("what the SDK does otherwise beside names, and why we do not", () => {
	async function both(recording: (meter: Meter) => void) {
		const reader = new PrometheusExporter({ preventServerStart: true });
		const provider = new MeterProvider({ readers: [reader] });
		recording(provider.getMeter("m"));
		const theirs = new PrometheusSerializer(undefined, false, undefined, true, true).serialize(
			(await reader.collect()).resourceMetrics,
		);
		await provider.shutdown();
		const exporter = prometheusExporter({
			scopeLabels: false,
			views: [{ instrument: "pipeline.telemetry.*", drop: true }],
		});
		recording(exporter.meterProvider.getMeter("m"));
		return { theirs, mine: (await exporter.metrics()).body };
	}

	test("colliding labels stand there twice, which Prometheus refuses; the specification joins them", async () => {
		const { theirs, mine } = await both((meter) => meter.createCounter("n").add(1, { "a.b": "1", a_b: "2" }));
		expect(theirs).toContain('n_total{a_b="1",a_b="2"} 1');
		expect(mine).toContain('n_total{a_b="1;2"} 1');
	});

	test("a label may begin with a digit, which Prometheus refuses; it gives key_ itself for OTLP", async () => {
		const { theirs, mine } = await both((meter) => meter.createCounter("n").add(1, { "1st": "x" }));
		expect(theirs).toContain('n_total{1st="x"} 1');
		expect(mine).toContain('n_total{key_1st="x"} 1');
	});

	test("attributes that read the same make a series twice, which Prometheus refuses; we add them up", async () => {
		const { theirs, mine } = await both((meter) => {
			meter.createCounter("n").add(1, { status: 200 });
			meter.createCounter("n").add(1, { status: "200" });
		});
		expect(theirs.match(/n_total\{status="200"\} 1/g)).toHaveLength(2);
		expect(mine).toContain('n_total{status="200"} 2');
	});

	test("a histogram of seconds without buckets of its own has those of milliseconds; we have some for seconds", async () => {
		const { theirs, mine } = await both((meter) => meter.createHistogram("h", { unit: "s" }).record(0.02));
		expect(theirs).toContain('h_bucket{le="0"} 0\nh_bucket{le="5"} 1');
		expect(mine).toContain('h_seconds_bucket{le="0.01"} 0\nh_seconds_bucket{le="0.025"} 1');
	});

	test("conflicting types leave out both; we leave out the later, as the specification lets us", async () => {
		const { theirs, mine } = await both((meter) => {
			meter.createHistogram("x").record(1);
			meter.createUpDownCounter("x").add(1);
		});
		expect(theirs).not.toContain("x_count");
		expect(mine).toContain("x_count 1");
	});

	test("the limit is the same, with the same overflow series", async () => {
		const { theirs, mine } = await both((meter) => {
			for (let user = 0; user < 2_500; user++) meter.createCounter("n").add(1, { user });
		});
		expect(parseExposition(mine).values).toEqual(parseExposition(theirs).values);
		expect(parseExposition(mine).values.get('n_total{otel_metric_overflow="true"}')).toBe(501);
	});
});

function fromOtlp(name: string): Record<string, number> {
	const scope = otlp.resourceMetrics[0]?.scopeMetrics.find((one) => one.metrics.some((metric) => metric.name === name));
	const metric = scope?.metrics.find((one) => one.name === name);
	const series: Record<string, number> = {};
	const labels = { otel_scope_name: scope?.scope.name ?? "", otel_scope_version: scope?.scope.version ?? "" };
	for (const point of (metric?.sum ?? metric?.gauge ?? metric?.histogram)?.dataPoints ?? []) {
		const all = { ...labelsFrom(point.attributes), ...labels };
		if (point.bucketCounts === undefined) {
			series[seriesName("", all)] = Number(point.asDouble ?? point.asInt);
			continue;
		}
		let total = 0;
		for (const [index, count] of point.bucketCounts.entries()) {
			total += Number(count);
			series[seriesName("_bucket", { ...all, le: String(point.explicitBounds?.[index] ?? "+Inf") })] = total;
		}
		series[seriesName("_count", all)] = Number(point.count);
		series[seriesName("_sum", all)] = point.sum ?? Number.NaN;
	}
	return series;
}

function labelsFrom(attributes: OtlpPoint["attributes"]): Record<string, string> {
	const shown = (value: Record<string, unknown>): unknown => {
		const [kind, content] = Object.entries(value)[0] ?? [];
		if (kind === "arrayValue") return (content as { values: Record<string, unknown>[] }).values.map(shown);
		return content;
	};
	return Object.fromEntries(
		attributes.map(({ key, value }) => {
			const content = shown(value);
			const plain = typeof content === "object" ? JSON.stringify(content) : String(content);
			const escaped = plain.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
			return [key.replace(/[^a-zA-Z0-9]+/g, "_"), escaped];
		}),
	);
}
