import type { CallKey } from "../call.ts";
import { activeContext, scopeOf } from "../context.ts";
import type { FootlightEvent } from "../event.ts";
import type { StreamingBuffer } from "../media/streaming-buffer.ts";
import type { ChunkQueue } from "../queue/chunk-queue.ts";
import type { StreamExporter } from "./exporter.ts";

/** A key without a default: a function that asks for what no layer gives cannot go on. */
function keyOf(name: string, layer = "streamingTelemetry()"): CallKey<never> {
	return {
		id: Symbol(name),
		get defaultValue(): never {
			throw new TypeError(
				`${name}: there is no streamingTelemetry() around ${callNow()}; give the stage { use: [${layer}] }`,
			);
		},
	};
}

/** Who asks. */
function callNow(): string {
	const definition = scopeOf(activeContext())?.call.definition;
	if (definition === undefined) return "this call";
	return `${definition.kind === "run" ? "the run" : "stage"} ${definition.name}`;
}

export const queueKey: CallKey<never> = keyOf("streamQueue");
export const bufferKey: CallKey<never> = keyOf("streamBuffer", "streamingTelemetry({ buffer })");
export const exporterKey: CallKey<never> = keyOf("streamExporter", "streamingTelemetry({ exporter })");

/**
 * Key of the queue that `streamingTelemetry` gives a call.
 *
 * **Throws** TypeError, when it is read, where there is no such layer around the call.
 *
 * @example
 * light.current().value(streamQueue<string>()); // throws TypeError: streamQueue: there is no streamingTelemetry() around this call; give the stage { use: [streamingTelemetry()] }
 */
export function streamQueue<Item>(): CallKey<ChunkQueue<Item>> {
	return queueKey;
}

/**
 * Key of the buffer that `streamingTelemetry` gives a call.
 *
 * **Throws** TypeError, when it is read, where there is no such layer around the call, or one without the option `buffer`.
 */
export function streamBuffer<Chunk = Uint8Array>(): CallKey<StreamingBuffer<Chunk>> {
	return bufferKey;
}

/**
 * Key of the exporter that `streamingTelemetry` gives a call.
 *
 * **Throws** TypeError, when it is read, where there is no such layer around the call, or one without the option `exporter`.
 */
export function streamExporter<Item = FootlightEvent>(): CallKey<StreamExporter<Item>> {
	return exporterKey;
}
