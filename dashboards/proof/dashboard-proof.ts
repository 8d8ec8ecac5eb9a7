import { annotations } from "../generator/annotations.ts";
import { classicJson } from "../generator/classic-json.ts";
import type { Dashboard } from "../generator/specification.ts";
import { type Ask, panelComplaints } from "./panel-proof.ts";

/** Runs the query of a variable, `label_values(...)`, and gives its values. */
export type AskValues = (selector: string, label: string) => Promise<readonly string[]>;

/** What a proof has looked at, and what is wrong. */
export interface Proof {
	readonly expressions: number;
	readonly complaints: readonly string[];
}

/** Runs everything that a dashboard asks: its panels, and its variables. */
export async function proveDashboard(dashboard: Dashboard, ask: Ask, askValues: AskValues): Promise<Proof> {
	const panels = dashboard.rows.flatMap((row) => row.panels);
	const ofPanels = await Promise.all(
		panels.map(async (panel) => {
			const complaints = await panelComplaints(panel, ask);
			return complaints.map((complaint) => `${dashboard.name} / ${panel.title} / ${complaint}`);
		}),
	);
	const queries = variableQueries(dashboard);
	const ofVariables = await Promise.all(
		queries.map(async ({ name, selector, label }) => {
			const values = await askValues(selector, label);
			return values.length > 0 ? [] : [`${dashboard.name} / variable ${name} / no values of ${label} in ${selector}`];
		}),
	);
	return {
		expressions: panels.reduce((sum, { queries }) => sum + queries.length, 0) + queries.length,
		complaints: [...ofPanels, ...ofVariables].flat(),
	};
}

/** Runs what all dashboards draw through their panels. */
export async function proveAnnotations(ask: Ask): Promise<Proof> {
	const complaints = await Promise.all(
		annotations.map(async ({ name, expression }) => {
			const answer = await ask(expression);
			return answer.length > 0 ? [] : [`annotation ${name} / nothing happened`];
		}),
	);
	return { expressions: annotations.length, complaints: complaints.flat() };
}

/** A variable's query, as it stands in the dashboard's JSON. */
function variableQueries(dashboard: Dashboard): { name: string; selector: string; label: string }[] {
	const { list } = classicJson(dashboard).templating as {
		list: readonly { type: string; name: string; definition?: string }[];
	};
	return list
		.filter(({ type }) => type === "query")
		.map(({ name, definition = "" }) => {
			const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(definition) ?? [];
			if (selector === undefined || label === undefined) throw new Error(`variable ${name} asks for ${definition}`);
			return { name, selector, label };
		});
}
