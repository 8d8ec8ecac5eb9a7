import type { Question } from "./question.ts";

/**
 * `data`: it shows something. `zero`: all of it is 0 so far. `holds`: the condition of an alert holds now.
 * `quiet`: its series are there, and nothing comes out.
 * `unused`: no application has ever emitted what it asks for. `wrong`: something stands in the way. `error`: it was
 * refused, or there was no answer.
 */
export type State = "data" | "zero" | "holds" | "quiet" | "unused" | "wrong" | "error";

export type ReasonCode =
	| "all-zero"
	| "condition-holds"
	| "metric-absent"
	| "no-alert-active"
	| "no-answer"
	| "no-such-label"
	| "no-such-series"
	| "no-value"
	| "not-in-range"
	| "not-recorded"
	| "one-sample"
	| "other-name"
	| "rules-not-loaded";

/** Why something shows nothing. */
export interface Reason {
	readonly code: ReasonCode;
	readonly state: State;
	readonly message: string;
	readonly cure?: string;
}

/** What came of one expression. */
export interface QueryFinding {
	/** As it was asked, with values for its variables. */
	readonly expression: string;
	readonly state: State;
	readonly series: number;
	readonly reason?: Reason;
}

/** What came of a panel, a variable, an annotation or a rule: the worst of its expressions. */
export interface Finding extends Pick<Question, "kind" | "title" | "row"> {
	readonly state: State;
	readonly reason?: Reason;
	readonly queries: readonly QueryFinding[];
}

/** Best first. */
export const states: readonly State[] = ["data", "zero", "holds", "quiet", "unused", "wrong", "error"];

/** Sums up what came of the expressions of a question. */
export function summarize({ kind, title, row }: Question, queries: readonly QueryFinding[]): Finding {
	const [worst] = queries.toSorted((a, b) => states.indexOf(b.state) - states.indexOf(a.state));
	return {
		kind,
		title,
		...(row !== undefined && { row }),
		state: worst?.state ?? "error",
		...(worst?.reason !== undefined && { reason: worst.reason }),
		queries,
	};
}

/** Whether a finding makes the check fail; a lenient one lets pass what is idle or not in use. */
export function fails({ kind, state }: Finding, lenient: boolean): boolean {
	if (state === "wrong" || state === "error") return true;
	const mayBeQuiet = lenient || (kind !== "panel" && kind !== "variable");
	return !mayBeQuiet && (state === "quiet" || state === "unused");
}
