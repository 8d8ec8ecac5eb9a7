import type { Call } from "../call.ts";
import { countRejection } from "../deliver.ts";
import { emitEvent } from "../emit.ts";
import type { FootlightEvent } from "../event.ts";
import { withoutTelemetry } from "../telemetry-context.ts";
import { telemetryFailed } from "../telemetry-failure.ts";

/** Takes items and brings them away: a `BufferedExporter`, or any `EventSink`. */
export interface StreamExporter<Item = FootlightEvent> {
	/** Resolves when the item is kept; may reject, for those who await it. */
	emit(item: Item): Promise<void>;
	/** Takes the item without waiting; never throws. */
	tryEmit(item: Item): void;
	close?(): unknown;
}

/** What an exporter had no room for. */
export interface ExporterOverflow {
	/** Items since it was told before. */
	readonly dropped: number;
	readonly total: number;
	readonly size: number;
	readonly capacity: number;
}

/** What the exporter of a call is made with; both are options of a `BufferedExporter`. */
export interface ExporterSetup {
	/** Name of the stage. */
	readonly name: string;
	/** Makes it an event `analytics.overflow` of the call. */
	readonly onOverflow: (overflow: ExporterOverflow) => void;
}

const told = new WeakSet<object>();

/** True for an overflow that a call has told of: who found it need not. */
export function isTold(overflow: object): boolean {
	return told.has(overflow);
}

/** Makes the exporter of a call; one that cannot be made takes nothing, and the call goes on. */
export function exporterFor<Item>(
	make: (setup: ExporterSetup) => StreamExporter<Item>,
	call: Call,
): StreamExporter<Item> {
	const { name } = call;
	const onOverflow = (overflow: ExporterOverflow) => {
		told.add(overflow);
		emitEvent(call, "analytics.overflow", () => ({
			"exporter.name": name,
			"analytics.dropped": overflow.dropped,
			"analytics.total_dropped": overflow.total,
			"analytics.buffer_size": overflow.size,
			"analytics.capacity": overflow.capacity,
		}));
	};
	try {
		return make({ name, onOverflow });
	} catch (error) {
		telemetryFailed("exporter", error);
		return { emit: () => Promise.reject(error), tryEmit: () => {} };
	}
}

/** Closes an exporter without anybody waiting for it: what comes of it belongs to no call. */
export function closeInBackground(exporter: StreamExporter<never>): void {
	try {
		withoutTelemetry(() => countRejection("exporter", exporter.close?.()));
	} catch (error) {
		telemetryFailed("exporter", error);
	}
}
