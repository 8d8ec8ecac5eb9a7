import type { HistogramCell, NumberCell } from "./cell.ts";
import type { CellTable } from "./cell-table.ts";
import type { Labels } from "./labels.ts";
import type { MetricValue } from "./registry.ts";

/** How values leave: with labels that many share apart, for text; or each with all its labels, for JSON. */
export type Shape = "shared" | "splayed";

/** The series of one instrument, or of several that are one to Prometheus. */
export interface Stream {
	readonly identity: string;
	readonly cells: CellTable<NumberCell> | CellTable<HistogramCell>;
	read(values: MetricValue[], shape: Shape): void;
}

const noLabels: Labels = Object.freeze({});

export class NumberStream implements Stream {
	readonly identity: string;
	readonly cells: CellTable<NumberCell>;
	/** Whether observed values of one series are added up, because they come from several. */
	adds: boolean;
	/** The collection that last made room for new series. */
	clearedRound: number = 0;

	constructor(identity: string, cells: CellTable<NumberCell>, adds: boolean) {
		this.identity = identity;
		this.cells = cells;
		this.adds = adds;
	}

	/** Takes out what a collection has not observed: yet, when it needs the room, or at all, when it ends. */
	retain(round: number): void {
		this.cells.retain((cell) => cell.round === round);
	}

	read(values: MetricValue[], shape: Shape): void {
		for (const { labels, value, exemplar } of this.cells.all()) {
			if (shape === "splayed") values.push({ labels, value });
			else values.push({ labels: noLabels, sharedLabels: labels, value, exemplar });
		}
	}
}

export class HistogramStream implements Stream {
	readonly identity: string;
	readonly cells: CellTable<HistogramCell>;
	readonly bounds: Float64Array;
	readonly #name: string;
	readonly #bucketLabels: readonly Labels[];

	constructor(identity: string, cells: CellTable<HistogramCell>, name: string, bounds: Float64Array) {
		this.identity = identity;
		this.cells = cells;
		this.bounds = bounds;
		this.#name = name;
		this.#bucketLabels = [...bounds, "+Inf"].map((bound) => Object.freeze({ le: String(bound) }));
	}

	read(values: MetricValue[], shape: Shape): void {
		const [bucket, sum, count] = [`${this.#name}_bucket`, `${this.#name}_sum`, `${this.#name}_count`];
		for (const cell of this.cells.all()) {
			const sharedLabels = cell.labels;
			let total = 0;
			for (const [index, le] of this.#bucketLabels.entries()) {
				total += cell.counts[index] as number;
				if (shape === "splayed") values.push({ labels: { ...sharedLabels, ...le }, value: total, metricName: bucket });
				else
					values.push({ labels: le, sharedLabels, value: total, metricName: bucket, exemplar: cell.exemplar(index) });
			}
			const rest = shape === "splayed" ? { labels: sharedLabels } : { labels: noLabels, sharedLabels };
			values.push({ ...rest, value: cell.sum, metricName: sum }, { ...rest, value: total, metricName: count });
		}
	}
}
