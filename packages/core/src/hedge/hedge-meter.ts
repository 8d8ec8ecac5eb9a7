import type { Definition } from "../call.ts";
import { type Cell, cellOf, onceMetered, stageLabels } from "../telemetry/cells.ts";
import type { Instruments } from "../telemetry/instruments.ts";

/** How a call through a hedge came out. */
export type HedgeResult = "not_needed" | "first_won" | "hedge_won" | "failed";

/** Counts the calls of one stage through a hedge. */
export class HedgeMeter {
	readonly #cells: Readonly<Record<HedgeResult, Cell>>;

	constructor(definition: Definition, instruments: Instruments) {
		const cell = (result: HedgeResult) =>
			cellOf(instruments, "pipeline.hedge.calls", { ...stageLabels(definition), "hedge.result": result });
		this.#cells = {
			not_needed: cell("not_needed"),
			first_won: cell("first_won"),
			hedge_won: cell("hedge_won"),
			failed: cell("failed"),
		};
	}

	ended(result: HedgeResult): void {
		this.#cells[result].value++;
	}
}

/** Made when the stage is defined, or once there is a provider. */
export function hedgeMeter(definition: Definition): () => HedgeMeter | undefined {
	return onceMetered(definition, (instruments) => new HedgeMeter(definition, instruments));
}
