import { type EventSink, type FootlightEvent, telemetryFailed } from "@footlight/core";
import { type ClosableSink, closeOf } from "./closable-sink.ts";
import { SinkClosedError } from "./sink-error.ts";

/** A sink before a sink: hands on what `pass` makes of each event, or nothing. */
export function passingSink(
	name: string,
	sink: EventSink,
	pass: (event: FootlightEvent) => FootlightEvent | undefined,
): ClosableSink {
	let closing: Promise<void> | undefined;
	let dropped = 0;

	function passed(event: FootlightEvent): FootlightEvent | undefined {
		if (closing !== undefined) throw new SinkClosedError(name);
		return pass(event);
	}

	function failed(error: unknown): void {
		dropped++;
		telemetryFailed(name, error);
	}

	return {
		async emit(event) {
			const other = passed(event);
			if (other !== undefined) await sink.emit(other);
		},
		tryEmit(event) {
			try {
				const other = passed(event);
				if (other !== undefined) hearRejection(sink.tryEmit(other), failed);
			} catch (error) {
				failed(error);
			}
		},
		close() {
			closing ??= closeOf(sink);
			return closing;
		},
		get dropped() {
			return dropped;
		},
	};
}

/** A `tryEmit` may have been written as an async function: nobody else would hear that it rejects. */
export function hearRejection(result: unknown, failed: (error: unknown) => void): void {
	if (typeof (result as Partial<PromiseLike<unknown>> | undefined | null)?.then !== "function") return;
	Promise.resolve(result).catch(failed);
}
