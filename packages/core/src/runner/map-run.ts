import { nothingSpent, type Spend } from "../cost/spend.ts";
import type { Outcome } from "../outcome.ts";
import type { PipelineStageReport } from "./result.ts";
import type { StageNode } from "./stage-node.ts";
import type { StreamReader } from "./stream-reader.ts";

/** A stage that is called once for each item of a list, while it goes on. */
export class MapRun {
	readonly node: StageNode;
	readonly number: number;
	readonly items: StreamReader;
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

	constructor(node: StageNode, number: number, items: StreamReader, startMs: number) {
		this.node = node;
		this.number = number;
		this.items = items;
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
		const spent: { -readonly [Figure in keyof Spend]: number } = { ...nothingSpent };
		for (const { spend } of items) {
			if (spend === nothingSpent) continue;
			for (const figure of Object.keys(spent) as (keyof Spend)[]) spent[figure] += spend[figure];
		}
		const sum = (figure: "attempts" | "queuedMs") => items.reduce((total, item) => total + item[figure], 0);
		return Object.freeze({
			name: this.node.name,
			kind: this.node.kind,
			outcome,
			attempts: sum("attempts"),
			startedAtMs: this.startMs,
			durationMs: Math.max(0, this.endMs - this.startMs),
			queuedMs: sum("queuedMs"),
			...(outcome !== "ok" && { error }),
			spend: items.some(({ spend }) => spend !== nothingSpent) ? Object.freeze(spent) : nothingSpent,
			items,
		});
	}
}
