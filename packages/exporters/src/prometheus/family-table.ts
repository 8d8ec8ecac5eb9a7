import { warn } from "@footlight/core";
import { HistogramCell, NumberCell } from "./cell.ts";
import { CellTable } from "./cell-table.ts";
import type { Labels } from "./labels.ts";
import { type FamilyType, MetricFamily } from "./metric-family.ts";
import { metricName, type NamedKind, unitName } from "./metric-name.ts";
import type { PrometheusRegistry } from "./registry.ts";
import { HistogramStream, NumberStream, type Stream } from "./stream.ts";
import type { AttributeFilter } from "./view.ts";

/** What an instrument is: where two differ in any of `kind`, `name` and `unit`, they are two. */
export interface StreamDescriptor {
	readonly kind: string;
	readonly named: NamedKind;
	readonly name: string;
	readonly unit: string;
	readonly description: string;
	/** Labels of the scope that made it, empty where they are left out. */
	readonly scope: Labels;
	readonly filter: AttributeFilter | undefined;
	readonly limit: number;
	readonly dropped: () => void;
}

const noDescription = "description missing";

/** The families of one exporter. What cannot be exported beside the rest is left out, and said. */
export class FamilyTable {
	readonly #registry: PrometheusRegistry;
	readonly #collect: () => Promise<void>;
	readonly #families = new Map<string, MetricFamily>();

	constructor(registry: PrometheusRegistry, collect: () => Promise<void>) {
		this.#registry = registry;
		this.#collect = collect;
	}

	numbers(descriptor: StreamDescriptor): NumberStream | undefined {
		const { filter, kind, scope, limit, dropped } = descriptor;
		const found = this.#open(descriptor, (identity) => {
			const create = (labels: Labels, key: string) => new NumberCell(labels, key);
			const cells = new CellTable<NumberCell>({ create, scope, reserved: undefined, filter, limit, dropped });
			return new NumberStream(identity, cells, filter !== undefined);
		});
		if (found === undefined) return undefined;
		const stream = found.stream as NumberStream;
		// Without labels of scopes, what two of them observe is one series.
		if (!found.made && kind.startsWith("observable")) stream.adds = true;
		return stream;
	}

	histograms(descriptor: StreamDescriptor, bounds: readonly number[]): HistogramStream | undefined {
		const { filter, scope, limit, dropped } = descriptor;
		const found = this.#open(descriptor, (identity, name) => {
			const buckets = Float64Array.from(bounds);
			const create = (labels: Labels, key: string) => new HistogramCell(labels, key, buckets.length + 1);
			const cells = new CellTable<HistogramCell>({ create, scope, reserved: "le", filter, limit, dropped });
			return new HistogramStream(identity, cells, name, buckets);
		});
		return found?.stream as HistogramStream | undefined;
	}

	/** Ours among the metrics of the registry. */
	all(): Iterable<MetricFamily> {
		return this.#families.values();
	}

	close(): void {
		for (const [name, family] of this.#families) {
			for (const { cells } of family.streams.values()) cells.close();
			if (this.#registry.getSingleMetric(name) === family) this.#registry.removeSingleMetric(name);
		}
		this.#families.clear();
	}

	#open(
		descriptor: StreamDescriptor,
		make: (identity: string, name: string) => Stream,
	): { readonly stream: Stream; readonly made: boolean } | undefined {
		const name = metricName(descriptor.name, descriptor.unit, descriptor.named);
		if (name === "") return conflict(descriptor, "nothing of its name can stand in a name of Prometheus");
		const family = this.#family(name, descriptor);
		if (family === undefined) return undefined;
		const identity = `${descriptor.kind} ${descriptor.unit} ${descriptor.name.toLowerCase()}`;
		const scope = JSON.stringify(descriptor.scope);
		const known = family.streams.get(scope);
		if (known === undefined) {
			const stream = make(identity, name);
			family.streams.set(scope, stream);
			return { stream, made: true };
		}
		if (known.identity === identity) return { stream: known, made: false };
		return conflict(descriptor, `it would be ${name}, as is another instrument (${known.identity})`);
	}

	#family(name: string, descriptor: StreamDescriptor): MetricFamily | undefined {
		const type = typeOf(descriptor.named);
		const help = descriptor.description === "" ? noDescription : descriptor.description;
		const known = this.#families.get(name);
		if (known !== undefined) {
			if (known.type !== type)
				return conflict(descriptor, `${name} is a ${known.type} already, and would be a ${type}`);
			if (known.help === noDescription) known.help = help;
			return known;
		}
		const [registry, collect] = [this.#registry, this.#collect];
		// Of what is no sum, the worst of a cluster's workers tells most.
		const aggregator = descriptor.named === "gauge" ? "max" : "sum";
		const family = new MetricFamily({
			name,
			help,
			unit: unitName(descriptor.unit),
			type,
			aggregator,
			registry,
			collect,
		});
		if (registry.getSingleMetric(name) !== undefined) return taken(name, descriptor);
		registry.registerMetric(family as never);
		this.#families.set(name, family);
		return family;
	}
}

function typeOf(named: NamedKind): FamilyType {
	if (named === "monotonic_sum") return "counter";
	return named === "histogram" ? "histogram" : "gauge";
}

function taken(name: string, descriptor: StreamDescriptor): undefined {
	return conflict(descriptor, `the registry has a metric ${name} already, which is not this exporter's`);
}

function conflict({ kind, name }: StreamDescriptor, reason: string): undefined {
	warn(
		"FOOTLIGHT_METRIC_CONFLICT",
		`prometheusExporter: the ${kind} ${name} is not exported: ${reason}; give it another name, with a view for one`,
	);
	return undefined;
}
