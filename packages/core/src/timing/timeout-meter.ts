import type { Attributes } from "@opentelemetry/api";
import type { Definition } from "../call.ts";
import { type Cell, cellOf, onceMetered, stageLabels } from "../telemetry/cells.ts";
import type { Instruments } from "../telemetry/instruments.ts";

/** Counts the calls of one stage under time limits. */
export class TimeoutMeter {
	readonly #labels: Attributes;
	readonly #completed: Cell;
	readonly #timedOut: Cell;
	readonly #ignoredCancel: Cell;
	readonly #instruments: Instruments;

	constructor(definition: Definition, instruments: Instruments) {
		this.#labels = Object.freeze(stageLabels(definition));
		const cell = (result: string) =>
			cellOf(instruments, "pipeline.timeout.calls", { ...this.#labels, "timeout.result": result });
		this.#completed = cell("completed");
		this.#timedOut = cell("timed_out");
		this.#ignoredCancel = cell("ignored_cancel");
		this.#instruments = instruments;
	}

	completed(share: number): void {
		this.#completed.value++;
		this.#instruments.record("pipeline.timeout.utilization", share, this.#labels);
	}

	expired(heard: boolean): void {
		(heard ? this.#timedOut : this.#ignoredCancel).value++;
	}
}

/** Made when the stage is defined, or once there is a provider. */
export function timeoutMeter(definition: Definition): () => TimeoutMeter | undefined {
	return onceMetered(definition, (instruments) => new TimeoutMeter(definition, instruments));
}
