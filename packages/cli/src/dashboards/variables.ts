import { Complaint } from "../complaint.ts";
import { explain, missingLabel, type Surroundings } from "./explain.ts";
import { type Finding, type Reason, summarize } from "./finding.ts";
import type { ClassicVariable } from "./formats.ts";
import type { Question } from "./question.ts";
import { escapeMatcher, substitute } from "./substitute.ts";
import { builtInVariables } from "./window.ts";

/** The variables of a dashboard with everything chosen, and what came of asking for their values. */
export interface ResolvedVariables {
	readonly values: ReadonlyMap<string, string>;
	readonly findings: readonly Finding[];
}

/** Asks for the values of each variable, in their order: each may be narrowed by those before it. */
export async function resolveVariables(
	variables: readonly ClassicVariable[],
	chosen: ReadonlyMap<string, string>,
	around: Surroundings,
): Promise<ResolvedVariables> {
	const values = new Map(Object.entries(builtInVariables(around.window)));
	const findings: Finding[] = [];
	for (const variable of variables) {
		if (variable.type === "datasource") continue;
		const { name } = variable;
		const choice = chosen.get(name);
		if (variable.type !== "query") {
			values.set(name, choice ?? current(variable) ?? "");
			continue;
		}
		const { found, finding } = await ask(variable, values, around);
		findings.push(finding);
		values.set(name, choice === undefined ? everything(variable, found) : escapeMatcher(choice));
	}
	return { values, findings };
}

/** What Grafana puts in where "All" is chosen, or the first value of a variable that has no "All". */
function everything({ includeAll, allValue }: ClassicVariable, found: readonly string[]): string {
	if (includeAll !== true) return escapeMatcher(found[0] ?? "");
	return allValue ?? (found.map(escapeMatcher).join("|") || ".*");
}

function current({ current }: ClassicVariable): string | undefined {
	const value = current?.value;
	return typeof value === "string" ? value : value?.join("|");
}

async function ask(
	{ name, query }: ClassicVariable,
	values: ReadonlyMap<string, string>,
	around: Surroundings,
): Promise<{ readonly found: readonly string[]; readonly finding: Finding }> {
	const written = (typeof query === "string" ? query : query?.query) ?? "";
	const question: Question = { kind: "variable", title: name, queries: [] };
	let expression = written;
	const conclude = (found: readonly string[], reason?: Reason) => {
		const state = reason?.state ?? "data";
		return {
			found,
			finding: summarize(question, [{ expression, state, series: found.length, ...(reason && { reason }) }]),
		};
	};
	try {
		expression = substitute(written, (name) => values.get(name));
		const [, selector, label = ""] = /^\s*label_values\(\s*(?:(.+),\s*)?([\w.]+)\s*\)\s*$/s.exec(expression) ?? [];
		if (label === "") throw new Complaint(`this asks otherwise than by label_values: ${expression}`);
		const found = await around.prometheus.labelValues(label, selector?.trim(), around.window);
		if (found.length > 0 || selector === undefined) return conclude(found);
		const reason = await explain(selector, around);
		if (reason.code !== "no-value") return conclude(found, reason);
		return conclude(found, missingLabel(selector.trim(), label, "wrong"));
	} catch (error) {
		if (!(error instanceof Complaint || error instanceof SyntaxError)) throw error;
		return conclude([], { code: "no-answer", state: "error", message: error.message });
	}
}
