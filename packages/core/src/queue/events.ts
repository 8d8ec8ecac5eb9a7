import type { EventAttributes } from "../event.ts";
import { errorType } from "../outcome.ts";
import type { StreamEventName, StreamReporter } from "../stream-reporter.ts";
import { Pause } from "./pause.ts";
import type { QueueSettings } from "./settings.ts";
import { dropReasons, noneDropped, type Tally } from "./tally.ts";

/**
 * Tells what happens to a queue: the first time at once, what follows soon after it summed, so that a flood of items is
 * no flood of events. What lasts is always told.
 */
export class QueueEvents {
	readonly #reporter: StreamReporter;
	readonly #settings: QueueSettings<never>;
	readonly #tally: Tally;
	/** Of those that were dropped. */
	readonly #told = noneDropped();
	readonly #droppedPause: Pause;
	readonly #blockedPause: Pause;
	readonly #throttlePause: Pause;
	#hasUntoldBlock = false;
	#throttleTold = false;
	#isTelling = false;

	constructor(reporter: StreamReporter, settings: QueueSettings<never>, tally: Tally) {
		this.#reporter = reporter;
		this.#settings = settings;
		this.#tally = tally;
		const { eventIntervalMs } = settings;
		this.#droppedPause = new Pause(reporter.clock, eventIntervalMs, () => this.#tellDropped());
		this.#blockedPause = new Pause(reporter.clock, eventIntervalMs, () => {
			if (this.#hasUntoldBlock && this.#tally.blockedProducers > 0) this.#tellBlocked();
		});
		this.#throttlePause = new Pause(reporter.clock, eventIntervalMs, () => {
			if (this.#tally.isThrottled && !this.#throttleTold) this.#tellThrottled();
		});
	}

	dropped(): void {
		if (this.#droppedPause.isOn) return;
		// Whoever causes it as it hears of something hears of nothing else meanwhile.
		if (this.#isTelling) this.#droppedPause.begin(1);
		else this.#tellDropped();
	}

	blocked(): void {
		if (this.#blockedPause.isOn) this.#hasUntoldBlock = true;
		else this.#tellBlocked();
	}

	throttleStarted(): void {
		if (!this.#throttlePause.isOn) this.#tellThrottled();
	}

	throttleEnded(throttledMs: number): void {
		if (!this.#throttleTold) return;
		this.#throttleTold = false;
		this.#emit("stream.throttle_ended", () => ({ ...this.#fill(), "stream.throttled_ms": throttledMs }));
	}

	closed(failure: { readonly error: unknown } | undefined): void {
		this.#blockedPause.end();
		this.#throttlePause.end();
		if (this.#droppedPause.isOn && !this.#isTelling) {
			this.#droppedPause.end();
			this.#tellDropped();
		}
		const tally = this.#tally;
		this.#emit("stream.queue_closed", () => ({
			"stream.queue_size": tally.size,
			"stream.items_in": tally.itemsIn,
			"stream.items_out": tally.itemsOut,
			"stream.items_dropped": tally.totalDropped,
			"stream.blocked_puts": tally.blockedPuts,
			"stream.blocked_ms": tally.blockedMs,
			"stream.peak_size": tally.peakSize,
			...(failure !== undefined && { "error.type": errorType(failure.error) }),
		}));
	}

	#tellDropped(): void {
		for (const reason of dropReasons) {
			const dropped = this.#tally.dropped[reason] - this.#told[reason];
			if (dropped === 0) continue;
			this.#told[reason] += dropped;
			// Before it is told: a listener may put something itself.
			if (!this.#droppedPause.isOn) this.#droppedPause.begin();
			this.#emit("stream.chunk_dropped", () => ({
				"stream.drop_reason": reason,
				"stream.dropped": dropped,
				...this.#size(),
			}));
		}
	}

	#tellBlocked(): void {
		this.#hasUntoldBlock = false;
		this.#blockedPause.begin();
		const { blockedProducers, blockedMs } = this.#tally;
		this.#emit("stream.producer_blocked", () => ({
			"stream.blocked_producers": blockedProducers,
			"stream.blocked_ms": blockedMs,
			...this.#size(),
		}));
	}

	#tellThrottled(): void {
		this.#throttleTold = true;
		this.#throttlePause.begin();
		this.#emit("stream.throttle_started", () => this.#fill());
	}

	#emit(name: StreamEventName, give: () => EventAttributes): void {
		const wasTelling = this.#isTelling;
		this.#isTelling = true;
		this.#reporter.emit(name, give);
		this.#isTelling = wasTelling;
	}

	#fill(): Readonly<Record<string, number>> {
		const { capacity, maxBytes } = this.#settings;
		const { size, bytes } = this.#tally;
		return { "stream.fill_ratio": Math.max(size / capacity, bytes / maxBytes), ...this.#size() };
	}

	#size(): Readonly<Record<string, number>> {
		return { "stream.queue_size": this.#tally.size, "stream.capacity": this.#settings.capacity };
	}
}
