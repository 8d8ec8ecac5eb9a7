import { metricCatalogue } from "@footlight/core";
import { expect, test } from "vitest";
import { seriesOf } from "./expression.ts";
import { otherName } from "./other-name.ts";
import { questionsOf } from "./question.ts";
import { readShipped } from "./shipped.ts";
import { substitute } from "./substitute.ts";

const duration = "pipeline_stage_duration_seconds_bucket";

test.each([
	// OpenTelemetry's own exporter for Prometheus: no units.
	[duration, "pipeline_stage_duration_bucket", "another exporter named it, without _seconds"],
	["pipeline_runs_total", "pipeline_runs", "another exporter named it, without _total"],
	["pipeline_cost_usd_total", "pipeline_cost_total", "another exporter named it, without _usd"],
	[
		"pipeline_retry_budget_utilization_ratio",
		"pipeline_retry_budget_utilization",
		"another exporter named it, without _ratio",
	],
	// Another unit.
	[
		duration,
		"pipeline_stage_duration_milliseconds_bucket",
		"another exporter named it, without _seconds and with _milliseconds",
	],
	// Prometheus 3 that keeps names as they are.
	[duration, "pipeline.stage.duration", "its name was kept as OpenTelemetry has it"],
	[duration, "pipeline.stage.duration_seconds", "its name was kept as OpenTelemetry has it"],
	// A collector's namespace.
	[duration, "acme_pipeline_stage_duration_seconds_bucket", "something on the way puts acme_ before it"],
	// Native histograms.
	[duration, "pipeline_stage_duration_seconds", "it is a native histogram, and the dashboards ask for buckets"],
])("%s is known again as %s", (metric, name, why) => {
	expect(otherName(metric, ["up", "pipeline_stage_active", name])).toMatchObject({
		name,
		why,
		cure: expect.any(String),
	});
});

test("the likeliest of several is named", () => {
	const names = [
		"acme_pipeline_stage_duration_bucket",
		"pipeline_stage_duration_sum",
		"pipeline_stage_duration_bucket",
	];
	expect(otherName(duration, names)?.name).toBe("pipeline_stage_duration_bucket");
});

test("no metric that the dashboards ask for is taken for another of them", async () => {
	const { dashboards } = await readShipped();
	const expressions = dashboards.flatMap(({ content }) => questionsOf(content)).flatMap(({ queries }) => queries);
	const asked = new Set(
		expressions.flatMap(({ expression }) =>
			seriesOf(substitute(expression, () => "1m")).flatMap(({ metric }) => metric ?? []),
		),
	);
	expect(asked.size).toBeGreaterThan(Object.keys(metricCatalogue).length / 2);
	for (const metric of asked) {
		const family = metric.replace(/_(bucket|sum|count)$/, "");
		const others = asked.values().filter((name) => !name.startsWith(family));
		expect(otherName(metric, others), metric).toBeUndefined();
	}
});
