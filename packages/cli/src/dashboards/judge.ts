import { Complaint } from "../complaint.ts";
import { explain, type Surroundings } from "./explain.ts";
import { type Finding, type QueryFinding, type Reason, summarize } from "./finding.ts";
import type { Series } from "./prometheus.ts";
import type { Question, QuestionKind } from "./question.ts";
import { substitute } from "./substitute.ts";

type Values = ReadonlyMap<string, string>;

/** Asks what a panel, an annotation or a rule asks, and judges what comes back. */
export async function judge(question: Question, values: Values, around: Surroundings): Promise<Finding> {
	const queries = question.queries.map(({ expression, instant }) => judgeQuery(expression, instant, values, around));
	const finding = summarize(question, await Promise.all(queries));
	if (question.kind === "alert" && finding.state !== "error" && finding.queries.some(({ series }) => series > 0)) {
		return { ...finding, state: "holds", reason: conditionHolds };
	}
	const message = finding.reason?.code === "no-value" ? restful[question.kind] : undefined;
	return message === undefined ? finding : { ...finding, reason: { code: "no-value", state: "quiet", message } };
}

/** An alert fires on any series, whatever its value. */
const conditionHolds: Reason = { code: "condition-holds", state: "holds", message: "its condition holds now" };

/** What it means that nothing comes out of those which as a rule say nothing. */
const restful: Partial<Record<QuestionKind, string>> = {
	alert: "does not fire",
	annotation: "nothing of the kind in this time",
};

async function judgeQuery(
	written: string,
	instant: boolean,
	values: Values,
	around: Surroundings,
): Promise<QueryFinding> {
	let expression = written;
	let series: readonly Series[] = [];
	try {
		expression = substitute(written, (name) => values.get(name));
		const { prometheus, window } = around;
		series = await (instant ? prometheus.query(expression, window.end) : prometheus.queryRange(expression, window));
		const reason = await judgeSeries(series, expression, around);
		return { expression, state: reason?.state ?? "data", series: series.length, ...(reason && { reason }) };
	} catch (error) {
		if (!(error instanceof Complaint || error instanceof SyntaxError)) throw error;
		const reason: Reason = { code: "no-answer", state: "error", message: error.message };
		return { expression, state: "error", series: series.length, reason };
	}
}

/** Undefined where there are values that tell something. */
async function judgeSeries(
	series: readonly Series[],
	expression: string,
	around: Surroundings,
): Promise<Reason | undefined> {
	const values = series.flatMap((one) => one.values).filter((value) => !Number.isNaN(value));
	// A series without plain values has native histograms.
	const hasHistograms = series.some((one) => one.values.length === 0);
	if (hasHistograms || values.some((value) => value !== 0)) return undefined;
	const reason = await explain(expression, around);
	// A 0 that stands in for series which are not there is no data.
	const standsIn = reason.state === "unused" || reason.state === "wrong";
	return values.length === 0 || standsIn ? reason : allZero;
}

const allZero: Reason = { code: "all-zero", state: "zero", message: "all zero so far" };
