import type * as api from "@opentelemetry/api";
import { Instrument, type InstrumentOptions } from "./instrument.ts";
import type { NumberStream } from "./stream.ts";

export type ObservableKind = "sum" | "monotonic_sum" | "gauge";

/** An instrument whose values callbacks give, when somebody collects. */
export class ObservableInstrument extends Instrument implements api.Observable {
	readonly stream: NumberStream;
	readonly #kind: ObservableKind;
	readonly #callbacks: CallbackList;

	constructor(stream: NumberStream, kind: ObservableKind, callbacks: CallbackList, options: InstrumentOptions) {
		super(options);
		this.stream = stream;
		this.#kind = kind;
		this.#callbacks = callbacks;
	}

	addCallback(callback: api.ObservableCallback): void {
		this.#callbacks.add(callback, this);
	}

	removeCallback(callback: api.ObservableCallback): void {
		this.#callbacks.remove(callback, this);
	}

	/** Takes a value for one collection. */
	observe(value: number, attributes: api.Attributes | undefined, round: number): void {
		const fits = this.#kind === "gauge" ? !Number.isNaN(value) : Number.isFinite(value);
		if (typeof value !== "number" || !fits || (this.#kind === "monotonic_sum" && value < 0)) {
			this.refuse(value, this.#kind === "monotonic_sum" ? "finite numbers from 0" : "finite numbers");
			return;
		}
		const { stream } = this;
		const { cells, adds } = stream;
		if (cells.full && stream.clearedRound !== round) {
			stream.clearedRound = round;
			stream.retain(round);
		}
		const cell = cells.of(attributes);
		if (cell === undefined) return;
		const amount = this.integer ? Math.trunc(value) : value;
		const again = cell.round === round;
		cell.round = round;
		if (again && this.#kind !== "gauge" && (adds || cell === cells.overflow)) cell.value += amount;
		else cell.value = amount;
	}
}

export interface CallbackList {
	add(callback: api.ObservableCallback, instrument: ObservableInstrument): void;
	remove(callback: api.ObservableCallback, instrument: ObservableInstrument): void;
}
