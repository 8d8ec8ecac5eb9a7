import { warn } from "@footlight/core";
import type * as api from "@opentelemetry/api";
import { bucketOf } from "./bucket.ts";
import type { LossReason } from "./cell-table.ts";
import { exemplarTimeMs } from "./exemplar-clock.ts";
import { sampledSpan } from "./sampled-span.ts";
import type { HistogramStream, NumberStream } from "./stream.ts";

/** What the instruments of one exporter share. */
export interface Recording {
	readonly exemplars: boolean;
	/** Counts a recording that is given up, or its labels. */
	lost(reason: LossReason): void;
}

export interface InstrumentOptions {
	readonly name: string;
	readonly integer: boolean;
	readonly recording: Recording;
}

/** What all instruments do alike: they refuse a value, count it, and say so once. */
export abstract class Instrument {
	readonly name: string;
	protected readonly integer: boolean;
	protected readonly recording: Recording;
	protected readonly exemplars: boolean;
	#warned = false;

	constructor({ name, integer, recording }: InstrumentOptions) {
		this.name = name;
		this.integer = integer;
		this.recording = recording;
		this.exemplars = recording.exemplars;
	}

	protected refuse(value: unknown, expected: string): void {
		this.recording.lost("invalid_value");
		if (this.#warned) return;
		this.#warned = true;
		const got = typeof value === "number" ? String(value) : `a value of type ${typeof value}`;
		warn(
			"FOOTLIGHT_METRIC_VALUE",
			`${this.name} takes ${expected}, got ${got}; it was left out, further ones are only counted`,
		);
	}
}

export class CounterInstrument extends Instrument implements api.Counter {
	readonly #cells: NumberStream["cells"];

	constructor(stream: NumberStream, options: InstrumentOptions) {
		super(options);
		this.#cells = stream.cells;
	}

	add(value: number, attributes?: api.Attributes, context?: api.Context): void {
		// False for what is not a number as well.
		if (typeof value !== "number" || !(value >= 0 && value < Number.POSITIVE_INFINITY)) {
			this.refuse(value, "finite numbers from 0");
			return;
		}
		const cell = this.#cells.of(attributes);
		if (cell === undefined) return;
		const amount = this.integer ? Math.trunc(value) : value;
		cell.value += amount;
		if (!this.exemplars) return;
		const span = sampledSpan(context);
		if (span !== undefined) cell.exemplify(span, amount, exemplarTimeMs(), this.#cells.filteredOut(attributes));
	}
}

export class UpDownCounterInstrument extends Instrument implements api.UpDownCounter {
	readonly #cells: NumberStream["cells"];

	constructor(stream: NumberStream, options: InstrumentOptions) {
		super(options);
		this.#cells = stream.cells;
	}

	add(value: number, attributes?: api.Attributes): void {
		if (!Number.isFinite(value)) {
			this.refuse(value, "finite numbers");
			return;
		}
		const cell = this.#cells.of(attributes);
		if (cell !== undefined) cell.value += this.integer ? Math.trunc(value) : value;
	}
}

export class GaugeInstrument extends Instrument implements api.Gauge {
	readonly #cells: NumberStream["cells"];

	constructor(stream: NumberStream, options: InstrumentOptions) {
		super(options);
		this.#cells = stream.cells;
	}

	record(value: number, attributes?: api.Attributes): void {
		if (typeof value !== "number" || Number.isNaN(value)) {
			this.refuse(value, "numbers");
			return;
		}
		const cell = this.#cells.of(attributes);
		if (cell !== undefined) cell.value = this.integer ? Math.trunc(value) : value;
	}
}

export class HistogramInstrument extends Instrument implements api.Histogram {
	readonly #cells: HistogramStream["cells"];
	readonly #bounds: Float64Array;

	constructor(stream: HistogramStream, options: InstrumentOptions) {
		super(options);
		this.#cells = stream.cells;
		this.#bounds = stream.bounds;
	}

	record(value: number, attributes?: api.Attributes, context?: api.Context): void {
		if (typeof value !== "number" || !(value >= 0 && value < Number.POSITIVE_INFINITY)) {
			this.refuse(value, "finite numbers from 0");
			return;
		}
		const cell = this.#cells.of(attributes);
		if (cell === undefined) return;
		const amount = this.integer ? Math.trunc(value) : value;
		const bucket = bucketOf(this.#bounds, amount);
		(cell.counts[bucket] as number)++;
		cell.sum += amount;
		if (!this.exemplars) return;
		const span = sampledSpan(context);
		if (span === undefined) return;
		cell.exemplify(bucket, span, amount, exemplarTimeMs(), this.#cells.filteredOut(attributes));
	}
}
