import { FootlightError, type PipelineReport } from "@footlight/core";
import { APIError } from "openai";

/** What the reports of all runs come to. */
export interface TallyCounts {
	readonly answered: number;
	readonly failed: number;
	/** Failed questions by reason. */
	readonly reasons: Readonly<Record<string, number>>;
	readonly inputTokens: number;
	readonly outputTokens: number;
	readonly costUsd: number;
	/** Model calls whose price or usage nobody knows: their cost is missing above, not zero. */
	readonly unpricedCalls: number;
	readonly unmeteredCalls: number;
	/** Runs by pipeline and outcome. */
	readonly runs: Readonly<Record<string, Readonly<Record<string, number>>>>;
	/** Stages that ran, by `pipeline/stage` and outcome. */
	readonly stages: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface Tally {
	/** Takes a run that is no question. */
	ran(report: PipelineReport): void;
	/** Takes the run of a question. */
	asked(report: PipelineReport): void;
	read(): TallyCounts;
	/** The counts in a sentence or two. */
	summary(): string;
}

export function startTally(): Tally {
	let answered = 0;
	let failed = 0;
	const spent = { inputTokens: 0, outputTokens: 0, costUsd: 0, unpricedCalls: 0, unmeteredCalls: 0 };
	const reasons: Record<string, number> = {};
	const runs: Record<string, Record<string, number>> = {};
	const stages: Record<string, Record<string, number>> = {};

	function ran({ pipeline, outcome, spend, stages: reports }: PipelineReport): void {
		count(runs, pipeline, outcome);
		for (const name of Object.keys(spent) as (keyof typeof spent)[]) spent[name] += spend[name];
		for (const { name, outcome, notRun } of reports) {
			if (notRun === undefined) count(stages, `${pipeline}/${name}`, outcome);
		}
	}

	return {
		ran,
		asked(report) {
			ran(report);
			// Whoever stops the program has not been refused an answer.
			if (report.outcome === "cancelled") return;
			if (report.outcome === "ok") {
				answered += 1;
				return;
			}
			failed += 1;
			const reason = reasonOf(report.error);
			reasons[reason] = (reasons[reason] ?? 0) + 1;
		},
		read: () => structuredClone({ answered, failed, reasons, ...spent, runs, stages }),
		summary() {
			const why = Object.entries(reasons).map(([reason, count]) => `${count} x ${reason}`);
			const failures = failed === 0 ? "none failed" : `${failed} failed (${why.join(", ")})`;
			const { inputTokens, outputTokens, costUsd } = spent;
			const tokens = `${inputTokens} tokens in, ${outputTokens} out, $${costUsd.toFixed(4)}`;
			return `${answered} questions answered, ${failures}. ${tokens}.${missing(spent)}`;
		},
	};
}

function missing({ unpricedCalls, unmeteredCalls }: Pick<TallyCounts, "unpricedCalls" | "unmeteredCalls">): string {
	const unknown = [
		...(unpricedCalls > 0 ? [`${unpricedCalls} without a price`] : []),
		...(unmeteredCalls > 0 ? [`${unmeteredCalls} without usage`] : []),
	];
	return unknown.length === 0 ? "" : ` Calls not in these sums: ${unknown.join(", ")}.`;
}

function count(counts: Record<string, Record<string, number>>, name: string, outcome: string): void {
	const byOutcome = counts[name] ?? {};
	byOutcome[outcome] = (byOutcome[outcome] ?? 0) + 1;
	counts[name] = byOutcome;
}

/** Names a failure in few words. */
export function reasonOf(error: unknown): string {
	if (FootlightError.is(error)) return error.code;
	if (!(error instanceof Error)) return String(error);
	if (error instanceof APIError && error.status) return `${error.status} ${error.code || error.type || error.name}`;
	return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
