import type { Exporter, ExportResult } from "./create-exporter.ts";
import { exportBatch } from "./export-batch.ts";
import { exportProblem, networkProblem } from "./export-problem.ts";
import type { ExportReport } from "./export-report.ts";
import type { OtlpTarget } from "./otlp-target.ts";
import { connectionProblem } from "./reachability.ts";

/** Counts since the start. */
export interface DeliveryCounts {
	readonly delivered: number;
	/** Given up: refused by the server, or pushed out while nobody could be reached. */
	readonly failed: number;
	/** Ended or written, and not delivered yet. */
	readonly pending: number;
}

/** The counts where nothing is sent. */
export const noDelivery: DeliveryCounts = { delivered: 0, failed: 0, pending: 0 };

/**
 * The way of spans or log records to one address: an exporter that notices what becomes of them.
 *
 * While nobody can be reached, batches wait here (bounded) instead of in the official exporter, whose retry timers
 * would keep a finished process alive for ten seconds.
 */
export interface Delivery<Item extends object> {
	/** To be given to the batch processor. */
	readonly exporter: Exporter<Item>;
	readonly target: OtlpTarget;
	/** Notes an item that ended and is to be exported. */
	add(item: Item): void;
	/** How many items have been added so far. */
	readonly added: number;
	/** Items not delivered yet, oldest first. */
	pending(): Item[];
	counts(): DeliveryCounts;
	/** True while the last attempt to connect has failed. */
	readonly unreachable: boolean;
	/** Resolves when nothing is under way any more; what cannot be delivered now may still be waiting. */
	settled(): Promise<void>;
}

const maxPending = 8_192;
const maxWaiting = 4_096;
const reconnectMs = 5_000;

interface Batch<Item> {
	readonly items: Item[];
	answer: ((result: ExportResult) => void) | undefined;
}

export function delivery<Item extends object>(
	inner: Exporter<Item>,
	target: OtlpTarget,
	report: ExportReport,
): Delivery<Item> {
	const ledger = new Set<Item>();
	const waiting: Batch<Item>[] = [];
	let connected = false;
	let unreachable = false;
	let added = 0;
	let delivered = 0;
	let failed = 0;
	let draining: Promise<void> | undefined;
	let reconnect: NodeJS.Timeout | undefined;

	const forget = (items: readonly Item[]) => {
		for (const item of items) ledger.delete(item);
	};
	const giveUp = (items: readonly Item[]) => {
		failed += items.length;
		forget(items);
	};

	async function drain(): Promise<void> {
		while (waiting.length > 0) {
			const problem = connected ? undefined : await connectionProblem(target.url);
			if (problem !== undefined) return postpone(problem);
			connected = true;
			unreachable = false;
			const batch = waiting.shift() as Batch<Item>;
			const result = await exportBatch(inner, batch.items, target);
			const network = result.code === 0 ? undefined : networkProblem(result.error);
			if (network !== undefined) {
				connected = false;
				waiting.unshift(batch);
				return postpone(network);
			}
			if (result.code === 0) {
				delivered += batch.items.length;
				forget(batch.items);
				report.delivered(target);
			} else {
				giveUp(batch.items);
				report.failed(target, exportProblem(result.error));
			}
			batch.answer?.(result);
		}
	}

	/** Answers for what waits, keeps the newest of it, and tries again later. */
	function postpone(problem: string): void {
		unreachable = true;
		report.failed(target, problem);
		for (const batch of waiting) {
			batch.answer?.({ code: 1, error: new Error(`${target.url}: ${problem}`) });
			batch.answer = undefined;
		}
		let kept = waiting.reduce((sum, batch) => sum + batch.items.length, 0);
		while (kept > maxWaiting) {
			const oldest = waiting.shift();
			if (oldest === undefined) break;
			kept -= oldest.items.length;
			giveUp(oldest.items);
		}
		reconnect ??= setTimeout(() => {
			reconnect = undefined;
			start();
		}, reconnectMs).unref();
	}

	function start(): Promise<void> {
		draining ??= drain().finally(() => {
			draining = undefined;
		});
		return draining;
	}

	return {
		target,
		exporter: {
			export(items, answer) {
				waiting.push({ items, answer });
				void start();
			},
			forceFlush: () => start(),
			async shutdown() {
				clearTimeout(reconnect);
				await start();
				clearTimeout(reconnect);
				await inner.shutdown();
			},
		},
		add(item) {
			added++;
			ledger.add(item);
			if (ledger.size <= maxPending) return;
			// Only what a full queue has dropped stays here for so long.
			for (const oldest of ledger) {
				giveUp([oldest]);
				break;
			}
		},
		get added() {
			return added;
		},
		get unreachable() {
			return unreachable;
		},
		pending: () => [...ledger],
		counts: () => ({ delivered, failed, pending: ledger.size }),
		settled: async () => {
			await (draining ?? (waiting.length > 0 ? start() : undefined));
		},
	};
}
