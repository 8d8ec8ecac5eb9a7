import type { QueuePolicy } from "./settings.ts";
import type { Dropped, Tally } from "./tally.ts";

/** A queue in figures. Put were `itemsIn`, what is dropped for another reason than `drop_oldest`, and what waits to come in. */
export interface ChunkQueueSnapshot {
	readonly name: string;
	readonly policy: QueuePolicy;
	readonly capacity: number;
	readonly size: number;
	readonly bytes: number;
	readonly isClosed: boolean;
	readonly isThrottled: boolean;
	/** Items that it took in: those that were taken out, those in it, and the oldest that were dropped for newer ones. */
	readonly itemsIn: number;
	readonly itemsOut: number;
	readonly dropped: Readonly<Dropped>;
	readonly totalDropped: number;
	/** Most items that waited at a time. */
	readonly peakSize: number;
	/** Items that had to wait for room, and how many wait for it now. */
	readonly blockedPuts: number;
	readonly blockedProducers: number;
	readonly waitingConsumers: number;
	/** Summed over the producers; it grows while they wait. */
	readonly blockedMs: number;
	readonly throttledMs: number;
}

interface Described {
	readonly name: string;
	readonly policy: QueuePolicy;
	readonly capacity: number;
	readonly isClosed: boolean;
}

export function snapshotOf(
	{ name, policy, capacity, isClosed }: Described,
	tally: Tally,
	waitingConsumers: number,
): ChunkQueueSnapshot {
	const { size, bytes, isThrottled, itemsIn, itemsOut, totalDropped, peakSize, blockedPuts, blockedProducers } = tally;
	return {
		name,
		policy,
		capacity,
		size,
		bytes,
		isClosed,
		isThrottled,
		itemsIn,
		itemsOut,
		dropped: { ...tally.dropped },
		totalDropped,
		peakSize,
		blockedPuts,
		blockedProducers,
		waitingConsumers,
		blockedMs: tally.blockedMs,
		throttledMs: tally.throttledMs,
	};
}
