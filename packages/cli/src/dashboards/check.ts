import type { Surroundings } from "./explain.ts";
import type { Finding } from "./finding.ts";
import { judge } from "./judge.ts";
import { questionsOf, questionsOfRules } from "./question.ts";
import type { Shipped, ShippedDashboard, ShippedRules } from "./shipped.ts";
import { resolveVariables } from "./variables.ts";
import { builtInVariables } from "./window.ts";

/** What came of one file. */
export interface FileFindings {
	readonly name: string;
	readonly title: string;
	readonly findings: readonly Finding[];
}

/** Asks everything that the dashboards and rules ask, with everything chosen but what is `chosen`. */
export async function check(
	{ dashboards, rules }: Shipped,
	chosen: ReadonlyMap<string, string>,
	around: Surroundings,
): Promise<FileFindings[]> {
	return Promise.all([
		...dashboards.map((dashboard) => checkDashboard(dashboard, chosen, around)),
		...rules.map((file) => checkRules(file, around)),
	]);
}

async function checkDashboard(
	{ name, content }: ShippedDashboard,
	chosen: ReadonlyMap<string, string>,
	around: Surroundings,
): Promise<FileFindings> {
	const { values, findings } = await resolveVariables(content.templating?.list ?? [], chosen, around);
	const judged = questionsOf(content).map((question) => judge(question, values, around));
	return { name, title: content.title, findings: [...findings, ...(await Promise.all(judged))] };
}

async function checkRules({ file, groups }: ShippedRules, around: Surroundings): Promise<FileFindings> {
	const values = new Map(Object.entries(builtInVariables(around.window)));
	const judged = questionsOfRules(groups).map((question) => judge(question, values, around));
	return { name: file, title: file, findings: await Promise.all(judged) };
}
