import { eventually } from "../eventually.ts";
import { findTraces, type JaegerSpan } from "../jaeger-api.ts";
import type { Stack } from "../stack.ts";
import { rootOf, spansWithoutParent } from "../trace.ts";

/** Every question is a trace in Jaeger that tells what happened to it; and there are as many as the demo says it asked. */
export async function questions({ jaegerUrl, demo, startedAt }: Stack): Promise<string> {
	const summary = await demo.stop();
	const asked = Object.values(summary.runs["docs-qa"] ?? {}).reduce((sum, count) => sum + count, 0);
	const traces = await eventually(30_000, async () => {
		const found = await findTraces(jaegerUrl, { service: "docs-qa", operation: "docs-qa", fromMs: startedAt });
		return found.length >= asked ? { found } : { missing: `${asked} traces of questions; Jaeger has ${found.length}` };
	});
	if (traces.length !== asked)
		throw new Error(`the demo asked ${asked} questions, and Jaeger has ${traces.length} traces`);

	const problems = traces.flatMap(problemsOf);
	if (problems.length > 0) throw new Error(problems.slice(0, 10).join("; "));
	const spans = traces.flat();
	const outcomes = countBy(traces.map((trace) => String(rootOf(trace, "docs-qa")?.tags.outcome)));
	const told = Object.entries(summary.runs["docs-qa"] ?? {});
	const untrue = told.filter(([outcome, count]) => outcomes[outcome] !== count);
	if (untrue.length > 0) {
		throw new Error(`the demo counted ${JSON.stringify(told)}, its traces say ${JSON.stringify(outcomes)}`);
	}

	const events = countBy(spans.flatMap((span) => span.events.map((event) => String(event.event ?? event.name))));
	for (const name of ["retry.scheduled", "circuit_breaker.opened", "circuit_breaker.closed"]) {
		if (!events[name]) throw new Error(`no trace has the event ${name}; there are ${Object.keys(events).join(", ")}`);
	}
	const attempts = spans.filter(({ tags }) => tags["retry.attempt"] !== undefined);
	const links = spans.flatMap(({ linkedIds }) => linkedIds);
	if (attempts.length === 0) throw new Error("no trace draws the attempts of a retry");
	if (links.length === 0) throw new Error("no span is linked to the stages it had its input from");
	const figures = [
		`${traces.length} traces`,
		`${spans.length} spans`,
		`${attempts.length} attempts`,
		`${links.length} links`,
	];
	const ends = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
	return `${figures.join(", ")}, ${Object.keys(events).length} kinds of events; ${ends.join(", ")}`;
}

/** What is wrong with the trace of a question, in words. */
function problemsOf(trace: readonly JaegerSpan[]): string[] {
	const root = rootOf(trace, "docs-qa");
	if (root === undefined) return [`trace ${trace[0]?.traceId} has no root docs-qa`];
	const problems: string[] = [];
	for (const tag of ["pipeline.name", "pipeline.run.id", "session.id", "user.id", "outcome"]) {
		if (root.tags[tag] === undefined) problems.push(`has no ${tag}`);
	}
	for (const { name } of spansWithoutParent(trace)) problems.push(`${name} has a parent that is not there`);
	const ids = new Set(trace.map(({ spanId }) => spanId));
	for (const { name, spanId, tags, linkedIds, events } of trace) {
		if (linkedIds.some((id) => !ids.has(id))) problems.push(`${name} is linked to a span that is not there`);
		if (tags["otel.status_code"] === "OK") problems.push(`${name} has the status OK, which nothing sets`);
		const scheduled = events.filter(({ event }) => event === "retry.scheduled").length;
		const attempts = trace.filter(({ parentId, tags }) => parentId === spanId && "retry.attempt" in tags);
		// The last wait may be given up, and no attempt follows it.
		if (scheduled > 0 && attempts.length < Math.max(2, scheduled)) {
			problems.push(`${name} was retried ${scheduled} times, and ${attempts.length} attempts are drawn`);
		}
	}
	return problems.map((problem) => `trace ${root.traceId}: ${problem}`);
}

function countBy(words: readonly string[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
	return counts;
}
