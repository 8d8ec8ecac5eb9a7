// For users.

export type { Priority, Spool, SpoolFigures } from "./buffered/backlog.ts";
export type { Batch, BatchReceipt, BatchSink } from "./buffered/batch.ts";
export {
	BufferedExporter,
	type DeadlineOptions,
	type ExporterSnapshot,
	type FlushResult,
} from "./buffered/buffered-exporter.ts";
export type { ItemSink } from "./buffered/item-sink.ts";
export { NotExportedError, type NotExportedReason } from "./buffered/not-exported-error.ts";
export type { BufferedExporterOptions, HighWater, Overflow } from "./buffered/options.ts";
export { maySucceedLater } from "./buffered/transience.ts";

// For authors of spools.

export type { Backlog, BacklogEntry, BacklogHost, ItemTraits, Refusal } from "./buffered/backlog.ts";
