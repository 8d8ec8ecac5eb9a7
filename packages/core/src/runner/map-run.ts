import { nothingSpent, type Spend, sum } from "../cost/spend.ts";
import type { Outcome } from "../outcome.ts";
import type { PipelineStageReport } from "./result.ts";
import type { StageNode } from "./stage-node.ts";
import type { StreamReader } from "./stream-reader.ts";
import { Turn } from "./turn.ts";

/** So many items are taken, and worked on, before anything else has its turn. */
const mostTaken = 1_024;

/** What gives the items of a stage. */
export interface MapItems {
	readonly reader: StreamReader;
	/** True where all items are there from the start: then all of them stand in the queue from the start, too. */
	readonly isList: boolean;
	/** How many calls the pipeline lets go on; of other items one more is asked for, so that it is there in time. */
	readonly concurrency: number;
}

/** A stage that is called once for each item of a list, while it goes on. */
export class MapRun {
	readonly node: StageNode;
	readonly number: number;
	readonly items: StreamReader;
	/** How many items may wait for a place or be worked on. */
	readonly limit: number;
	/** Of items that are not there from the start. */
	readonly turn: Turn | undefined;
	readonly startMs: number;
	endMs: number;
	/** Items taken from the list so far. */
	taken = 0;
	/** Items that wait for a place or are being worked on. */
	inFlight = 0;
	isExhausted = false;
	/** True while the list, being a stream, is asked for its next item. */
	isTaking = false;
	failure: { readonly outcome: Outcome; readonly error: unknown } | undefined;
	readonly results: unknown[] = [];
	readonly reports: PipelineStageReport[] = [];

	constructor(node: StageNode, number: number, items: MapItems, startMs: number) {
		this.node = node;
		this.number = number;
		this.items = items.reader;
		this.limit = Math.min(node.itemConcurrency, items.isList ? Infinity : items.concurrency + 1);
		this.turn = items.isList ? undefined : new Turn(mostTaken);
		this.startMs = startMs;
		this.endMs = startMs;
	}

	/** What there is of the output when not every item succeeded: the results before the first that is missing. */
	get partial(): readonly unknown[] {
		let length = 0;
		while (length in this.results) length++;
		return this.results.slice(0, length);
	}

	/** One report of all items together. */
	report(outcome: Outcome, error?: unknown): PipelineStageReport {
		const items = Object.freeze(this.reports.filter((report) => report !== undefined));
		let spent: Spend = nothingSpent;
		for (const { spend } of items) if (spend !== nothingSpent) spent = sum(spent, spend);
		const total = (figure: "attempts" | "queuedMs") => items.reduce((before, item) => before + item[figure], 0);
		return Object.freeze({
			name: this.node.name,
			kind: this.node.kind,
			outcome,
			attempts: total("attempts"),
			startedAtMs: this.startMs,
			durationMs: Math.max(0, this.endMs - this.startMs),
			queuedMs: total("queuedMs"),
			...(outcome !== "ok" && { error }),
			spend: Object.freeze(spent),
			items,
		});
	}
}
