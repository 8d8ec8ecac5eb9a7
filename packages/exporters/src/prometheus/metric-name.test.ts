import { describe, expect, test } from "vitest";
import { labelName } from "./labels.ts";
import { metricName, type NamedKind, unitName } from "./metric-name.ts";

/** Facts of prometheus/otlptranslator (strategy UnderscoreEscapingWithSuffixes), by its own test cases. */
const translator: readonly [name: string, unit: string, kind: NamedKind, expected: string][] = [
	["requests", "", "monotonic_sum", "requests_total"],
	["cpu_usage", "1", "gauge", "cpu_usage_ratio"],
	["items", "1", "monotonic_sum", "items_total"],
	["response_time", "ms", "gauge", "response_time_milliseconds"],
	["memory_usage", "By", "gauge", "memory_usage_bytes"],
	["requests", "1/s", "gauge", "requests_per_second"],
	["throughput", "By/s", "gauge", "throughput_bytes_per_second"],
	["custom_metric", "custom_unit", "gauge", "custom_metric_custom_unit"],
	["custom_metric", "{custom}", "gauge", "custom_metric"],
	["custom_metric", "By/{custom}", "gauge", "custom_metric_bytes"],
	["requests_total", "", "monotonic_sum", "requests_total"],
	["cpu_usage_ratio", "1", "gauge", "cpu_usage_ratio"],
	["response_time_seconds", "s", "gauge", "response_time_seconds"],
	["requests", "1/s", "monotonic_sum", "requests_per_second_total"],
	["123_requests", "", "monotonic_sum", "_123_requests_total"],
	[
		"metric__with__multiple__underscores",
		"unit__multiple__underscores",
		"gauge",
		"metric_with_multiple_underscores_unit_multiple_underscores",
	],
	["custom_metric", "unit@with#special/chars", "gauge", "custom_metric_unit_with_special_per_chars"],
	["@#$%", "", "gauge", ""],
	["request_duration", "s", "histogram", "request_duration_seconds"],
	["request_size", "By", "histogram", "request_size_bytes"],
	["active_connections", "", "sum", "active_connections"],
	["uptime", "d", "gauge", "uptime_days"],
	["duration", "h", "gauge", "duration_hours"],
	["speed", "m/s", "gauge", "speed_meters_per_second"],
	["cpu.usage", "%", "gauge", "cpu_usage_percent"],
	["total.of.all", "", "monotonic_sum", "of_all_total"],
	["a:b", "", "gauge", "a:b"],
];

/** The table of units of the OpenTelemetry-Prometheus specification. */
const units: readonly [unit: string, word: string][] = [
	["d", "days"],
	["h", "hours"],
	["min", "minutes"],
	["s", "seconds"],
	["ms", "milliseconds"],
	["us", "microseconds"],
	["ns", "nanoseconds"],
	["By", "bytes"],
	["KiBy", "kibibytes"],
	["MiBy", "mebibytes"],
	["GiBy", "gibibytes"],
	["TiBy", "tebibytes"],
	["kBy", "kilobytes"],
	["MBy", "megabytes"],
	["GBy", "gigabytes"],
	["TBy", "terabytes"],
	["m", "meters"],
	["V", "volts"],
	["A", "amperes"],
	["J", "joules"],
	["W", "watts"],
	["g", "grams"],
	["Cel", "celsius"],
	["Hz", "hertz"],
	["%", "percent"],
];

/** Ours: what the dashboards ask for. */
const ours: readonly [name: string, unit: string, kind: NamedKind, expected: string][] = [
	["pipeline.run.duration", "s", "histogram", "pipeline_run_duration_seconds"],
	["pipeline.retry.budget.utilization", "1", "gauge", "pipeline_retry_budget_utilization_ratio"],
	["pipeline.timeout.utilization", "1", "histogram", "pipeline_timeout_utilization"],
	["pipeline.circuit_breaker.state", "{circuit_breaker}", "sum", "pipeline_circuit_breaker_state"],
	[
		"pipeline.circuit_breaker.time_in_state",
		"s",
		"monotonic_sum",
		"pipeline_circuit_breaker_time_in_state_seconds_total",
	],
	["pipeline.cost.usd", "{USD}", "monotonic_sum", "pipeline_cost_usd_total"],
	["pipeline.cost.budget.limit", "USD", "gauge", "pipeline_cost_budget_limit_USD"],
];

describe("metricName", () => {
	test.each(translator)("gives %s in %s, a %s, as Prometheus does for OTLP: %s", (name, unit, kind, expected) => {
		expect(metricName(name, unit, kind)).toBe(expected);
	});

	test.each(ours)("gives %s in %s, a %s, as the dashboards have it: %s", (name, unit, kind, expected) => {
		expect(metricName(name, unit, kind)).toBe(expected);
	});

	test.each(units)("says %s as %s, behind the name and as the unit", (unit, word) => {
		expect(metricName("x", unit, "gauge")).toBe(`x_${word}`);
		expect(unitName(unit)).toBe(word);
	});

	test.each([
		["1/s", "per_second"],
		["By/s", "bytes_per_second"],
		["By/min", "bytes_per_min"],
		["{request}/s", "per_second"],
		["1", ""],
		["", ""],
		["{request}", ""],
	])("says the unit %s as %j", (unit, words) => {
		expect(unitName(unit)).toBe(words);
	});
});

describe("labelName", () => {
	test.each([
		["label:with:colons", "label_with_colons"],
		["LabelWithCapitalLetters", "LabelWithCapitalLetters"],
		["label!with&special$chars)", "label_with_special_chars_"],
		["label_with_foreign_characters_字符", "label_with_foreign_characters_"],
		["label.with.dots", "label_with_dots"],
		[".foo", "_foo"],
		["123label", "key_123label"],
		["_label_starting_with_underscore", "_label_starting_with_underscore"],
		["__label_starting_with_2underscores", "_label_starting_with_2underscores"],
		["label__with__double__underscores", "label_with_double_underscores"],
		["trailing_underscores___", "trailing_underscores_"],
	])("gives %s as Prometheus does for OTLP: %s", (attribute, expected) => {
		expect(labelName(attribute)).toBe(expected);
	});

	test("does not let an attribute rename the series, as Prometheus keeps __name__ for itself", () => {
		expect(labelName("__name__")).toBe("_name_");
	});
});
