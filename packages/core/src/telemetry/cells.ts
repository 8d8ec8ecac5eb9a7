import type { Attributes } from "@opentelemetry/api";
import type { Definition } from "../call.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import type { Instruments } from "./instruments.ts";
import type { MetricOf } from "./metric.ts";

/** So many label sets of one metric have cells of their own: below the 2,000 series an OpenTelemetry SDK keeps. */
const mostCells = 1_500;

const overflow: Attributes = Object.freeze({ "otel.metric.overflow": true });

/** A number that a layer keeps, read when somebody collects: to count is an addition, and nothing else. */
export interface Cell {
	value: number;
}

type CellMetric = MetricOf<"observable_counter" | "observable_up_down_counter">;

/** The cells of one metric, by their labels. */
class CellTable {
	readonly #cells = new Map<string, Cell & { readonly attributes: Attributes }>();
	readonly #dropped: () => void;

	constructor(instruments: Instruments, metric: CellMetric) {
		this.#dropped = () => instruments.dropped("metrics", "cardinality");
		instruments.observe(metric, (report) => {
			for (const { value, attributes } of this.#cells.values()) report(value, attributes);
		});
	}

	of(attributes: Attributes): Cell {
		const key = JSON.stringify(attributes);
		const known = this.#cells.get(key);
		if (known !== undefined) return known;
		if (this.#cells.size >= mostCells && attributes !== overflow) {
			this.#dropped();
			return this.of(overflow);
		}
		const cell = { value: 0, attributes: Object.freeze({ ...attributes }) };
		this.#cells.set(key, cell);
		return cell;
	}
}

const tables = new WeakMap<Instruments, Map<CellMetric, CellTable>>();

/**
 * The cell of a metric with these labels, in this order: born at zero, and the same for all who ask for it. Labels beyond
 * the limit share one cell, and are counted.
 */
export function cellOf(instruments: Instruments, metric: CellMetric, attributes: Attributes): Cell {
	let ofProvider = tables.get(instruments);
	if (ofProvider === undefined) {
		ofProvider = new Map();
		tables.set(instruments, ofProvider);
	}
	let table = ofProvider.get(metric);
	if (table === undefined) {
		table = new CellTable(instruments, metric);
		ofProvider.set(metric, table);
	}
	return table.of(attributes);
}

/** The labels that metrics of a layer around a stage have at least. */
export function stageLabels({ name, pipeline }: Definition): Attributes {
	return { "pipeline.name": pipeline.name, "stage.name": name };
}

/**
 * Makes what a layer records to around a stage: when the stage is defined, or at the first call after a provider was
 * registered. Until then there is none, and nothing is counted.
 */
export function onceMetered<T>(definition: Definition, make: (instruments: Instruments) => T): () => T | undefined {
	let made: T | undefined;
	function find(): T | undefined {
		try {
			const { instruments } = definition.pipeline;
			if (instruments !== undefined) made = make(instruments);
		} catch (error) {
			telemetryFailed("metrics", error);
		}
		return made;
	}
	if (definition.bornAtZero) find();
	return () => made ?? find();
}
