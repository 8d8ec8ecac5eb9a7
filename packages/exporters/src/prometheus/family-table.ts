import { warn } from "@footlight/core";
import { HistogramCell, NumberCell } from "./cell.ts";
import { CellTable, type LossReason } from "./cell-table.ts";
import type { Labels } from "./labels.ts";
import { type FamilyType, MetricFamily } from "./metric-family.ts";
import { metricName, type NamedKind, unitName } from "./metric-name.ts";
import type { PrometheusRegistry, RegisteredMetric } from "./registry.ts";
import { findRival } from "./rival.ts";
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
	readonly lost: (reason: LossReason) => void;
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

	numbers(descriptor: StreamDescriptor): NumberStream {
		const { filter, kind, scope, limit, lost } = descriptor;
		const found = this.#open(descriptor, (identity) => {
			const create = (labels: Labels, key: string) => new NumberCell(labels, key);
			const cells = new CellTable<NumberCell>({ create, scope, reserved: undefined, filter, limit, lost });
			return new NumberStream(identity, cells, filter !== undefined);
		});
		const stream = found.stream as NumberStream;
		// Without labels of scopes, what two of them observe is one series.
		if (!found.made && kind.startsWith("observable")) stream.adds = true;
		return stream;
	}

	histograms(descriptor: StreamDescriptor, bounds: readonly number[]): HistogramStream {
		const { filter, scope, limit, lost } = descriptor;
		const found = this.#open(descriptor, (identity, name) => {
			const buckets = Float64Array.from(bounds);
			const create = (labels: Labels, key: string) => new HistogramCell(labels, key, buckets.length + 1);
			const cells = new CellTable<HistogramCell>({ create, scope, reserved: "le", filter, limit, lost });
			return new HistogramStream(identity, cells, name, buckets);
		});
		return found.stream as HistogramStream;
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

	/** Registers what is no longer in the registry again: whoever cleared it meant metrics of his own. */
	restore(): void {
		for (const [name, family] of this.#families) {
			if (this.#registry.getSingleMetric(name) === family) continue;
			const rival = findRival(this.#registry, name, family.type);
			if (rival === undefined) this.#registry.registerMetric(family as never);
			else this.#abandon(name, family, rival);
		}
	}

	/** A stream that is not exported is one as well: it counts what it loses. */
	#open(
		descriptor: StreamDescriptor,
		make: (identity: string, name: string) => Stream,
	): { readonly stream: Stream; readonly made: boolean } {
		const name = metricName(descriptor.name, descriptor.unit, descriptor.named);
		const identity = `${descriptor.kind} ${descriptor.unit} ${descriptor.name.toLowerCase()}`;
		const leftOut = (reason: string) => {
			warnOfConflict(`${descriptor.kind} ${descriptor.name}`, reason);
			const stream = make(identity, name);
			stream.cells.leaveOut();
			return { stream, made: true };
		};
		if (name === "") return leftOut("nothing of its name can stand in a name of Prometheus");
		const family = this.#family(name, descriptor);
		if (typeof family === "string") return leftOut(family);
		const scope = JSON.stringify(descriptor.scope);
		const known = family.streams.get(scope);
		if (known === undefined) {
			const stream = make(identity, name);
			family.streams.set(scope, stream);
			return { stream, made: true };
		}
		if (known.identity === identity) return { stream: known, made: false };
		return leftOut(`it would be ${name}, as is another instrument (${known.identity})`);
	}

	/** Gives the reason where there can be none. */
	#family(name: string, descriptor: StreamDescriptor): MetricFamily | string {
		const type = typeOf(descriptor.named);
		const help = descriptor.description === "" ? noDescription : descriptor.description;
		const known = this.#families.get(name);
		if (known !== undefined) {
			if (known.type !== type) return `${name} is a ${known.type} already, and would be a ${type}`;
			if (known.help === noDescription) known.help = help;
			return known;
		}
		const [registry, collect] = [this.#registry, this.#collect];
		const rival = findRival(registry, name, type);
		if (rival !== undefined) return reasonOf(name, type, rival);
		// Of what is no sum, the worst of a cluster's workers tells most.
		const aggregator = descriptor.named === "gauge" ? "max" : "sum";
		const unit = unitName(descriptor.unit);
		const family = new MetricFamily({ name, help, unit, type, aggregator, registry, collect });
		registry.registerMetric(family as never);
		this.#families.set(name, family);
		return family;
	}

	#abandon(name: string, family: MetricFamily, rival: RegisteredMetric): void {
		this.#families.delete(name);
		for (const { cells } of family.streams.values()) cells.leaveOut();
		warnOfConflict(`${family.type} ${name}`, reasonOf(name, family.type, rival));
	}
}

function typeOf(named: NamedKind): FamilyType {
	if (named === "monotonic_sum") return "counter";
	return named === "histogram" ? "histogram" : "gauge";
}

function reasonOf(name: string, type: FamilyType, rival: RegisteredMetric): string {
	if (rival.name === name && !(rival instanceof MetricFamily)) {
		return `the registry has a metric ${name} already, which is not this exporter's`;
	}
	return `the ${type} ${name} and the ${rival.type} ${rival.name}, which is there already, would have a name in common`;
}

function warnOfConflict(what: string, reason: string): void {
	warn(
		"FOOTLIGHT_METRIC_CONFLICT",
		`prometheusExporter: the ${what} is not exported: ${reason}; give it another name, with a view for one`,
	);
}
