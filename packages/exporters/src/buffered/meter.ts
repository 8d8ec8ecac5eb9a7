import { type Cell, cellOf, findInstruments, type Instruments } from "@footlight/core/telemetry";
import type { Attributes, MeterProvider } from "@opentelemetry/api";
import type { SpoolFigures } from "./backlog.ts";

/** What is read of an exporter when somebody collects. */
export interface ExporterFigures {
	readonly name: string;
	readonly size: number;
	readonly capacity: number;
	readonly inFlight: number;
	readonly spool: SpoolFigures | undefined;
}

interface Tally {
	items: number;
	cell: Cell | undefined;
}

/** Counted from zero, since they are what one is alerted about. */
const bornAtZero = ["queue_full", "item_too_large", "rejected", "already_shutdown", "shutdown"];
const ofSpool = ["not_serializable", "disk_full", "spool_failed", "corrupt"];

/**
 * So many kinds of loss have series of their own, for all exporters of one name: what a sink fails with may be named after
 * something of a request.
 */
const mostErrorTypes = 100;
const errorTypesOf = new Map<string, Set<string>>();

const read = {
	"pipeline.exporter.queue.size": ({ size }: ExporterFigures) => size,
	"pipeline.exporter.queue.capacity": ({ capacity }: ExporterFigures) => capacity,
	"pipeline.exporter.inflight": ({ inFlight }: ExporterFigures) => inFlight,
	"pipeline.exporter.spool.size": ({ spool }: ExporterFigures) => spool?.sizeBytes,
	"pipeline.exporter.spool.capacity": ({ spool }: ExporterFigures) => spool?.capacityBytes,
	"pipeline.exporter.spool.backlog": ({ spool }: ExporterFigures) => spool?.backlog,
} as const;

/**
 * What one exporter counts. Items are counted whether or not anybody collects, and handed on to a provider that comes
 * later; how full it is, is read when somebody collects, added up over exporters of one name.
 */
export class ExporterMeter {
	readonly #figures: ExporterFigures;
	readonly #provider: MeterProvider | undefined;
	readonly #tallies = new Map<string, Tally>();
	readonly #delivered: Tally = { items: 0, cell: undefined };
	readonly #labels: Attributes;
	readonly #errorTypes: Set<string>;
	#instruments: Instruments | undefined;
	#leave: (() => void) | undefined;

	constructor(figures: ExporterFigures, provider: MeterProvider | undefined) {
		this.#figures = figures;
		this.#provider = provider;
		this.#labels = Object.freeze({ "exporter.name": figures.name });
		const errorTypes = errorTypesOf.get(figures.name) ?? new Set([...bornAtZero, ...ofSpool]);
		errorTypesOf.set(figures.name, errorTypes);
		this.#errorTypes = errorTypes;
		for (const errorType of bornAtZero) this.#tallyOf(errorType);
		if (figures.spool !== undefined) for (const errorType of ofSpool) this.#tallyOf(errorType);
		this.look();
	}

	get delivered(): number {
		return this.#delivered.items;
	}

	/** Items that never will be delivered, by the reason. */
	get lost(): Record<string, number> {
		return Object.fromEntries([...this.#tallies].flatMap(([type, { items }]) => (items > 0 ? [[type, items]] : [])));
	}

	/** Looks for a provider that was not there before. */
	look(): void {
		if (this.#instruments !== undefined) return;
		const instruments = findInstruments(this.#provider);
		if (instruments === undefined) return;
		this.#instruments = instruments;
		this.#leave = join(instruments, this.#figures);
		this.#giveCell(this.#delivered, this.#labels);
		for (const [errorType, tally] of this.#tallies) this.#giveCell(tally, this.#lossLabels(errorType));
	}

	countDelivered(items: number): void {
		this.#delivered.items += items;
		if (this.#delivered.cell !== undefined) this.#delivered.cell.value += items;
	}

	countLost(items: number, errorType: string): void {
		const tally = this.#tallyOf(this.#bounded(errorType));
		tally.items += items;
		if (tally.cell !== undefined) tally.cell.value += items;
	}

	/** Counts an attempt to deliver a batch. */
	attempted(durationMs: number, errorType: string | undefined): void {
		const labels = errorType === undefined ? this.#labels : this.#lossLabels(this.#bounded(errorType));
		this.#instruments?.record("pipeline.exporter.flush.duration", durationMs / 1_000, labels);
	}

	/** Its fill is nobody's any more. */
	close(): void {
		this.#leave?.();
	}

	/** Itself, or beyond the limit `_OTHER`. */
	#bounded(errorType: string): string {
		if (this.#errorTypes.has(errorType)) return errorType;
		if (this.#errorTypes.size >= mostErrorTypes) return "_OTHER";
		this.#errorTypes.add(errorType);
		return errorType;
	}

	#tallyOf(errorType: string): Tally {
		let tally = this.#tallies.get(errorType);
		if (tally === undefined) {
			tally = { items: 0, cell: undefined };
			this.#tallies.set(errorType, tally);
			this.#giveCell(tally, this.#lossLabels(errorType));
		}
		return tally;
	}

	#giveCell(tally: Tally, labels: Attributes): void {
		if (this.#instruments === undefined) return;
		tally.cell = cellOf(this.#instruments, "pipeline.exporter.items", labels);
		tally.cell.value += tally.items;
	}

	#lossLabels(errorType: string): Attributes {
		return { ...this.#labels, "error.type": errorType };
	}
}

/** Exporters that are read when somebody collects; one that is garbage leaves by itself. */
const members = new WeakMap<Instruments, Set<WeakRef<ExporterFigures>>>();

function join(instruments: Instruments, figures: ExporterFigures): () => void {
	let all = members.get(instruments);
	if (all === undefined) {
		all = new Set();
		members.set(instruments, all);
		observe(instruments, all);
	}
	const member = new WeakRef(figures);
	all.add(member);
	return () => all.delete(member);
}

function observe(instruments: Instruments, all: Set<WeakRef<ExporterFigures>>): void {
	for (const metric of Object.keys(read) as (keyof typeof read)[]) {
		// A name that is not reported any more would keep its last value.
		const reported = new Set<string>();
		instruments.observe(metric, (report) => {
			const sums = new Map<string, number>(Array.from(reported, (name) => [name, 0]));
			for (const member of all) {
				const figures = member.deref();
				if (figures === undefined) {
					all.delete(member);
					continue;
				}
				const value = read[metric](figures);
				if (value !== undefined) sums.set(figures.name, (sums.get(figures.name) ?? 0) + value);
			}
			for (const [name, value] of sums) {
				reported.add(name);
				report(value, { "exporter.name": name });
			}
		});
	}
}
