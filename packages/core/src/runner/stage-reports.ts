import { nothingSpent } from "../cost/spend.ts";
import type { PipelineStageReport } from "./result.ts";
import type { StageNode } from "./stage-node.ts";

/**
 * The reports of a run's stages, by number. Of a stage that went as nearly all do only the times are kept: its report is
 * made when somebody reads it.
 */
export class StageReports {
	readonly #nodes: readonly StageNode[];
	/** When such a stage started and ended, one after the other. */
	readonly #times: number[];
	#others: PipelineStageReport[] | undefined;
	#all: readonly PipelineStageReport[] | undefined;

	constructor(nodes: readonly StageNode[]) {
		this.#nodes = nodes;
		this.#times = new Array(nodes.length * 2);
	}

	/** Notes a stage that was called once and gave its output, and of which nothing else is to be said. */
	noteTimes(number: number, startMs: number, endMs: number): void {
		this.#times[number * 2] = startMs;
		this.#times[number * 2 + 1] = endMs;
	}

	note(number: number, report: PipelineStageReport): void {
		this.#others ??= new Array(this.#nodes.length);
		this.#others[number] = report;
	}

	has(number: number): boolean {
		return this.#times[number * 2] !== undefined || this.#others?.[number] !== undefined;
	}

	/** All of them, once every stage is noted. */
	get all(): readonly PipelineStageReport[] {
		this.#all ??= Object.freeze(this.#nodes.map((node, number) => this.#others?.[number] ?? this.#made(node, number)));
		return this.#all;
	}

	#made({ name, kind }: StageNode, number: number): PipelineStageReport {
		const startedAtMs = this.#times[number * 2] as number;
		const durationMs = Math.max(0, (this.#times[number * 2 + 1] as number) - startedAtMs);
		const how = { outcome: "ok", attempts: 1, startedAtMs, durationMs, queuedMs: 0 } as const;
		return Object.freeze({ name, kind, ...how, spend: nothingSpent });
	}
}
