import { FootlightError } from "@footlight/core";
import type { Refusal } from "./backlog.ts";

/** Why an exporter does not take an item. */
export type NotExportedReason = Refusal | "already_shutdown";

const because: Readonly<Record<NotExportedReason, string>> = {
	queue_full: "it is full of what is worth as much or more",
	item_too_large: "the item is larger than all that it may hold",
	not_serializable: "the item cannot be written",
	disk_full: "there is no room on its disk",
	spool_failed: "its spool has failed",
	already_shutdown: "it is closed",
};

/** An exporter did not take an item: it will never be delivered. */
export class NotExportedError extends FootlightError {
	readonly exporterName: string;
	/** The same word as `error.type` of `pipeline.exporter.items`. */
	readonly reason: NotExportedReason;

	constructor(exporterName: string, reason: NotExportedReason, options?: ErrorOptions) {
		super("not_exported", `exporter ${exporterName} did not take an item: ${because[reason]}`, options);
		this.exporterName = exporterName;
		this.reason = reason;
	}
}
