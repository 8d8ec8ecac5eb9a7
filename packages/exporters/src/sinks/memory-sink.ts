import type { FootlightEvent } from "@footlight/core";
import { knownOptions, positiveInteger } from "@footlight/core/option";
import type { ClosableSink } from "./closable-sink.ts";
import { SinkClosedError } from "./sink-error.ts";

export interface MemorySinkOptions {
	/** Most events it holds; beyond it the oldest goes, counted. @default 1000 */
	readonly maxEvents?: number;
}

/** A sink that holds the latest events. */
export interface MemorySink extends ClosableSink {
	/** The events it holds, the oldest first. */
	readonly events: readonly FootlightEvent[];
	/** Events that gave way to later ones. */
	readonly evicted: number;
	/** Forgets the events it holds. */
	clear(): void;
}

/**
 * Holds the latest events in memory: for tests, and for a page that shows what just happened.
 *
 * The events stay readable after `close`.
 *
 * **Throws** TypeError or RangeError, when it is made, for an option it cannot take.
 *
 * @example
 * const latest = memorySink({ maxEvents: 100 });
 * const light = footlight("docs-qa", { sinks: [latest] });
 * light.run(() => light.current().event("answer.cited", { sources: 3 }));
 * latest.events.map((event) => event.name); // => ["answer.cited"]
 */
export function memorySink(options: MemorySinkOptions = {}): MemorySink {
	knownOptions("memorySink", options, ["maxEvents"]);
	const { maxEvents = 1_000 } = options;
	const capacity = positiveInteger("memorySink: maxEvents", maxEvents);
	let held: FootlightEvent[] = [];
	/** Where the oldest is, once the ring is full. */
	let oldest = 0;
	let evicted = 0;
	let dropped = 0;
	let isClosed = false;

	function keep(event: FootlightEvent): void {
		if (held.length < capacity) {
			held.push(event);
			return;
		}
		held[oldest] = event;
		oldest = (oldest + 1) % capacity;
		evicted++;
	}

	return {
		async emit(event) {
			if (isClosed) throw new SinkClosedError("memorySink");
			keep(event);
		},
		tryEmit(event) {
			if (isClosed) dropped++;
			else keep(event);
		},
		async close() {
			isClosed = true;
		},
		clear() {
			held = [];
			oldest = 0;
		},
		get events() {
			return [...held.slice(oldest), ...held.slice(0, oldest)];
		},
		get evicted() {
			return evicted;
		},
		get dropped() {
			return dropped;
		},
	};
}
