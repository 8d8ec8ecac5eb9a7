import { isDeepStrictEqual } from "node:util";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { exceptionsOf, milliseconds } from "../sdk.fixture.ts";
import { type ExpectedRun, innerName } from "./expected-run.fixture.ts";
import type { ObservedRun } from "./observed-run.fixture.ts";
import type { RandomGraph } from "./random-graph.fixture.ts";

type Complain = (what: string, actual: unknown, expected: unknown) => void;

const startMs = 1_767_225_600_000;

/** Everything in which a run is not what it had to be, or in which two records of it disagree. */
export async function runComplaints(
	graph: RandomGraph,
	expected: ExpectedRun,
	observed: ObservedRun,
): Promise<string[]> {
	const complaints: string[] = [];
	const complain: Complain = (what, actual, wanted) => {
		if (isDeepStrictEqual(actual, wanted)) return;
		complaints.push(
			`${what}: ${JSON.stringify(actual)?.slice(0, 400)}, expected ${JSON.stringify(wanted)?.slice(0, 400)}`,
		);
	};
	if (observed.result === undefined) return ["the run did not settle"];
	// A node that was given up may call on in the background only if a layer of its own does; none here does.
	complain("calls", observed.calls, expected.calls);
	checkResult(expected, observed, complain);
	checkReport(expected, observed, complain);
	checkSpans(expected, observed, complain);
	await checkMetrics(expected, observed, complain);
	checkLines(expected, observed, complain);
	complain("timers left behind", observed.pendingSleeps, 0);
	complain("listeners left behind", observed.abortListeners, 0);
	if (graph.isStreamed) checkStream(expected, observed, complain);
	return complaints;
}

function shown(error: unknown): string | undefined {
	const { code, message } = (error ?? {}) as { code?: unknown; message?: string };
	return code === "step_limit" || code === "edge_failed" ? code : message;
}

function checkResult(expected: ExpectedRun, { result, clock: _ }: ObservedRun, complain: Complain): void {
	if (result === undefined) return;
	complain("outcome", result.outcome, expected.outcome);
	const { trail } = result.outcome === "ok" ? result.output : result.state;
	complain("trail", trail, expected.trail);
	complain("error", result.outcome === "ok" ? undefined : shown(result.error), expected.error);
}

function checkReport(expected: ExpectedRun, { result }: ObservedRun, complain: Complain): void {
	if (result === undefined) return;
	const { report } = result;
	complain("report: outcome", report.outcome, expected.outcome);
	complain("report: error", shown(report.error), expected.error);
	complain("report: start", report.startedAtMs - startMs, 0);
	complain("report: duration", report.durationMs, expected.durationMs);
	complain("report: spend", report.spend.costUsd, sum(expected.steps.map(({ costUsd }) => costUsd)));
	complain(
		"report: wasted",
		report.spend.wastedUsd >=
			sum(expected.steps.filter(({ outcome }) => outcome === "error").map(({ costUsd }) => costUsd)),
		true,
	);
	complain(
		"report: steps",
		report.stages.map((stage) =>
			stage.notRun === undefined
				? [
						stage.name,
						stage.outcome,
						stage.attempts,
						(stage.startedAtMs ?? 0) - startMs,
						stage.durationMs,
						stage.spend.costUsd,
						shown(stage.error),
						...(stage.runs ?? []).map((run) => [
							run.outcome,
							run.startedAtMs - startMs,
							run.durationMs,
							run.spend.costUsd,
							run.parentRunId === report.runId,
							run.stages.map(({ name, outcome }) => [name, outcome]),
						]),
					]
				: [stage.name, stage.notRun, stage.outcome],
		),
		[
			...expected.steps.map((step) => [
				step.name,
				step.outcome,
				step.attempts,
				step.startMs,
				step.durationMs,
				step.costUsd,
				step.error,
				...step.runs.map((run) => [
					run.outcome,
					run.startMs,
					run.durationMs,
					run.costUsd,
					true,
					[[innerName(step.name), run.outcome]],
				]),
			]),
			...(expected.next === undefined ? [] : [[expected.next, "run_ended", "cancelled"]]),
		],
	);
}

function checkSpans(expected: ExpectedRun, { spans, result }: ObservedRun, complain: Complain): void {
	const run = spans.find(({ parentSpanContext }) => parentSpanContext === undefined);
	const inner = expected.steps.flatMap(({ runs }) => runs);
	complain("spans of runs", spans.filter(({ name }) => name === "random").length, 1 + inner.length);
	if (run === undefined) return;
	complain("run span: outcome", run.attributes.outcome, expected.outcome);
	complain("run span: trace", run.spanContext().traceId, result?.report.traceId);
	complain("run span: run", run.attributes["pipeline.run.id"], result?.report.runId);
	complain("run span: duration", milliseconds(run.duration), expected.durationMs);
	const ownsException = expected.isOwnError && (expected.outcome === "error" || expected.outcome === "timeout");
	complain("run span: exceptions", exceptionsOf(run).length, ownsException ? 1 : 0);
	const stages = spans
		.filter(({ attributes, name }) => attributes["stage.name"] !== undefined && !name.endsWith(" attempt"))
		.filter(({ attributes }) => attributes["pipeline.run.id"] === result?.report.runId)
		.sort(inOrder(spans));
	complain(
		"spans",
		stages.map((span) => [
			span.name,
			span.attributes.outcome,
			milliseconds(span.startTime) - startMs,
			milliseconds(span.duration),
			span.parentSpanContext?.spanId === run.spanContext().spanId,
		]),
		expected.steps.map(({ name, outcome, startMs: start, durationMs }) => [name, outcome, start, durationMs, true]),
	);
	complain(
		"links",
		stages.map(({ links }) => links.map(({ context }) => context.spanId)),
		stages.map((_, index) => (index === 0 ? [] : [stages[index - 1]?.spanContext().spanId])),
	);
	for (const [index, step] of expected.steps.entries()) {
		const span = stages[index];
		if (span === undefined) continue;
		const below = descendants(span, spans);
		const attempts = below.filter(({ name }) => name.endsWith(" attempt"));
		complain(`attempts of step ${index}`, attempts.length, step.attempts > 1 ? step.attempts : 0);
		complain(
			`runs of step ${index}`,
			below
				.filter(({ name }) => name === "random" || name === innerName(step.name))
				.map(({ name, attributes, duration }) => [name, attributes.outcome, milliseconds(duration)]),
			step.runs.flatMap(({ outcome, durationMs }) =>
				[innerName(step.name), "random"].map((name) => [name, outcome, durationMs]),
			),
		);
		const told = [span, ...below].flatMap(exceptionsOf).filter((message) => message === step.error);
		const isTold = step.outcome === "error" || step.outcome === "timeout" || step.outcome === "fallback";
		complain(`exceptions of step ${index}`, told.length, isTold ? 1 : 0);
	}
	complain(
		"spans in all",
		spans.length,
		1 + 2 * inner.length + sum(expected.steps.map(({ attempts }) => (attempts > 1 ? attempts + 1 : 1))),
	);
}

function descendants(span: ReadableSpan, spans: readonly ReadableSpan[]): readonly ReadableSpan[] {
	const below = new Set([span.spanContext().spanId]);
	// Spans are exported as they end, so what stands inside comes first.
	for (const each of spans.toReversed()) {
		if (below.has(each.parentSpanContext?.spanId ?? "")) below.add(each.spanContext().spanId);
	}
	return spans.filter((each) => each !== span && below.has(each.spanContext().spanId));
}

/** Spans are exported as they end; steps follow each other, so that their links tell the order even within one instant. */
function inOrder(spans: readonly ReadableSpan[]): (left: ReadableSpan, right: ReadableSpan) => number {
	const places = new Map(spans.map((span, index) => [span, index]));
	return (left, right) => (places.get(left) as number) - (places.get(right) as number);
}

async function checkMetrics(
	expected: ExpectedRun,
	{ metrics, result }: ObservedRun,
	complain: Complain,
): Promise<void> {
	const collected = await metrics.collect();
	const counted = (name: string, label: string) =>
		Object.fromEntries(
			(collected.get(name)?.points ?? [])
				.filter(({ value }) => value !== 0)
				.map(({ attributes, value }) => [`${attributes[label] ?? ""} ${attributes.outcome ?? ""}`, value])
				.sort(),
		);
	const inner = expected.steps.flatMap(({ name, runs }) => runs.map((run) => ({ ...run, name: innerName(name) })));
	const ofRuns: Record<string, number> = {};
	for (const { outcome } of [expected, ...inner]) ofRuns[` ${outcome}`] = (ofRuns[` ${outcome}`] ?? 0) + 1;
	complain("metric: runs", counted("pipeline.runs", "none"), Object.fromEntries(Object.entries(ofRuns).sort()));
	complain("metric: runs that go on", counted("pipeline.run.active", "none"), {});
	complain("metric: calls that go on", counted("pipeline.stage.active", "stage.name"), {});
	const calls: Record<string, number> = {};
	for (const { name, outcome } of [...expected.steps, ...inner])
		calls[`${name} ${outcome}`] = (calls[`${name} ${outcome}`] ?? 0) + 1;
	const sorted = Object.fromEntries(Object.entries(calls).sort());
	complain("metric: calls", counted("pipeline.stage.calls", "stage.name"), sorted);
	const durations = collected.get("pipeline.stage.duration")?.points ?? [];
	complain("metric: timed calls", sum(durations.map(({ value }) => value)), expected.steps.length + inner.length);
	complain(
		"metric: seconds of calls",
		Math.round(sum(durations.map(({ sum: seconds = 0 }) => seconds)) * 1_000),
		sum([...expected.steps, ...inner].map(({ durationMs }) => durationMs)),
	);
	const money = (name: string) => sum((collected.get(name)?.points ?? []).map(({ value }) => value));
	complain("metric: money", money("pipeline.cost.usd"), result?.report.spend.costUsd);
	complain("metric: wasted money", money("pipeline.cost.wasted_usd"), result?.report.spend.wastedUsd);
}

function checkLines(expected: ExpectedRun, { logger }: ObservedRun, complain: Complain): void {
	complain(
		"lines",
		logger.lines.map(({ message }) => message),
		[
			...expected.steps.flatMap(({ name, outcome, runs }) => [
				...runs.flatMap((run) => [`stage ${innerName(name)} ${run.outcome}`, `run random ${run.outcome}`]),
				`stage ${name} ${outcome}`,
			]),
			`run random ${expected.outcome}`,
		],
	);
}

function checkStream(expected: ExpectedRun, { streamed = [], result, thrown }: ObservedRun, complain: Complain): void {
	const ran = result?.report.stages.filter(({ notRun }) => notRun === undefined);
	complain(
		"streamed steps",
		streamed.map(({ report }) => report === ran?.[streamed.findIndex((step) => step.report === report)]),
		expected.steps.map(() => true),
	);
	complain("error of the loop", shown(thrown), expected.error);
}

function sum(values: readonly number[]): number {
	return values.reduce((total, value) => total + value, 0);
}
