import type { Performance } from "./bake-off.fixture.ts";
import type { Consumer, FinishedSpan, Script, Source, Wrapper } from "./contract.fixture.ts";

/** Milliseconds lost when a span's time is kept in parts. */
const roundingMs = 0.01;

/** What the spans of one performance say that is not so. */
export function spanFindings(
	{ attributes: names }: Wrapper,
	spans: readonly FinishedSpan[],
	source: Source,
	consumer: Consumer,
	script: Script,
	{ seen, endedEarly, consumedMs }: Performance,
): string[] {
	const findings: string[] = [];
	const expect = (what: string, actual: unknown, expected: unknown) => {
		if (actual !== expected) findings.push(`${what} is ${String(actual)} instead of ${String(expected)}`);
	};
	const stages = spans.filter(({ name }) => name === "stage");
	const [stage] = stages;
	if (stage === undefined) return source.family === "async" && seen.probe.pulls === 0 ? [] : ["the span never ended"];
	expect("the number of spans", stages.length, 1);

	const fails = script.failAfter !== undefined || consumer.does === "fails-it";
	const whole = consumer.does === "reads";
	expect("the status", stage.status, fails ? "error" : "unset");
	expect("the number of exceptions recorded", exceptionsOf(spans), fails ? 1 : 0);
	expect("the outcome", stage.attributes[names.outcome], fails ? "error" : whole ? "ok" : "cancelled");
	expect("abandoned", stage.attributes[names.abandoned], consumer.does === "leaves" ? true : undefined);
	if (consumer.does === "leaves" && stage.endMs > consumedMs)
		findings.push("the span ends after the last activity of its stream");

	const children = spans.filter(({ name }) => name === "child");
	expect(
		"the number of children that lost their parent",
		children.filter(({ parentSpanId }) => parentSpanId !== stage.spanId).length,
		0,
	);
	if (whole) {
		if (endedEarly) findings.push("the span ended while the stream went on");
		for (const child of children) {
			if (child.startMs < stage.startMs - roundingMs) findings.push("a child began before its parent");
			if (child.endMs > stage.endMs + roundingMs) findings.push("a child outlived its parent");
		}
	}
	return [...findings, ...countFindings(stage, names, consumer.regroups ? undefined : whole && !fails, seen)];
}

function countFindings(
	stage: FinishedSpan,
	names: Wrapper["attributes"],
	exactly: boolean | undefined,
	seen: Performance["seen"],
): string[] {
	const count = stage.attributes[names.itemCount];
	const firstItemMs = stage.attributes[names.firstItemMs];
	if (typeof count !== "number") return ["no items were counted"];
	const findings: string[] = [];
	const noted = seen.items.length;
	// A consumer that stops or fails may have been handed items it never looked at.
	if (exactly ? count !== noted : exactly === false && count > seen.probe.pulls)
		findings.push(`${count} items were counted, the consumer had ${noted}`);
	const timed =
		typeof firstItemMs === "number" && firstItemMs >= 0 && firstItemMs <= stage.endMs - stage.startMs + roundingMs;
	if (count > 0 ? !timed : firstItemMs !== undefined)
		findings.push(`the first of ${count} items is said to have come after ${firstItemMs} ms`);
	return findings;
}

function exceptionsOf(spans: readonly FinishedSpan[]): number {
	return spans.reduce((sum, { exceptions }) => sum + exceptions, 0);
}
