import { existsSync, globSync, statSync } from "node:fs";
import { join } from "node:path";
import { Ajv2019 } from "ajv/dist/2019.js";
import { describe, expect, test } from "vitest";
import { root } from "../../scripts/command.ts";
import { compose, readYaml } from "../../stack/compose.ts";
import { collectorSchema, dashboardProvidersSchema, datasourcesSchema, lokiSchema } from "./schema.ts";

const folder = "dashboards/provisioning";

interface Datasource {
	readonly uid: string;
	readonly type: string;
	readonly url: string;
	// biome-ignore lint/suspicious/noExplicitAny: each type has its own, and the schema knows it.
	readonly jsonData: any;
}
interface Provider {
	readonly allowUiUpdates: boolean;
	readonly options: { readonly path: string };
}
interface Prometheus {
	readonly global: { readonly scrape_interval: string };
	readonly rule_files: readonly string[];
	readonly scrape_configs: readonly {
		readonly static_configs?: readonly { readonly targets: readonly string[] }[];
		readonly dns_sd_configs?: readonly { readonly names: readonly string[] }[];
	}[];
}
interface Pipeline {
	readonly receivers: readonly string[];
	readonly processors?: readonly string[];
	readonly exporters: readonly string[];
}
type Kind = "extensions" | "receivers" | "processors" | "connectors" | "exporters";
type Collector = Readonly<Partial<Record<Kind, Record<string, { readonly endpoint?: string } | null>>>> & {
	readonly service: { readonly extensions: readonly string[]; readonly pipelines: Readonly<Record<string, Pipeline>> };
};

const { datasources } = readYaml<{ datasources: Datasource[] }>(`${folder}/datasources/datasources.yaml`);
const [prometheusSource, jaegerSource, lokiSource] = datasources;
const prometheus = readYaml<Prometheus>(`${folder}/prometheus.yaml`);
const collectors = globSync(`${folder}/collector/*.yaml`, { cwd: root }).sort();
const mounts = Object.entries(compose.services).flatMap(([service, { volumes = [] }]) =>
	volumes.map((volume) => ({ service, source: volume.split(":")[0] ?? "", target: volume.split(":")[1] ?? "" })),
);

describe("every file", () => {
	const ajv = new Ajv2019({ strict: true, allowUnionTypes: true, strictRequired: false });
	const validators = {
		datasources: ajv.compile(datasourcesSchema),
		dashboards: ajv.compile(dashboardProvidersSchema),
		loki: ajv.compile(lokiSchema),
		collector: ajv.compile(collectorSchema),
	};

	test.each([
		["datasources", `${folder}/datasources/datasources.yaml`],
		["dashboards", `${folder}/dashboards/dashboards.yaml`],
		["loki", `${folder}/loki/loki.yaml`],
		...collectors.map((file) => ["collector", file] as const),
	] as const)("of %s has documented fields only: %s", (kind, file) => {
		const validate = validators[kind];
		expect([validate(readYaml(file)), validate.errors]).toEqual([true, null]);
		// What cannot fail tells nothing.
		expect(validate({ ...readYaml<object>(file), misspelt: 1 })).toBe(false);
	});

	test("is read by some container", () => {
		const files = globSync(`${folder}/**/*.{yaml,json}`, { cwd: root });
		expect(files.length).toBeGreaterThanOrEqual(9);
		expect(files.filter((file) => !mounts.some(({ source }) => `./${file}`.startsWith(source)))).toEqual([]);
	});
});

describe("Grafana", () => {
	test("gives the data sources their uids, and addresses of services that are there", () => {
		expect(datasources.map(({ uid, type }) => [uid, type])).toEqual([
			["prometheus", "prometheus"],
			["jaeger", "jaeger"],
			["loki", "loki"],
		]);
		for (const { url } of datasources) expect(Object.keys(compose.services)).toContain(new URL(url).hostname);
	});

	test("leads from exemplars to the trace, in Grafana and in Jaeger", () => {
		expect(prometheusSource?.jsonData.exemplarTraceIdDestinations).toMatchObject([
			{ name: "trace_id", datasourceUid: "jaeger" },
			{ name: "trace_id", url: "http://127.0.0.1:$JAEGER_UI_PORT/trace/$${__value.raw}" },
		]);
	});

	test("leads from a span to the metrics of its stage, and to its log lines where Loki is there", () => {
		const { tracesToMetrics, tracesToLogsV2 } = jaegerSource?.jsonData ?? {};
		expect(tracesToMetrics.datasourceUid).toBe("prometheus");
		expect(tracesToLogsV2.datasourceUid).toBe("$LOGS_DATASOURCE_UID");
		expect(lokiSource?.jsonData.derivedFields[0].datasourceUid).toBe("jaeger");
	});

	test("names in its data sources only variables that the container has", () => {
		const text = JSON.stringify(datasources).replaceAll("$$", "");
		const names = [...text.matchAll(/\$\{?([A-Z_]+)/g)].map(([, name]) => name);
		expect(new Set(names)).toEqual(new Set(["JAEGER_UI_PORT", "LOGS_DATASOURCE_UID"]));
		for (const name of names) expect(compose.services.grafana?.environment).toHaveProperty(name ?? "");
	});

	test("is told the interval that Prometheus scrapes at, and so is who pushes", () => {
		const { timeInterval } = prometheusSource?.jsonData ?? {};
		expect(timeInterval).toBe(prometheus.global.scrape_interval);
		const { OTEL_METRIC_EXPORT_INTERVAL } = compose.services.demo?.environment ?? {};
		expect(`${Number(OTEL_METRIC_EXPORT_INTERVAL) / 1_000}s`).toBe(timeInterval);
	});

	test("has its dashboards in a folder that is mounted from here", () => {
		const [provider] = readYaml<{ providers: Provider[] }>(`${folder}/dashboards/dashboards.yaml`).providers;
		const mount = mounts.find(({ service, target }) => service === "grafana" && target === provider?.options.path);
		expect(statSync(join(root, mount?.source ?? "missing")).isDirectory()).toBe(true);
		expect(provider?.allowUiUpdates).toBe(false);
	});
});

describe("Prometheus", () => {
	test("scrapes what the compose file makes reachable", () => {
		const jobs = prometheus.scrape_configs;
		const targets = jobs.flatMap(({ static_configs = [] }) => static_configs.flatMap((config) => config.targets));
		// The port that startTelemetry serves metrics on, unless told otherwise.
		expect(targets).toContain("demo:9464");
		expect(targets).toContain("host.docker.internal:9464");
		const looked = jobs.flatMap(({ dns_sd_configs = [] }) => dns_sd_configs.flatMap(({ names }) => names));
		const hosts = [...targets.map((target) => target.split(":")[0] ?? ""), ...looked];
		const known = ["127.0.0.1", "host.docker.internal", ...Object.keys(compose.services)];
		expect(hosts.filter((host) => !known.includes(host))).toEqual([]);
	});

	test("finds the rules beside its configuration, in the tree as in the container", () => {
		const [source, target] = [`./${folder}/prometheus.yaml`, "./dashboards/rules"].map(
			(path) => mounts.find(({ source }) => source === path)?.target ?? "",
		);
		expect(prometheus.rule_files).toEqual(["../rules/*.yaml"]);
		expect(join(source ?? "", "../../rules")).toBe(target);
		expect(existsSync(join(root, folder, "../rules"))).toBe(true);
	});
});

describe.each(collectors)("%s", (file) => {
	const { service, ...collector } = readYaml<Collector>(file);
	const defined = (...kinds: Kind[]) => kinds.flatMap((kind) => Object.keys(collector[kind] ?? {}));
	const pipelines = Object.values(service.pipelines);

	test("has in its pipelines what it defines, and nothing else", () => {
		const from = new Set(pipelines.flatMap(({ receivers }) => receivers));
		const through = new Set(pipelines.flatMap(({ processors = [] }) => processors));
		const to = new Set(pipelines.flatMap(({ exporters }) => exporters));
		expect([...from].sort()).toEqual(defined("receivers", "connectors").sort());
		expect([...to].sort()).toEqual(defined("exporters", "connectors").sort());
		expect([...through].sort()).toEqual(defined("processors").sort());
		expect([...service.extensions].sort()).toEqual(defined("extensions").sort());
	});

	test("sends to services that are there", () => {
		const endpoints = Object.values(collector.exporters ?? {}).flatMap((settings) => settings?.endpoint ?? []);
		const hosts = endpoints.filter((endpoint) => endpoint.startsWith("http")).map((url) => new URL(url).hostname);
		expect(hosts.filter((host) => !(host in compose.services))).toEqual([]);
	});

	test("limits its memory first, and answers the health check of its container", () => {
		for (const { receivers, processors } of pipelines) {
			if (receivers.includes("otlp")) expect(processors?.[0]).toBe("memory_limiter");
		}
		expect(collector.extensions?.health_check?.endpoint).toBe("0.0.0.0:13133");
	});
});

test("spans are counted alike by Jaeger and by the tier that samples", () => {
	const spanmetrics = (file: string) => readYaml<Collector>(`${folder}/${file}`).connectors?.spanmetrics;
	expect(spanmetrics("collector/sampler.yaml")).toEqual(spanmetrics("jaeger/jaeger.yaml"));
	expect(spanmetrics("jaeger/jaeger.yaml")).toMatchObject({ metrics_flush_interval: "15s" });
});
