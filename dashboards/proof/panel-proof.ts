import type { Panel, Query } from "../generator/specification.ts";

/** What a query gave: the values of each series over time. */
export type Answer = readonly { readonly values: readonly number[] }[];

/** Runs an expression of a dashboard over the shown time. */
export type Ask = (expression: string) => Promise<Answer>;

/**
 * Gives what is wrong with a panel's data, one line for each; empty where it shows what it promises.
 *
 * Every query has to return series that are finite, within the range the panel declares, and not all zero, unless the panel says why
 * they may be; and something on the panel has to move, unless it says why it stands still.
 */
export async function panelComplaints(panel: Panel, ask: Ask): Promise<string[]> {
	const answers = await Promise.all(panel.queries.map((query) => answerOf(query, ask)));
	const complaints = answers.flatMap(({ query, answer, error }) =>
		(error === undefined ? queryComplaints(panel, answer) : [error]).map(
			(complaint) => `${query.legend}: ${complaint}`,
		),
	);
	const moves = answers.some(({ answer }) => answer.some(({ values }) => new Set(values).size > 1));
	if (complaints.length === 0 && !moves && panel.steady === undefined && panel.mayBeZero === undefined)
		complaints.push("nothing on it moves");
	return complaints;
}

async function answerOf(query: Query, ask: Ask): Promise<{ query: Query; answer: Answer; error?: string }> {
	try {
		return { query, answer: await ask(query.expression) };
	} catch (error) {
		return { query, answer: [], error: (error as Error).message };
	}
}

function queryComplaints({ expected: [least, most], mayBeZero }: Panel, answer: Answer): string[] {
	const values = answer.flatMap((series) => series.values);
	if (values.length === 0) return ["no data"];
	if (!values.every(Number.isFinite))
		return [
			`values that are no numbers: ${values.filter((value) => !Number.isFinite(value)).length} of ${values.length}`,
		];
	const lowest = Math.min(...values);
	const highest = Math.max(...values);
	if (lowest < least || highest > most) return [`${lowest} to ${highest} is outside of ${least} to ${most}`];
	if (highest === 0 && lowest === 0 && mayBeZero === undefined) return ["only zeros"];
	return [];
}
