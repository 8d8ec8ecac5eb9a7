import type { Clock } from "@footlight/core";
import { type Alarm, deliver, emitDetachedEvent, isTold, setAlarm } from "@footlight/core/telemetry";
import type { Overflow } from "./options.ts";

/** So long those that follow one are summed. */
const intervalMs = 1_000;

/** Tells of items that there was no room for: of the first at once, of those soon after it together. */
export class OverflowNotice {
	readonly #name: string;
	readonly #clock: Clock;
	readonly #level: () => { readonly size: number; readonly capacity: number };
	readonly #listener: ((overflow: Overflow) => void) | undefined;
	#untold = 0;
	#total = 0;
	#alarm: Alarm | undefined;

	constructor(
		name: string,
		clock: Clock,
		level: () => Pick<Overflow, "size" | "capacity">,
		listener?: (overflow: Overflow) => void,
	) {
		this.#name = name;
		this.#clock = clock;
		this.#level = level;
		this.#listener = listener;
	}

	/** Counts some; they are told by {@link tell}, once whoever sheds them is done. */
	dropped(items: number): void {
		this.#untold += items;
		this.#total += items;
	}

	tell(): void {
		if (this.#untold === 0 || this.#alarm !== undefined) return;
		this.#alarm = setAlarm(this.#clock, intervalMs, () => {
			this.#alarm = undefined;
			this.tell();
		});
		this.#alarm.keepsAlive(false);
		this.#tellNow();
	}

	/** Tells what was not told yet. */
	close(): void {
		this.#alarm?.cancel();
		this.#alarm = undefined;
		if (this.#untold > 0) this.#tellNow();
	}

	#tellNow(): void {
		const overflow: Overflow = { dropped: this.#untold, total: this.#total, ...this.#level() };
		this.#untold = 0;
		const listener = this.#listener;
		if (listener !== undefined) deliver("onOverflow", listener, () => listener(overflow));
		// A call that the exporter is of has told of it already.
		if (isTold(overflow)) return;
		emitDetachedEvent(this.#clock, "analytics.overflow", () => ({
			"exporter.name": this.#name,
			"analytics.dropped": overflow.dropped,
			"analytics.total_dropped": overflow.total,
			"analytics.buffer_size": overflow.size,
			"analytics.capacity": overflow.capacity,
		}));
	}
}
