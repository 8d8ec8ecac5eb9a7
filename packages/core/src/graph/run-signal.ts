import type { Clock } from "../clock.ts";
import { TimeoutError } from "../error.ts";

/** Ends what a signal stands for: with the signal from outside, after a time, or when told to. */
export class RunSignal {
	readonly #controller = new AbortController();
	readonly #release = new AbortController();
	readonly #outer: AbortSignal | undefined;
	readonly #clock: Clock;
	readonly #what: string;
	readonly #timeoutMs: number | undefined;
	#deadlineMs = Number.POSITIVE_INFINITY;

	constructor(what: string, clock: Clock, outer: AbortSignal | undefined, timeoutMs: number | undefined) {
		this.#what = what;
		this.#clock = clock;
		this.#outer = outer;
		this.#timeoutMs = timeoutMs;
	}

	get signal(): AbortSignal {
		return this.#controller.signal;
	}

	begin(): void {
		const outer = this.#outer;
		if (outer?.aborted) this.abort(outer.reason);
		else outer?.addEventListener("abort", () => this.abort(outer.reason), { signal: this.#release.signal });
		const timeoutMs = this.#timeoutMs;
		if (timeoutMs === undefined) return;
		this.#deadlineMs = this.#clock.monotonicMs() + timeoutMs;
		this.#clock.sleep(timeoutMs, this.#release.signal).then(
			() => this.#timedOut(),
			() => {},
		);
	}

	abort(reason: unknown): void {
		this.#controller.abort(reason);
	}

	/** Looks at the clock: where nothing is waited for, no timer fires. */
	checkTime(): void {
		if (this.#timeoutMs !== undefined && this.#clock.monotonicMs() >= this.#deadlineMs) this.#timedOut();
	}

	/** Lets go of the timer and of the signal from outside. */
	release(): void {
		this.#release.abort();
	}

	#timedOut(): void {
		this.abort(new TimeoutError(this.#what, this.#timeoutMs ?? 0));
	}
}
