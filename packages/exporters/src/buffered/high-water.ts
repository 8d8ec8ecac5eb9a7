import { deliver } from "@footlight/core/telemetry";
import type { Backlog } from "./backlog.ts";
import type { HighWater } from "./options.ts";

type Level = Pick<Backlog<unknown>, "size" | "bytes" | "spool">;

/** Calls once when a backlog fills beyond a mark, and again only after it was below half of that. */
export class HighWaterMark {
	readonly #ratio: number;
	readonly #capacity: number;
	readonly #maxBytes: number;
	readonly #listener: ((level: HighWater) => void) | undefined;
	#isArmed: boolean;

	constructor(ratio: number, capacity: number, maxBytes: number, listener: ((level: HighWater) => void) | undefined) {
		this.#ratio = ratio;
		this.#capacity = capacity;
		this.#maxBytes = maxBytes;
		this.#listener = listener;
		this.#isArmed = listener !== undefined;
	}

	/** To be called where more came: for each item, so it is cheap. */
	rose(level: Level): void {
		if (this.#isArmed && this.#isBeyond(level.size, level.bytes, this.#ratio)) this.#tell(level);
	}

	/** To be called where less remains, or the spool may have grown. */
	moved(level: Level): void {
		if (this.#listener === undefined) return;
		const { spool } = level;
		const share = spool === undefined ? 0 : spool.sizeBytes / spool.capacityBytes;
		if (this.#isArmed) {
			if (share > 0 && share >= this.#ratio) this.#tell(level);
			else this.rose(level);
		} else if (!this.#isBeyond(level.size, level.bytes, this.#ratio / 2) && !(share >= this.#ratio / 2 && share > 0)) {
			this.#isArmed = true;
		}
	}

	#isBeyond(size: number, bytes: number, ratio: number): boolean {
		return (size > 0 && size >= ratio * this.#capacity) || (bytes > 0 && bytes >= ratio * this.#maxBytes);
	}

	#tell({ size, bytes, spool }: Level): void {
		const listener = this.#listener;
		if (listener === undefined) return;
		this.#isArmed = false;
		const level = { size, bytes, spool, capacity: this.#capacity, maxBytes: this.#maxBytes };
		deliver("onHighWater", listener, () => listener(level));
	}
}
