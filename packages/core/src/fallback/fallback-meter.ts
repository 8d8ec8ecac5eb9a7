import type { Definition } from "../call.ts";
import { type Cell, cellOf, onceMetered, stageLabels } from "../telemetry/cells.ts";
import type { Instruments } from "../telemetry/instruments.ts";

/** How a call through a fallback came out. */
export type FallbackResult = "not_needed" | "success" | "failure" | "not_applicable";

/** Counts the calls of one stage through a fallback. */
export class FallbackMeter {
	readonly #cells: Readonly<Record<FallbackResult, Cell>>;

	constructor(definition: Definition, instruments: Instruments) {
		const cell = (result: FallbackResult) =>
			cellOf(instruments, "pipeline.fallback.calls", { ...stageLabels(definition), "fallback.result": result });
		this.#cells = {
			not_needed: cell("not_needed"),
			success: cell("success"),
			failure: cell("failure"),
			not_applicable: cell("not_applicable"),
		};
	}

	ended(result: FallbackResult): void {
		this.#cells[result].value++;
	}
}

/** Made when the stage is defined, or once there is a provider. */
export function fallbackMeter(definition: Definition): () => FallbackMeter | undefined {
	return onceMetered(definition, (instruments) => new FallbackMeter(definition, instruments));
}
