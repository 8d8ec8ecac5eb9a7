import type { Performance } from "./bake-off.fixture.ts";
import {
	type Consumer,
	type FinishedSpan,
	isStream,
	type Script,
	type Source,
	type Wrapper,
} from "./contract.fixture.ts";

type Names = Wrapper["attributes"];

/** Milliseconds lost when a span's time is kept in parts. */
const roundingMs = 0.01;

/** What the spans of one performance say that is not so. */
export function spanFindings(
	{ attributes: names }: Wrapper,
	spans: readonly FinishedSpan[],
	source: Source,
	consumer: Consumer,
	script: Script,
	performance: Performance,
): string[] {
	const [stage, ...more] = spans.filter(({ name }) => name === "stage");
	if (stage === undefined) return ["the span never ended"];
	const findings = more.length > 0 ? [`${more.length + 1} spans were recorded for one call`] : [];
	const fails = script.failAfter !== undefined || consumer.does === "fails-it";
	const whole = consumer.does === "reads";
	const exceptions = spans.reduce((sum, span) => sum + span.exceptions, 0);
	const expected = [
		["the status", stage.status, fails ? "error" : "unset"],
		["the number of exceptions recorded", exceptions, fails ? 1 : 0],
		attribute(stage, names.outcome, fails ? "error" : whole ? "ok" : "cancelled"),
		attribute(stage, names.abandoned, consumer.does === "leaves" ? true : undefined),
	] as const;
	for (const [what, actual, right] of expected) {
		if (actual !== right) findings.push(`${what} is ${String(actual)} instead of ${String(right)}`);
	}
	if (consumer.does === "leaves" && stage.endMs > performance.consumedMs) {
		findings.push("the span ends after the last activity of its stream");
	}
	findings.push(...childFindings(stage, spans, whole, performance.endedEarly));
	if (isStream(source))
		findings.push(...countFindings(stage, names, consumer.regroups ? undefined : whole && !fails, performance));
	return findings;
}

function attribute(span: FinishedSpan, name: string | undefined, right: unknown): readonly [string, unknown, unknown] {
	return name === undefined ? ["", undefined, undefined] : [`the attribute ${name}`, span.attributes[name], right];
}

function childFindings(
	stage: FinishedSpan,
	spans: readonly FinishedSpan[],
	whole: boolean,
	endedEarly: boolean,
): string[] {
	const findings: string[] = [];
	const children = spans.filter(({ name }) => name === "child");
	if (children.some(({ parentSpanId }) => parentSpanId !== stage.spanId)) findings.push("a child lost its parent");
	if (endedEarly) findings.push("the span ended while the stream went on");
	// A consumer that stops does not wait for what is under way.
	if (!whole) return findings;
	if (children.some(({ startMs }) => startMs < stage.startMs - roundingMs))
		findings.push("a child began before its parent");
	if (children.some(({ endMs }) => endMs > stage.endMs + roundingMs)) findings.push("a child outlived its parent");
	return findings;
}

function countFindings(
	stage: FinishedSpan,
	names: Names,
	exactly: boolean | undefined,
	{ seen }: Performance,
): string[] {
	if (names.itemCount === undefined || names.firstItemMs === undefined) return [];
	const count = stage.attributes[names.itemCount];
	const firstItemMs = stage.attributes[names.firstItemMs];
	if (typeof count !== "number") return ["no items were counted"];
	const findings: string[] = [];
	const noted = seen.items.length;
	// A consumer that stops or fails may have been handed items it never looked at.
	if (exactly ? count !== noted : exactly === false && count > seen.probe.pulls) {
		findings.push(`${count} items were counted, the consumer had ${noted}`);
	}
	const isTimed =
		typeof firstItemMs === "number" && firstItemMs >= 0 && firstItemMs <= stage.endMs - stage.startMs + roundingMs;
	if (count > 0 ? !isTimed : firstItemMs !== undefined) {
		findings.push(`the first of ${count} items is said to have come after ${firstItemMs} ms`);
	}
	return findings;
}
