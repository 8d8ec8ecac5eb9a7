import type { Results, WindowSnapshot } from "./window.ts";

/** The window moves on by a tenth at a time: memory is the same however many calls there are. */
const sliceCount = 10;

interface Slice {
	/** Number of the slice since the clock's origin; its place in the ring may hold an older one. */
	number: number;
	calls: number;
	failures: number;
	slowCalls: number;
}

/** The results of the calls of the last milliseconds, in slices of time. */
export class TimedResults implements Results {
	readonly readsClock = true;
	readonly #durationMs: number;
	readonly #slices: readonly Slice[];
	#newest = Number.NEGATIVE_INFINITY;
	calls = 0;
	failures = 0;
	slowCalls = 0;

	constructor(durationMs: number) {
		this.#durationMs = durationMs;
		this.#slices = Array.from({ length: sliceCount }, emptySlice);
	}

	add(failed: boolean, slow: boolean, nowMs: number): void {
		this.forget(nowMs);
		this.#count(this.#newest, 1, failed ? 1 : 0, slow ? 1 : 0);
	}

	forget(nowMs: number): void {
		const number = this.#numberAt(nowMs);
		if (number <= this.#newest) return;
		this.#newest = number;
		for (const slice of this.#slices) {
			if (slice.number > number - sliceCount) continue;
			this.calls -= slice.calls;
			this.failures -= slice.failures;
			this.slowCalls -= slice.slowCalls;
			Object.assign(slice, emptySlice());
		}
	}

	clear(): void {
		for (const slice of this.#slices) Object.assign(slice, emptySlice());
		this.calls = this.failures = this.slowCalls = 0;
	}

	save(nowMs: number): WindowSnapshot {
		this.forget(nowMs);
		return {
			slices: this.#slices
				.filter(({ calls }) => calls > 0)
				.map(({ number, calls, failures, slowCalls }) => [this.#newest - number, calls, failures, slowCalls]),
		};
	}

	load(saved: WindowSnapshot, savedAtMs: number): void {
		this.clear();
		if (!("slices" in saved)) return;
		const number = this.#numberAt(savedAtMs);
		if (number > this.#newest) this.#newest = number;
		for (const [ago, calls, failures, slowCalls] of saved.slices) {
			if (number - ago > this.#newest - sliceCount) this.#count(number - ago, calls, failures, slowCalls);
		}
	}

	#numberAt(timeMs: number): number {
		return Math.floor((timeMs * sliceCount) / this.#durationMs);
	}

	#count(number: number, calls: number, failures: number, slowCalls: number): void {
		// The remainder of a number below zero is below zero.
		const slice = this.#slices[((number % sliceCount) + sliceCount) % sliceCount] as Slice;
		slice.number = number;
		slice.calls += calls;
		slice.failures += failures;
		slice.slowCalls += slowCalls;
		this.calls += calls;
		this.failures += failures;
		this.slowCalls += slowCalls;
	}
}

const emptySlice = (): Slice => ({ number: Number.NEGATIVE_INFINITY, calls: 0, failures: 0, slowCalls: 0 });
