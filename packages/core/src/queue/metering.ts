import type { StreamReporter } from "../stream-reporter.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { readMonotonic } from "../timing/alarm-queue.ts";
import { type StreamMeter, streamMeter } from "./meter.ts";
import type { Tally } from "./tally.ts";

/** Has one queue's figures read, until it is garbage itself: nobody but the queue holds it. */
export class Metering {
	readonly #reporter: StreamReporter;
	readonly #tally: Tally;
	readonly #madeMs: number;
	#meter: StreamMeter | undefined;

	constructor(reporter: StreamReporter, tally: Tally) {
		this.#reporter = reporter;
		this.#tally = tally;
		this.#madeMs = readMonotonic(reporter.clock);
		this.attach();
	}

	/** Finds where they are read, as soon as there is a provider of meters. */
	attach(): void {
		if (this.#meter !== undefined) return;
		try {
			const { instruments, labels } = this.#reporter;
			if (instruments === undefined) return;
			this.#meter = streamMeter(instruments, labels);
			this.#meter.measure(this, this.#tally);
		} catch (error) {
			telemetryFailed("metrics", error);
		}
	}

	firstItem(): void {
		this.#meter?.firstItem(readMonotonic(this.#reporter.clock) - this.#madeMs);
	}

	/** Nothing will change any more. */
	release(): void {
		this.#meter?.release(this.#tally);
	}
}
