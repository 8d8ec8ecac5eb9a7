import type { EventSink } from "@footlight/core";

/** A sink with an end, which counts what it could not keep. */
export interface ClosableSink extends EventSink {
	/** Events given to `tryEmit` that were not kept. */
	readonly dropped: number;
	/** Writes what is left and lets go of what it holds. Later calls give the same promise; later events are refused. */
	close(): Promise<void>;
}

/** An event sink that may have an end. */
export type MaybeClosable = EventSink & { close?(): unknown };

/** Closes a sink that may have no end, and may throw. */
export async function closeOf(sink: MaybeClosable): Promise<void> {
	await sink.close?.();
}
