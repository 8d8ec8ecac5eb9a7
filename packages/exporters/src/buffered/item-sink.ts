import type { Batch, BatchReceipt, BatchSink } from "./batch.ts";
import { failureType, maySucceedLater } from "./transience.ts";

/** Takes items one at a time: an `EventSink` is one, and so is another exporter. */
export interface ItemSink<Item> {
	/** Resolves when the item is kept. */
	emit(item: Item): Promise<void>;
	close?(): unknown;
}

interface Progress {
	next: number;
	readonly rejected: number[];
	reason: string;
}

/**
 * Has a sink of items take batches: one item after the other, in order. An attempt goes on where the one before failed, so
 * that what was taken is not given again; an item that it refuses for good holds up none behind it.
 */
export function batchesFor<Item>(sink: ItemSink<Item>): BatchSink<Item> {
	const begun = new WeakMap<Batch<Item>, Progress>();
	return {
		async write(batch, signal) {
			const progress = begun.get(batch) ?? { next: 0, rejected: [], reason: "" };
			begun.set(batch, progress);
			while (progress.next < batch.items.length) {
				signal.throwIfAborted();
				const failure = await failureOf(sink, batch.items[progress.next] as Item);
				// Another attempt may be under way already: it knows nothing of what this one hears too late.
				signal.throwIfAborted();
				if (failure !== undefined) {
					if (maySucceedLater(failure.error)) throw failure.error;
					progress.rejected.push(progress.next);
					progress.reason ||= failureType(failure.error);
				}
				progress.next++;
			}
			const { rejected, reason } = progress;
			return rejected.length === 0 ? undefined : ({ rejected, reason } satisfies BatchReceipt);
		},
		...(typeof sink.close === "function" && { close: async () => void (await sink.close?.()) }),
	};
}

async function failureOf<Item>(sink: ItemSink<Item>, item: Item): Promise<{ readonly error: unknown } | undefined> {
	try {
		await sink.emit(item);
		return undefined;
	} catch (error) {
		return { error };
	}
}
