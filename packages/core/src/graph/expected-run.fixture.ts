import type { Outcome } from "../outcome.ts";
import type { Act, RandomGraph, RandomNode } from "./random-graph.fixture.ts";

export interface ExpectedStep {
	readonly name: string;
	readonly outcome: Outcome;
	readonly attempts: number;
	readonly startMs: number;
	readonly durationMs: number;
	readonly costUsd: number;
	/** Text of the error. */
	readonly error: string | undefined;
	/** The runs of the graph that the node is: one for each attempt. */
	readonly runs: readonly InnerRun[];
}

export interface InnerRun {
	readonly outcome: Outcome;
	readonly startMs: number;
	readonly durationMs: number;
	readonly costUsd: number;
}

/** What has to come of a run, by a reading of the graph that knows nothing of how it is run. */
export interface ExpectedRun {
	readonly outcome: Outcome;
	readonly steps: readonly ExpectedStep[];
	/** The node at which a run that was stopped would have gone on. */
	readonly next: string | undefined;
	/** Text of what the run failed with, and whether it arose in the run itself and not in a node. */
	readonly error: string | undefined;
	readonly isOwnError: boolean;
	/** The nodes whose states led to the last one, in order. */
	readonly trail: readonly string[];
	/** Every call of a node's function, in order. */
	readonly calls: readonly string[];
	readonly durationMs: number;
}

export const timeoutMessage = (timeoutMs: number): string =>
	`[timeout] graph random did not settle within ${timeoutMs} ms`;
export const abortMessage = "the user has left";
/** Name of the node in the graph that a node is. */
export const innerName = (node: string): string => `${node} inner`;
export const failureOf = (node: string, call: number): string => `${node} failed in call ${call}`;

/** Reads a graph as its rules say it has to be run. */
export function expectedRun(graph: RandomGraph): ExpectedRun {
	const byName = new Map(graph.nodes.map((node) => [node.name, node]));
	const called = new Map<string, number>();
	const steps: ExpectedStep[] = [];
	const calls: string[] = [];
	let trail: string[] = [];
	let nowMs = 0;
	/** Set when a node aborts the run itself. */
	let isAborted = graph.abortAtMs === -1;
	const endsAtMs = graph.timeoutMs ?? (graph.abortAtMs === -1 ? undefined : graph.abortAtMs);
	const early = {
		outcome: graph.timeoutMs === undefined ? ("cancelled" as const) : ("timeout" as const),
		error: graph.timeoutMs === undefined ? abortMessage : timeoutMessage(graph.timeoutMs),
	};

	const ended = (
		outcome: Outcome,
		error: string | undefined,
		{ isOwnError = false, next }: { isOwnError?: boolean; next?: string } = {},
	): ExpectedRun => ({ outcome, error, isOwnError, next, steps, trail, calls, durationMs: nowMs });

	function nextAct(node: RandomNode): { act: Act; call: number } {
		const call = called.get(node.name) ?? 0;
		called.set(node.name, call + 1);
		calls.push(`${node.name} ${call}`);
		return { act: node.acts[call % node.acts.length] as Act, call };
	}

	/** One step, all attempts. */
	function step(node: RandomNode): ExpectedStep {
		const startMs = nowMs;
		let costUsd = 0;
		const runs: InnerRun[] = [];
		const done = (outcome: Outcome, attempts: number, error?: string): ExpectedStep => {
			return { name: node.name, outcome, attempts, startMs, durationMs: nowMs - startMs, costUsd, error, runs };
		};
		for (let attempt = 1; ; attempt++) {
			const { act, call } = nextAct(node);
			costUsd += act.costUsd;
			const attemptMs = nowMs;
			const noteRun = (outcome: Outcome): void => {
				if (!node.isNested) return;
				runs.push({ outcome, startMs: attemptMs, durationMs: nowMs - attemptMs, costUsd: act.costUsd });
			};
			const takesTime = act.delayMs !== undefined || act.kind === "never";
			const isWaitedFor = takesTime || node.maxAttempts > 1 || node.hasFallback || node.isNested;
			if (act.kind === "abort") isAborted = true;
			if (isAborted && isWaitedFor) {
				// What is there at once is there, whoever aborts meanwhile.
				noteRun(takesTime ? early.outcome : act.kind === "throw" ? "error" : "ok");
				return done(early.outcome, attempt, early.error);
			}
			const readyMs = act.kind === "never" ? Number.POSITIVE_INFINITY : nowMs + (act.delayMs ?? 0);
			if (endsAtMs !== undefined && endsAtMs > nowMs && endsAtMs < readyMs) {
				nowMs = endsAtMs;
				isAborted = true;
				noteRun(early.outcome);
				return done(early.outcome, attempt, early.error);
			}
			nowMs = readyMs;
			noteRun(act.kind === "throw" ? "error" : "ok");
			if (act.kind !== "throw") {
				trail = [...trail, node.name];
				return done("ok", attempt);
			}
			if (attempt < node.maxAttempts) continue;
			const error = failureOf(node.name, call);
			if (!node.hasFallback) return done("error", attempt, error);
			trail = [...trail, `${node.name} fallback`];
			return done("fallback", attempt, error);
		}
	}

	let node = graph.nodes[0] as RandomNode;
	for (;;) {
		if (isAborted) return ended(early.outcome, early.error, { isOwnError: true, next: node.name });
		if (steps.length === graph.maxSteps) return ended("error", "step_limit", { isOwnError: true, next: node.name });
		const taken = step(node);
		steps.push(taken);
		if (taken.outcome !== "ok" && taken.outcome !== "fallback") return ended(taken.outcome, taken.error);
		let next: string | undefined;
		for (const { to, gate } of node.edges) {
			const answer = gate === undefined ? "open" : gate[(steps.length - 1) % gate.length];
			if (answer === "throw") return ended("error", "edge_failed", { isOwnError: true });
			if (answer !== "open") continue;
			next = to;
			break;
		}
		if (next === undefined) return ended("ok", undefined);
		node = byName.get(next) as RandomNode;
	}
}
