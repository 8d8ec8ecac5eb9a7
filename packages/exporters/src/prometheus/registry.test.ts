import * as prometheusClient from "@prometheus-io/client";
import * as promClient from "prom-client";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { prometheusExporter } from "../prometheus.ts";
import { parseExposition } from "./exposition.fixture.ts";

const [text, openMetrics] = ["text/plain", "application/openmetrics-text"];
let warnings: string[] = [];
beforeAll(() => {
	vi.spyOn(process, "emitWarning").mockImplementation((warning) => {
		warnings.push(String(warning));
	});
});
afterEach(() => {
	warnings = [];
});

// The classes of both are the same in what is used here; their types are each other's strangers.
const libraries = [
	["prom-client", promClient],
	["@prometheus-io/client", prometheusClient as unknown as typeof promClient],
] as const;

describe.each(libraries)("a registry of %s", (_name, client) => {
	const openMetricsRegistry = () => {
		const registry = new client.Registry<promClient.OpenMetricsContentType>();
		registry.setContentType(client.Registry.OPENMETRICS_CONTENT_TYPE);
		return registry as unknown as promClient.Registry;
	};

	test("holds our metrics beside the application's own", async () => {
		const registry = new client.Registry();
		client.collectDefaultMetrics({ register: registry });
		new client.Counter({ name: "own_total", help: "Own", labelNames: ["a"], registers: [registry] }).inc({ a: "1" }, 2);
		const exporter = prometheusExporter({ registry, scopeLabels: false });
		exporter.meterProvider.getMeter("app").createCounter("ours").add(3);
		expect(exporter.registry).toBe(registry);
		for (const body of [await registry.metrics(), (await exporter.metrics()).body]) {
			const { values } = parseExposition(body);
			expect(values.get('own_total{a="1"}')).toBe(2);
			expect(values.get("ours_total")).toBe(3);
			expect(values.get("process_cpu_seconds_total")).toBeGreaterThan(0);
		}
		expect(parseExposition(await registry.getSingleMetricAsString("ours_total")).values.get("ours_total")).toBe(3);
		const json = await registry.getMetricsAsJSON();
		expect(json.find(({ name }) => name === "ours_total")).toMatchObject({ values: [{ value: 3, labels: {} }] });
	});

	test("renders our metrics as its own of the same numbers", async () => {
		const [theirs, registry] = [new client.Registry(), new client.Registry()];
		const [labelNames, buckets] = [["a"], [0.1, 1]];
		const counter = new client.Counter({ name: "n_total", help: "N", labelNames, registers: [theirs] });
		const gauge = new client.Gauge({ name: "g", help: "G", labelNames, registers: [theirs] });
		const histogram = new client.Histogram({ name: "h", help: "H", labelNames, buckets, registers: [theirs] });
		const exporter = prometheusExporter({
			registry,
			scopeLabels: false,
			views: [{ instrument: "pipeline.*", drop: true }],
		});
		const meter = exporter.meterProvider.getMeter("app");
		const ours = {
			counter: meter.createCounter("n", { description: "N" }),
			gauge: meter.createGauge("g", { description: "G" }),
			histogram: meter.createHistogram("h", { description: "H", advice: { explicitBucketBoundaries: buckets } }),
		};
		for (const value of [0.05, 0.1, 0.5, 7]) {
			for (const labels of [{ a: "x" }, { a: 'quoted "y"\n' }]) {
				counter.inc(labels, value);
				ours.counter.add(value, labels);
				gauge.set(labels, value);
				ours.gauge.record(value, labels);
				histogram.observe(labels, value);
				ours.histogram.record(value, labels);
			}
		}
		expect(await registry.metrics()).toBe(await theirs.metrics());
		expect((await exporter.metrics()).body).toBe(await theirs.metrics());
		// Labels are texts in ours; and of what is no sum, a cluster takes the largest.
		const comparable = async (from: promClient.Registry) =>
			(await from.getMetricsAsJSON()).map(({ aggregator: _, values, ...rest }) => ({
				...rest,
				values: values.map(
					({ exemplar: __, labels, ...value }: { exemplar?: unknown; labels: object; value: number }) => ({
						...value,
						labels: Object.fromEntries(Object.entries(labels).map(([name, label]) => [name, String(label)])),
					}),
				),
			}));
		expect(await comparable(registry)).toEqual(await comparable(theirs));
	});

	test("keeps its labels for all metrics", async () => {
		const registry = new client.Registry();
		registry.setDefaultLabels({ region: "eu", a: "default" });
		const exporter = prometheusExporter({ registry, scopeLabels: false });
		exporter.meterProvider.getMeter("app").createCounter("n").add(1, { a: "own" });
		for (const accept of [text, openMetrics]) {
			const { values } = parseExposition((await exporter.metrics(accept)).body);
			expect(values.get('n_total{a="own",region="eu"}')).toBe(1);
		}
	});

	test("answers scrapes of both formats at once, each whole, and stays as it was", async () => {
		const registry = new client.Registry();
		new client.Counter({ name: "own_total", help: "Own", registers: [registry] }).inc(2);
		new client.Summary({ name: "s", help: "S", registers: [registry] }).observe(1);
		const exporter = prometheusExporter({ registry, scopeLabels: false });
		const meter = exporter.meterProvider.getMeter("app");
		meter.createCounter("ours", { unit: "s" }).add(3);
		meter.createObservableGauge("slow").addCallback(async (result) => {
			await new Promise(setImmediate);
			result.observe(1);
		});
		const before = await registry.metrics();
		const scrapes = await Promise.all([text, openMetrics, text, openMetrics].map((accept) => exporter.metrics(accept)));
		for (const [index, { contentType, body }] of scrapes.entries()) {
			const open = index % 2 === 1;
			expect(contentType).toBe(open ? client.openMetricsContentType : client.prometheusContentType);
			expect(body.endsWith("# EOF\n")).toBe(open);
			const { types, units, values } = parseExposition(body);
			expect([values.get("own_total"), values.get("ours_seconds_total"), values.get("slow")]).toEqual([2, 3, 1]);
			expect([...types.keys()]).toEqual(
				expect.arrayContaining(open ? ["own", "ours_seconds"] : ["own_total", "ours_seconds_total"]),
			);
			expect(units.get("ours_seconds")).toBe(open ? "seconds" : undefined);
		}
		expect(await registry.metrics()).toBe(before);
		expect(registry.contentType).toBe(client.prometheusContentType);
	});

	test("of OpenMetrics is read as text too, with the names of its counters as they were", async () => {
		const registry = openMetricsRegistry();
		const own = new client.Counter({ name: "own_total", help: "Own", registers: [registry], enableExemplars: true });
		own.inc({ value: 2, exemplarLabels: { trace_id: "abc" } });
		const exporter = prometheusExporter({ registry, scopeLabels: false });
		exporter.meterProvider.getMeter("app").createCounter("ours").add(3);
		for (let scrape = 0; scrape < 2; scrape++) {
			const direct = parseExposition(await registry.metrics());
			const open = parseExposition((await exporter.metrics(openMetrics)).body);
			const plain = parseExposition((await exporter.metrics(text)).body);
			for (const { values } of [direct, open, plain]) {
				expect([values.get("own_total"), values.get("ours_total")]).toEqual([2, 3]);
			}
			expect([...direct.types.keys()]).toEqual(
				["pipeline_telemetry_dropped", "own", "ours"].sort(byFirstSeen(direct.types)),
			);
			expect([...plain.types.keys()]).toEqual(expect.arrayContaining(["own_total", "ours_total"]));
			expect(open.exemplars.get("own_total")).toMatch(/^\{trace_id="abc"\} 2 /);
			expect(plain.exemplars.size).toBe(0);
		}
		await exporter.shutdown();
		expect(registry.getMetricsAsArray()).toHaveLength(1);
	});

	test("that has a metric of the same name keeps it, and ours is left out, and that is said", async () => {
		const registry = new client.Registry();
		new client.Counter({ name: "jobs_total", help: "Own", registers: [registry] }).inc(2);
		const exporter = prometheusExporter({ registry, scopeLabels: false });
		exporter.meterProvider.getMeter("app").createCounter("jobs").add(100);
		expect(parseExposition((await exporter.metrics()).body).values.get("jobs_total")).toBe(2);
		expect(warnings).toEqual([
			"prometheusExporter: the counter jobs is not exported: the registry has a metric jobs_total already, which is not this exporter's; give it another name, with a view for one",
		]);
	});

	test("hears from the library where a metric of its own comes too late", () => {
		const registry = new client.Registry();
		prometheusExporter({ registry }).meterProvider.getMeter("app").createCounter("jobs");
		expect(() => new client.Counter({ name: "jobs_total", help: "Own", registers: [registry] })).toThrow(
			"A metric with the name jobs_total has already been registered.",
		);
	});

	test.each([text, openMetrics])("loses only the values of a metric that fails, in %s", async (accept) => {
		const registry = new client.Registry();
		const help = "Broken";
		new client.Gauge({
			name: "broken",
			help,
			registers: [registry],
			collect: () => {
				throw new Error("no");
			},
		});
		new client.Counter({
			name: "failing_total",
			help,
			registers: [registry],
			collect: () => Promise.reject(new Error("no")),
		});
		const exporter = prometheusExporter({ registry, scopeLabels: false });
		exporter.meterProvider.getMeter("app").createCounter("ours").add(3);
		const { values } = parseExposition((await exporter.metrics(accept)).body);
		expect([values.get("ours_total"), values.get("broken"), values.get("failing_total")]).toEqual([
			3,
			undefined,
			undefined,
		]);
	});

	test("that was cleared has our metrics again with the next scrape, and their numbers", async () => {
		const registry = new client.Registry();
		const exporter = prometheusExporter({ registry, scopeLabels: false, resource: { attributes: { a: 1 } } });
		const meter = exporter.meterProvider.getMeter("app");
		const [counter, jobs] = [meter.createCounter("n"), meter.createCounter("jobs")];
		for (const each of [counter, jobs]) each.add(1);
		registry.clear();
		counter.add(1);
		new client.Counter({ name: "jobs_total", help: "Own", registers: [registry] }).inc(7);
		for (let scrape = 0; scrape < 2; scrape++) {
			const { values } = parseExposition((await exporter.metrics()).body);
			expect([values.get("n_total"), values.get("jobs_total"), values.get('target_info{a="1"}')]).toEqual([2, 7, 1]);
		}
		expect(warnings).toEqual([expect.stringContaining("the counter jobs_total is not exported: the registry has")]);
		await exporter.shutdown();
		registry.clear();
		expect((await exporter.metrics()).body.trim()).toBe("");
	});

	test("takes one exporter at a time", async () => {
		const registry = new client.Registry();
		const exporter = prometheusExporter({ registry });
		const refused = "prometheusExporter: the registry has an exporter already; use that one, or shut it down first";
		expect(() => prometheusExporter({ registry })).toThrow(refused);
		await exporter.shutdown();
		const next = prometheusExporter({ registry });
		await exporter.shutdown();
		expect(() => prometheusExporter({ registry })).toThrow(refused);
		await next.shutdown();
	});

	test("that has a series of the same name keeps it as well", async () => {
		const registry = new client.Registry();
		new client.Histogram({ name: "h", help: "H", registers: [registry] }).observe(1);
		new client.Summary({ name: "s", help: "S", registers: [registry] }).observe(1);
		new client.Counter({ name: "unusual", help: "U", registers: [registry] }).inc(1);
		const exporter = prometheusExporter({ registry, scopeLabels: false });
		const meter = exporter.meterProvider.getMeter("app");
		for (const name of ["h_count", "s.sum"]) meter.createGauge(name).record(100);
		meter.createCounter("unusual").add(100);
		for (const accept of [text, openMetrics]) {
			const { values } = parseExposition((await exporter.metrics(accept)).body);
			expect([values.get("h_count"), values.get("s_sum")]).toEqual([1, 1]);
			expect([...values.values()]).not.toContain(100);
		}
		expect(warnings).toHaveLength(3);
		expect(warnings[0]).toContain(
			"the gauge h_count is not exported: the gauge h_count and the histogram h, which is there already, would have a name in common",
		);
	});

	test("is merged with others by the library", async () => {
		const [one, other] = [new client.Registry(), new client.Registry()];
		new client.Counter({ name: "own_total", help: "Own", registers: [other] }).inc(2);
		const exporter = prometheusExporter({ registry: one, scopeLabels: false });
		exporter.meterProvider.getMeter("app").createCounter("ours").add(3);
		const { values } = parseExposition(await client.Registry.merge([one, other]).metrics());
		expect([values.get("own_total"), values.get("ours_total")]).toEqual([2, 3]);
	});
});

test("the types of both libraries fit as they are", () => {
	const registries = [new promClient.Registry(), new prometheusClient.Registry()] as const;
	const exporters = [
		prometheusExporter({ registry: registries[0] }),
		prometheusExporter({ registry: registries[1] }),
	] as const;
	const own: promClient.Registry = exporters[0].registry;
	const other: prometheusClient.Registry = exporters[1].registry;
	expect([own, other]).toEqual(registries);
});

test("the registry is one of prom-client where none is given", () => {
	expect(prometheusExporter().registry).toBeInstanceOf(promClient.Registry);
});

function byFirstSeen(types: ReadonlyMap<string, string>) {
	const order = [...types.keys()];
	return (one: string, other: string) => order.indexOf(one) - order.indexOf(other);
}
