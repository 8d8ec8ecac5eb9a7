import { findInstruments, type Instruments } from "@footlight/core/telemetry";
import type { MeterProvider } from "@opentelemetry/api";

export type SamplingDrop = "sampling" | "sampling_early";

/** Counts spans that were sampled out, from zero; what is counted before there is a meter provider is handed to it later. */
export class DropMeter {
	readonly #provider: MeterProvider | undefined;
	readonly #untold: Record<SamplingDrop, number> = { sampling: 0, sampling_early: 0 };
	#instruments: Instruments | undefined;

	constructor(provider: MeterProvider | undefined) {
		this.#provider = provider;
		this.#look();
	}

	count(reason: SamplingDrop, spans: number): void {
		if (this.#look() === undefined) this.#untold[reason] += spans;
		else this.#instruments?.dropped("traces", reason, spans);
	}

	#look(): Instruments | undefined {
		if (this.#instruments !== undefined) return this.#instruments;
		const instruments = findInstruments(this.#provider);
		if (instruments === undefined) return undefined;
		this.#instruments = instruments;
		for (const [reason, spans] of Object.entries(this.#untold)) {
			instruments.dropped("traces", reason as SamplingDrop, spans);
		}
		return instruments;
	}
}
