import type { Attributes } from "@opentelemetry/api";
import { type Cell, cellOf } from "../telemetry/cells.ts";
import type { Instruments } from "../telemetry/instruments.ts";
import type { Pool } from "./pool.ts";
import { measure } from "./registry.ts";

/** Counts the calls through one bulkhead. */
export class BulkheadMeter {
	readonly accepted: Cell;
	readonly rejected: Cell;
	readonly expired: Cell;
	readonly #attributes: Attributes;
	readonly #instruments: Instruments;

	constructor(pool: Pool, instruments: Instruments) {
		const name = { "bulkhead.name": pool.name };
		const cell = (result: string) =>
			cellOf(instruments, "pipeline.bulkhead.calls", { ...name, "bulkhead.result": result });
		this.accepted = cell("accepted");
		this.rejected = cell("rejected");
		this.expired = cell("expired");
		this.#attributes = Object.freeze(name);
		this.#instruments = instruments;
		measure(pool, instruments);
	}

	waited(ms: number): void {
		this.#instruments.record("pipeline.bulkhead.wait_duration", ms / 1_000, this.#attributes);
	}
}
