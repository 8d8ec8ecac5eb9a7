import { errorType, type FootlightEvent, telemetryFailed } from "@footlight/core";
import { show } from "@footlight/core/option";
import { ignoreRejection, isThenable } from "@footlight/core/telemetry";
import type { Batch, BatchReceipt, BatchSink } from "./buffered/batch.ts";
import { DiskFullError, FileSinkError } from "./jsonl/file-sink-error.ts";
import { type LineGroup, LineQueue } from "./jsonl/line-queue.ts";
import { checkedOptions, type JsonLinesOptions } from "./jsonl/options.ts";
import { RotatingFile } from "./jsonl/rotating-file.ts";
import { jsonOf, keyedJson } from "./sinks/json.ts";
import { SinkClosedError } from "./sinks/sink-error.ts";

/** A sink for single items and for batches. */
export interface JsonLinesSink<Item = FootlightEvent> extends BatchSink<Item> {
	/** Resolves when the line is in the file; rejects where it is not, and never will be. */
	emit(item: Item): Promise<void>;
	/** Takes the item without waiting; what cannot be written is counted. */
	tryEmit(item: Item): void;
	/** Resolves when every line of the batch is in the file; the receipt tells the items that `format` could not take. */
	write(batch: Batch<Item>, signal: AbortSignal): Promise<BatchReceipt | undefined>;
	/** Writes what waits, and closes the file. */
	close(): Promise<void>;
	/** Items given to `tryEmit` that are not in the file. */
	readonly dropped: number;
}

const where = "jsonLinesSink";

/**
 * Appends events to a file, one JSON object a line, and begins a new file when it is large or old.
 *
 * A full file becomes `events.000001.jsonl`, the next `events.000002.jsonl`; the newest `maxFiles` stay. What comes in
 * while a write goes on is written together. A full disk, a folder without permission and the like make `emit` reject
 * with a DiskFullError or FileSinkError, and are counted and told once; the sink goes on when they are over, half a line
 * that they left is cut off or ended, and a file or folder that was deleted is made again. Lines of a batch carry their
 * `idempotencyKey`.
 *
 * Behind a buffered exporter nothing is lost meanwhile. Give a file to one process.
 *
 * **Throws** TypeError or RangeError, when it is made, for an option it cannot take.
 *
 * @example
 * import { mkdtempSync, readFileSync } from "node:fs";
 *
 * const path = `${mkdtempSync("/tmp/events-")}/events.jsonl`;
 * const events = jsonLinesSink({ path, maxBytes: 10_000_000, maxFiles: 5 });
 * await events.emit({ name: "answer.cited", timeMs: 1_767_225_600_000, attributes: { sources: 3 } });
 * await events.close();
 * JSON.parse(readFileSync(path, "utf8")).name; // => "answer.cited"
 */
export function jsonLinesSink<Item = FootlightEvent>(options: JsonLinesOptions<Item>): JsonLinesSink<Item> {
	const checked = checkedOptions(where, options);
	const { format } = checked;
	const file = new RotatingFile({ ...checked, trouble: (error) => telemetryFailed(where, error) });
	const queue = new LineQueue(where, file, checked.maxPendingBytes);
	let closing: Promise<void> | undefined;
	let dropped = 0;

	const lineOf = (item: Item): string => (format === undefined ? jsonOf(item) : oneLine(format(item)));
	const keyedLineOf = (item: Item, key: string): string =>
		format === undefined ? keyedJson(item, key) : oneLine(format(item, key));

	/** The lines of a batch; an item that has none takes no other with it. */
	function linesOf({ items, keys, id }: Batch<Item>): { lines: readonly string[]; receipt: BatchReceipt | undefined } {
		const lines: string[] = [];
		const rejected: number[] = [];
		let reason = "";
		for (const [index, item] of items.entries()) {
			try {
				lines.push(keyedLineOf(item, keys[index] ?? `${id}-${index}`));
			} catch (error) {
				rejected.push(index);
				reason ||= errorType(error);
				telemetryFailed(where, error);
			}
		}
		return { lines, receipt: rejected.length === 0 ? undefined : { rejected, reason } };
	}

	function add(lines: readonly string[], group: LineGroup): void {
		if (closing !== undefined) throw new SinkClosedError(where);
		queue.add(lines, group);
	}

	function count(error: unknown): void {
		if (error === undefined) return;
		dropped++;
		telemetryFailed(where, error);
	}

	return {
		async emit(item) {
			const line = lineOf(item);
			await new Promise<void>((resolve, reject) => {
				add([line], { settled: (error) => (error === undefined ? resolve() : reject(error)) });
			});
		},
		tryEmit(item) {
			try {
				add([lineOf(item)], { settled: count });
			} catch (error) {
				count(error);
			}
		},
		async write(batch, signal) {
			signal.throwIfAborted();
			const { lines, receipt } = linesOf(batch);
			if (lines.length === 0) return receipt;
			const { promise, resolve, reject } = Promise.withResolvers<void>();
			let left = lines.length;
			const group: LineGroup = {
				settled(error) {
					left--;
					if (error !== undefined) reject(error);
					else if (left === 0) resolve();
				},
			};
			const abort = (): void => {
				group.isCancelled = true;
				reject(signal.reason);
			};
			add(lines, group);
			signal.addEventListener("abort", abort, { once: true });
			await promise.finally(() => signal.removeEventListener("abort", abort));
			return receipt;
		},
		close() {
			closing ??= queue.idle().then(() => file.close());
			return closing;
		},
		get dropped() {
			return dropped;
		},
	};
}

/** A line break within a line would make two of it. */
function oneLine(text: unknown): string {
	if (typeof text === "string") return text.replace(/[\r\n]+/g, " ");
	// One written as an async function may reject, too.
	if (isThenable(text)) ignoreRejection(text);
	throw new TypeError(`${where}: format must give a string, got ${show(text)}`);
}

export { DiskFullError, FileSinkError, type JsonLinesOptions };
