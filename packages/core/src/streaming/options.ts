import {
	type ChunkBufferOptions,
	checkBufferOptions,
	type PcmBufferOptions,
	type StreamingBufferOptions,
} from "../media/settings.ts";
import { knownOptions, refuse, withMethods } from "../option.ts";
import { type ChunkQueueOptions, queueSettings } from "../queue/settings.ts";
import type { ExporterSetup, StreamExporter } from "./exporter.ts";

type Unnamed<Options> = Omit<Options, "name"> & { readonly name?: string };

/** Options of {@link streamingTelemetry}. */
export interface StreamingTelemetryOptions<Item = never, Chunk = never, Exported = never> {
	/** Options of each call's `ChunkQueue`, which is named after the stage unless it is named. @default those of a `ChunkQueue` */
	readonly queue?: Unnamed<ChunkQueueOptions<Item>>;
	/** Options of each call's `StreamingBuffer`, which is named after the stage unless it is named. @default no buffer */
	readonly buffer?: Unnamed<PcmBufferOptions> | Unnamed<ChunkBufferOptions<Chunk>>;
	/**
	 * An exporter, which all calls share and nobody closes; or what makes one for each call, which is closed after it.
	 * @default no exporter
	 */
	readonly exporter?: StreamExporter<Exported> | ((setup: ExporterSetup) => StreamExporter<Exported>);
}

const known = ["queue", "buffer", "exporter"];
const where = "streamingTelemetry";

export function checkStreamingTelemetry(options: StreamingTelemetryOptions): void {
	knownOptions(where, options, known);
	const { queue, buffer, exporter } = options;
	for (const [option, given] of Object.entries({ queue, buffer })) {
		if (given !== undefined && (typeof given !== "object" || given === null)) {
			refuse(TypeError, `${where}: ${option}`, "an object", given);
		}
	}
	if (queue !== undefined) queueSettings({ name: "unnamed", ...queue });
	if (buffer !== undefined) checkBufferOptions({ name: "unnamed", ...buffer } as StreamingBufferOptions);
	if (exporter !== undefined && typeof exporter !== "function") {
		withMethods(`${where}: exporter`, exporter, ["emit", "tryEmit"]);
	}
}

/** The options that matter to a reader. */
export function shownOptions(options: StreamingTelemetryOptions): Readonly<Record<string, string | number>> {
	const { queue, buffer, exporter } = options;
	return {
		...(queue?.capacity !== undefined && { capacity: queue.capacity }),
		...(queue?.policy !== undefined && { policy: queue.policy }),
		...(buffer?.maxMs !== undefined && { maxMs: buffer.maxMs }),
		...(exporter !== undefined && { exporter: typeof exporter === "function" ? "per call" : "shared" }),
	};
}
