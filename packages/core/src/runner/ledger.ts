import type { SpanContext } from "@opentelemetry/api";
import { nothingSpent, type Spend } from "../cost/spend.ts";
import type { Outcome } from "../outcome.ts";
import type { Scope } from "../scope.ts";
import { innerReports } from "./inner-runs.ts";
import type { MapRun } from "./map-run.ts";
import type { NodeScope } from "./node-scope.ts";
import type { Plan } from "./plan.ts";
import type { NotRunReason } from "./report.ts";
import type { PipelineStageReport } from "./result.ts";
import type { StageNode } from "./stage-node.ts";
import { StageReports } from "./stage-reports.ts";

/** An OpenTelemetry SDK keeps no more of one span. */
const mostLinks = 128;

const mostNames = 200;

/** How far a stage has come, as to its output. */
export const progress = {
	/** It is there. */
	done: 1,
	/** It is a stream that another stage reads. */
	handedOn: 2,
	failed: 3,
	skipped: 4,
} as const;

/** What a run knows of each of its stages, by the stage's number: output, report, span. */
export class Ledger {
	/** Absent on a stage that has yet to come to something. */
	readonly progress: number[];
	readonly outputs: unknown[];
	/** What streams and items had given when their stage failed. */
	#partial: Map<number, readonly unknown[]> | undefined;
	readonly reports: StageReports;
	readonly #nodes: readonly StageNode[];
	readonly #plan: Plan;
	/** Spans of each stage, as long as they may be linked to; absent where none is recorded. */
	#spans: Map<number, SpanContext[]> | undefined;

	constructor(plan: Plan) {
		this.#plan = plan;
		this.#nodes = plan.nodes;
		const count = plan.nodes.length;
		this.progress = new Array(count);
		this.outputs = new Array(count);
		this.reports = new StageReports(plan.nodes);
	}

	/** Notes how a call ended; that of an item is one line of its stage's report. */
	note(scope: NodeScope, endMs: number, outcome: Outcome, error: unknown): void {
		const { number, map } = scope;
		if (map !== undefined) map.reports[scope.index as number] = reportOf(scope, endMs, outcome, error);
		else if (outcome === "ok" && isOrdinary(scope)) this.reports.noteTimes(number, scope.startMs, endMs);
		else this.reports.note(number, reportOf(scope, endMs, outcome, error));
	}

	noteMap(map: MapRun, outcome: Outcome, error: unknown): void {
		this.reports.note(map.number, map.report(outcome, error));
	}

	noteNotRun(number: number, reason: NotRunReason, error?: unknown): void {
		this.reports.note(number, notRun(this.#nodes[number] as StageNode, reason, error));
	}

	keepPartial(number: number, output: readonly unknown[]): void {
		this.#partial ??= new Map();
		this.#partial.set(number, output);
	}

	/** Keeps the span of a call, for those of the stages that depend on it to link to. */
	keepSpan(scope: NodeScope): void {
		const context = scope.spanContext;
		if (context === undefined || context === scope.parent?.spanContext) return;
		this.#spans ??= new Map();
		const known = this.#spans.get(scope.number);
		if (known === undefined) this.#spans.set(scope.number, [context]);
		else if (known.length < mostLinks) known.push(context);
	}

	/** Spans of the stages that a stage depends on. */
	linksOf(number: number): readonly SpanContext[] | undefined {
		if (this.#spans === undefined) return undefined;
		const { offsets, targets } = this.#plan.dependencies;
		const links: SpanContext[] = [];
		for (let edge = offsets[number] as number; edge < (offsets[number + 1] as number); edge++) {
			links.push(...(this.#spans.get(targets[edge] as number) ?? []));
		}
		return links.length === 0 ? undefined : links.slice(0, mostLinks);
	}

	/** The outputs by name: all of them at a good end, else those that there are. */
	namedOutputs(isComplete: boolean): Record<string, unknown> {
		const named = newNamed(this.#nodes.length);
		for (let number = 0; number < this.#nodes.length; number++) {
			const { name } = this.#nodes[number] as StageNode;
			const state = this.progress[number];
			if (state === progress.done) named[name] = this.outputs[number];
			else if (state === progress.failed && this.#partial?.has(number)) named[name] = this.#partial.get(number);
			else if (isComplete) named[name] = undefined;
		}
		return Object.freeze(named);
	}
}

/**
 * An object to put outputs in under their names. That of a large pipeline has no prototype: it is a dictionary from the
 * start, where each of thousands of names would make a hidden class, slower the more there are.
 */
export function newNamed(stageCount: number): Record<string, unknown> {
	return stageCount > mostNames ? Object.create(null) : {};
}

/** True for a call of whose report only the times are its own, where it ended well. */
function isOrdinary({ attempts, queuedMs, spend, innerRuns }: NodeScope): boolean {
	return attempts === 1 && (queuedMs === undefined || queuedMs === 0) && spend === undefined && innerRuns === undefined;
}

function reportOf(scope: NodeScope, endMs: number, outcome: Outcome, error: unknown): PipelineStageReport {
	const report: { -readonly [Key in keyof PipelineStageReport]: PipelineStageReport[Key] } = {
		name: scope.node.name,
		kind: scope.node.kind,
		outcome,
		attempts: scope.attempts,
		startedAtMs: scope.startMs,
		durationMs: Math.max(0, endMs - scope.startMs),
		queuedMs: scope.queuedMs ?? 0,
		spend: snapshot(scope),
	};
	if (outcome !== "ok" && (error !== undefined || outcome !== "skipped")) report.error = error;
	const runs = innerReports(scope);
	if (runs !== undefined) report.runs = runs;
	return Object.freeze(report);
}

/** The report of a stage, or of a stage's item, that was never started. */
export function notRun({ name, kind }: StageNode, reason: NotRunReason, error: unknown): PipelineStageReport {
	const outcome = reason === "run_ended" ? "cancelled" : "skipped";
	return Object.freeze({
		...{ name, kind, outcome, attempts: 0, notRun: reason, durationMs: 0, queuedMs: 0 },
		...(reason === "run_ended" && { error }),
		spend: nothingSpent,
	});
}

/** What a call has spent until now; what it spends later does not change it. */
export function snapshot({ spend }: Scope): Spend {
	return spend === undefined ? nothingSpent : Object.freeze({ ...spend });
}
