import { telemetryFailed } from "@footlight/core";
import { contentTypes } from "./content-type.ts";
import { type Format, MetricFamily } from "./metric-family.ts";
import type { MetricValues, PrometheusRegistry, RegisteredMetric } from "./registry.ts";

interface Rendering extends PrometheusRegistry {
	getMetricsAsString?(metric: RegisteredMetric & { readonly unit?: string }): Promise<string>;
}

/**
 * Renders a registry in a format, whatever its own is.
 *
 * To set the registry's format for a while would show in other scrapes, and rename counters for good. So the registry
 * renders itself through an object that inherits all from it but its format, and sees its metrics through copies.
 */
export async function expose(registry: PrometheusRegistry, format: Format): Promise<string> {
	const metrics = (registry.getMetricsAsArray() as RegisteredMetric[]).filter((metric) => !isEmptyFamily(metric));
	const copies = metrics.map((metric) => copyFor(metric, format, registry));
	const view: Rendering = Object.create(registry, {
		contentType: { value: contentTypes[format] },
		getMetricsAsArray: { value: () => copies },
	});
	const render = view.getMetricsAsString;
	if (format === "openmetrics" && render !== undefined) {
		Object.defineProperty(view, "getMetricsAsString", {
			value: async (metric: RegisteredMetric & { readonly unit?: string }) =>
				withUnit(await render.call(view, metric), metric.unit),
		});
	}
	return view.metrics();
}

function isEmptyFamily(metric: RegisteredMetric): boolean {
	return metric instanceof MetricFamily && metric.isEmpty;
}

function copyFor(metric: RegisteredMetric, format: Format, registry: PrometheusRegistry) {
	const { name, help, type } = metric;
	if (metric instanceof MetricFamily) return { name, help, type, unit: metric.unit, get: () => metric.read(format) };
	return { name, help, type, get: () => valuesOf(metric, format, registry) };
}

/** A metric that fails costs its own values, not the whole scrape. */
async function valuesOf(metric: RegisteredMetric, format: Format, registry: PrometheusRegistry): Promise<MetricValues> {
	const { name, help, type } = metric;
	try {
		const values = await (metric.getForPromString ? metric.getForPromString() : metric.get());
		return type === "counter" ? { ...values, name: counterName(values.name, format, registry) } : values;
	} catch (error) {
		telemetryFailed("prometheus metric", error);
		return {
			name: type === "counter" ? counterName(name, format, registry) : name,
			help,
			type,
			aggregator: "sum",
			values: [],
		};
	}
}

/** A registry of OpenMetrics has counters without `_total`, and puts it there when it renders. */
function counterName(name: string, format: Format, registry: PrometheusRegistry): string {
	const bare = name.replace(/_total$/, "");
	if (format === "openmetrics") return bare;
	return registry.contentType === contentTypes.openmetrics ? `${bare}_total` : name;
}

/** The line that registries do not write; it stands behind those of HELP and TYPE. */
function withUnit(text: string, unit: string | undefined): string {
	if (!unit) return text;
	return text.replace(/^# TYPE (\S+) .*$/m, (type, name) => `${type}\n# UNIT ${name} ${unit}`);
}
