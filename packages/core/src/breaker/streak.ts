import type { CircuitBreakerFigures, OpenReason } from "./state.ts";
import type { Window, WindowSnapshot } from "./window.ts";

/** Failures in a row; a success begins anew. */
export class Streak implements Window {
	readonly readsClock = false;
	readonly #threshold: number;
	#failures = 0;

	constructor(threshold: number) {
		this.#threshold = threshold;
	}

	record(failed: boolean): OpenReason | undefined {
		if (!failed) {
			this.#failures = 0;
			return undefined;
		}
		return ++this.#failures >= this.#threshold ? "consecutive_failures" : undefined;
	}

	figures(): CircuitBreakerFigures {
		return { failures: this.#failures };
	}

	clear(): void {
		this.#failures = 0;
	}

	save(): WindowSnapshot {
		return { failuresInRow: this.#failures };
	}

	load(saved: WindowSnapshot): void {
		this.#failures = "failuresInRow" in saved ? saved.failuresInRow : 0;
	}
}
