import { type MetricDefinition, metricCatalogue } from "@footlight/core";
import { labelName, metricName, type NamedKind } from "@footlight/exporters/prometheus";

/** A metric that others emit beside Footlight's own; `name` where it is not an OpenTelemetry metric and has just this one. */
interface Neighbour extends Omit<MetricDefinition, "attributes" | "buckets"> {
	readonly attributes: readonly string[];
	readonly name?: string;
}

const eventLoop = { instrument: "gauge", unit: "s", attributes: [] } as const;

/**
 * What dashboards show of others: Prometheus itself, the resource (`target_info`, by the OpenTelemetry-Prometheus
 * specification) and `@opentelemetry/instrumentation-runtime-node`, which `startTelemetry` brings along (names by the
 * semantic conventions for Node.js and V8).
 */
export const neighbours = {
	target_info: {
		name: "target_info",
		instrument: "gauge",
		unit: "",
		attributes: ["service.name", "service.version"],
		description: "The resource of each process.",
	},
	ALERTS: {
		name: "ALERTS",
		instrument: "gauge",
		unit: "",
		attributes: ["alertname", "alertstate", "severity"],
		description: "Alerts that are pending or firing.",
	},
	scrape_samples_scraped: {
		name: "scrape_samples_scraped",
		instrument: "gauge",
		unit: "",
		attributes: [],
		description: "Samples that a target exposed.",
	},
	scrape_duration_seconds: {
		name: "scrape_duration_seconds",
		instrument: "gauge",
		unit: "",
		attributes: [],
		description: "How long a scrape took.",
	},
	"nodejs.eventloop.utilization": {
		instrument: "gauge",
		unit: "1",
		attributes: [],
		description: "Share of time in which the event loop was busy.",
	},
	"nodejs.eventloop.delay.p50": { ...eventLoop, description: "Median delay of the event loop." },
	"nodejs.eventloop.delay.p99": { ...eventLoop, description: "99th percentile of the event loop's delay." },
	"v8js.memory.heap.used": {
		instrument: "observable_up_down_counter",
		unit: "By",
		attributes: ["v8js.heap.space.name"],
		description: "Heap in use, by space.",
	},
	"v8js.gc.duration": {
		instrument: "histogram",
		unit: "s",
		attributes: ["v8js.gc.type"],
		description: "How long garbage collections took.",
	},
} as const satisfies Readonly<Record<string, Neighbour>>;

const known = { ...metricCatalogue, ...neighbours };

/** Name of a metric that a dashboard or an alert may ask for, as OpenTelemetry has it. */
export type KnownMetric = keyof typeof known;

/** An attribute by which a metric can be taken apart. */
export type AttributeOf<Name extends KnownMetric> = (typeof known)[Name]["attributes"][number];

/** Any attribute of a metric, and the two labels that Prometheus gives every series. */
export type KnownAttribute = AttributeOf<KnownMetric> | "job" | "instance";

/** A metric as Prometheus has it. */
export interface PrometheusMetric {
	/** Without `_bucket`, `_sum` and `_count` where it is a histogram. */
	readonly name: string;
	readonly kind: NamedKind;
	readonly labels: readonly string[];
}

/** Gives a metric as Prometheus has it, whether it was scraped or pushed. */
export function prometheusMetric(name: KnownMetric): PrometheusMetric {
	const definition: Neighbour = known[name];
	const kind = kinds[definition.instrument];
	return {
		name: definition.name ?? metricName(name, definition.unit, kind),
		kind,
		labels: definition.attributes.map((attribute) => labelName(attribute)),
	};
}

/** Name of an attribute as a label. */
export function labelOf(attribute: KnownAttribute): string {
	return labelName(attribute);
}

const kinds: Readonly<Record<MetricDefinition["instrument"], NamedKind>> = {
	counter: "monotonic_sum",
	observable_counter: "monotonic_sum",
	observable_up_down_counter: "sum",
	gauge: "gauge",
	observable_gauge: "gauge",
	histogram: "histogram",
};
