import type { Results, WindowSnapshot } from "./window.ts";

const failedBit = 1;
const slowBit = 2;

/** The results of the last so many calls, in a ring. */
export class CallResults implements Results {
	readonly readsClock = false;
	readonly #ring: Uint8Array;
	#next = 0;
	calls = 0;
	failures = 0;
	slowCalls = 0;

	constructor(size: number) {
		this.#ring = new Uint8Array(size);
	}

	add(failed: boolean, slow: boolean): void {
		const ring = this.#ring;
		if (this.calls === ring.length) this.#count(ring[this.#next] as number, -1);
		const result = (failed ? failedBit : 0) | (slow ? slowBit : 0);
		ring[this.#next] = result;
		this.#next = (this.#next + 1) % ring.length;
		this.#count(result, 1);
	}

	forget(): void {}

	clear(): void {
		this.#next = this.calls = this.failures = this.slowCalls = 0;
	}

	save(): WindowSnapshot {
		const size = this.#ring.length;
		const oldest = this.#next - this.calls + size;
		return { results: Array.from({ length: this.calls }, (_, age) => this.#ring[(oldest + age) % size]).join("") };
	}

	load(saved: WindowSnapshot): void {
		this.clear();
		if (!("results" in saved)) return;
		for (const digit of saved.results) this.add((Number(digit) & failedBit) !== 0, (Number(digit) & slowBit) !== 0);
	}

	#count(result: number, by: 1 | -1): void {
		this.calls += by;
		if ((result & failedBit) !== 0) this.failures += by;
		if ((result & slowBit) !== 0) this.slowCalls += by;
	}
}
