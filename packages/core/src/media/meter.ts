import type { Attributes } from "@opentelemetry/api";
import { type Cell, cellOf } from "../telemetry/cells.ts";
import type { Instruments } from "../telemetry/instruments.ts";

/** Seconds are added in these steps, about a microsecond, of which any sum is exact: what goes up comes down to zero. */
const stepsPerSecond = 2 ** 20;

/** What one buffer adds to a number that it shares with all of its labels. */
class Share {
	readonly #cell: Cell;
	#seconds = 0;

	constructor(cell: Cell) {
		this.#cell = cell;
	}

	set(seconds: number): void {
		const rounded = Math.round(seconds * stepsPerSecond) / stepsPerSecond;
		this.#cell.value += rounded - this.#seconds;
		this.#seconds = rounded;
	}
}

const collected = new FinalizationRegistry<Share>((fill) => fill.set(0));

/** Counts what happens to one buffer. */
export class BufferMeter {
	readonly overflow: Cell;
	readonly underrun: Cell;
	readonly recovered: Cell;
	/** Playing time that waits in the buffer. */
	readonly fill: Share;
	/** Playing time it has dropped, all told. */
	readonly dropped: Share;

	/** @param buffer - whose fill counts for nothing once it is garbage */
	constructor(buffer: object, instruments: Instruments, labels: Attributes) {
		const cell = (event: string) =>
			cellOf(instruments, "pipeline.stream.buffer.events", { ...labels, "stream.buffer_event": event });
		this.overflow = cell("overflow");
		this.underrun = cell("underrun");
		this.recovered = cell("recovered");
		this.fill = new Share(cellOf(instruments, "pipeline.stream.buffer.fill", labels));
		this.dropped = new Share(cellOf(instruments, "pipeline.stream.buffer.dropped_time", labels));
		collected.register(buffer, this.fill);
	}
}
