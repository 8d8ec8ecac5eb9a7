import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { prometheusConfig, prometheusConfigFile } from "./prometheus.ts";

const text = readFileSync(prometheusConfigFile, "utf8");
const addresses = { "demo:9464": "127.0.0.1:1", "jaeger:8889": "127.0.0.1:2" };

test("is the stack's own configuration with the addresses of this machine", () => {
	const { scrape_configs } = prometheusConfig(text, { addresses, version: "3.13.5" });
	expect(scrape_configs).toEqual([
		{ job_name: "docs-qa", static_configs: [{ targets: ["127.0.0.1:1"] }] },
		{ job_name: "spanmetrics", static_configs: [{ targets: ["127.0.0.1:2"] }] },
	]);
});

test("is for containers the stack's own, all of it but the job that looks at the host", () => {
	const own = parse(text) as ReturnType<typeof prometheusConfig>;
	const { global, scrape_configs, ...rest } = prometheusConfig(text, {
		addresses: undefined,
		version: "3.13.5",
		scrapeIntervalMs: 500,
	});
	const { global: _global, scrape_configs: jobs, ...same } = own;
	expect(rest).toEqual(same);
	expect(scrape_configs).toEqual(jobs.filter(({ job_name }) => job_name !== "host"));
	expect(scrape_configs).toHaveLength(jobs.length - 1);
	expect(global.scrape_interval).toBe("500ms");
});

test("finds the rules where they are in the tree", () => {
	const { rule_files } = prometheusConfig(text, { addresses, version: "3.13.5" });
	expect(rule_files).toEqual([expect.stringMatching(/dashboards\/rules\/\*\.yaml$/)]);
});

test("says of OTLP only to a Prometheus that knows it", () => {
	expect(prometheusConfig(text, { addresses, version: "3.13.5" })).toHaveProperty("otlp.promote_resource_attributes");
	expect(Object.keys(prometheusConfig(text, { addresses, version: "2.42.0+ds" })).sort()).toEqual(
		["global", "rule_files", "scrape_configs"].sort(),
	);
});
