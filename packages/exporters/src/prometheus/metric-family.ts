import type { Labels } from "./labels.ts";
import type { MetricValue, MetricValues, PrometheusRegistry, RegisteredMetric } from "./registry.ts";
import type { Shape, Stream } from "./stream.ts";

export type FamilyType = "counter" | "gauge" | "histogram";
export type Format = "text" | "openmetrics";

export interface FamilyOptions {
	readonly name: string;
	readonly help: string;
	/** In words, `seconds` say; empty where there is none. */
	readonly unit: string;
	readonly type: FamilyType;
	/** How the values of a cluster's workers become one. */
	readonly aggregator: "sum" | "max" | "first";
	readonly registry: PrometheusRegistry;
	/** Has callbacks give their values, before these are read. */
	readonly collect: () => Promise<void>;
}

/** All series of one name in Prometheus: the object that is registered. */
export class MetricFamily implements RegisteredMetric {
	readonly type: FamilyType;
	readonly unit: string;
	readonly aggregator: string;
	/** By the labels of the scope they come from. */
	readonly streams: Map<string, Stream> = new Map();
	help: string;
	readonly #name: string;
	readonly #registry: PrometheusRegistry;
	readonly #collect: () => Promise<void>;

	constructor({ name, help, unit, type, aggregator, registry, collect }: FamilyOptions) {
		this.#name = name;
		this.help = help;
		this.unit = unit;
		this.type = type;
		this.aggregator = aggregator;
		this.#registry = registry;
		this.#collect = collect;
	}

	get name(): string {
		return this.#name;
	}

	// A registry of OpenMetrics takes `_total` off the names of counters, for good, and it would be missing elsewhere.
	set name(_renamed: string) {}

	/** Values for JSON, and for the primary process of a cluster. */
	async get(): Promise<MetricValues> {
		await this.#collect();
		return this.#values(this.#name, "splayed");
	}

	/** Values for the text that the registry renders. */
	async getForPromString(): Promise<MetricValues> {
		await this.#collect();
		return this.read(/openmetrics/.test(this.#registry.contentType) ? "openmetrics" : "text");
	}

	/** Values as they are now, for text of a format. */
	read(format: Format): MetricValues {
		// The registry puts `_total` behind the series of a counter itself, there.
		const name = format === "openmetrics" && this.type === "counter" ? this.#name.replace(/_total$/, "") : this.#name;
		return this.#values(name, "shared");
	}

	get isEmpty(): boolean {
		for (const { cells } of this.streams.values()) {
			if (cells.all().next().done !== true) return false;
		}
		return true;
	}

	reset(): void {
		for (const { cells } of this.streams.values()) cells.reset();
	}

	#values(name: string, shape: Shape): MetricValues {
		const values: MetricValue[] = [];
		for (const stream of this.streams.values()) stream.read(values, shape);
		const { help, type, aggregator } = this;
		return { name, help, type, aggregator, values };
	}
}

/** `target_info`: what is known of the process as a whole. */
export function targetInfo(attributes: () => Labels): RegisteredMetric & { readonly aggregator: string } {
	const [name, help, type, aggregator] = ["target_info", "Target metadata", "gauge", "first"] as const;
	const get = () => {
		const labels = attributes();
		return { name, help, type, aggregator, values: Object.keys(labels).length === 0 ? [] : [{ labels, value: 1 }] };
	};
	return { name, help, type, aggregator, get };
}
