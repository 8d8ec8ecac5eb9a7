import type { ClassicDashboard, ClassicPanel, DataSource, RuleGroup } from "./formats.ts";

/** What an expression is there for. */
export type QuestionKind = "variable" | "panel" | "annotation" | "alert" | "recording rule";

/** Something that is shown, or acted on, and what it asks Prometheus. */
export interface Question {
	readonly kind: QuestionKind;
	readonly title: string;
	/** Heading that a panel stands under. */
	readonly row?: string;
	readonly queries: readonly { readonly expression: string; readonly instant: boolean }[];
}

/** The panels and annotations of a dashboard that ask Prometheus; those of other data sources are left out. */
export function questionsOf({ panels, annotations }: ClassicDashboard): Question[] {
	const questions: Question[] = [];
	let row: string | undefined;
	const visit = (panel: ClassicPanel): void => {
		if (panel.type === "row") {
			row = panel.title;
			panel.panels?.forEach(visit);
			return;
		}
		const queries = (panel.targets ?? [])
			.filter(({ expr, datasource }) => expr !== undefined && asksPrometheus(datasource ?? panel.datasource))
			.map(({ expr = "", instant = false, range = !instant }) => ({ expression: expr, instant: instant && !range }));
		if (queries.length === 0) return;
		questions.push({ kind: "panel", title: panel.title ?? "", ...(row !== undefined && { row }), queries });
	};
	panels.forEach(visit);
	for (const { name, expr, datasource } of annotations?.list ?? []) {
		if (expr === undefined || !asksPrometheus(datasource)) continue;
		questions.push({ kind: "annotation", title: name, queries: [{ expression: expr, instant: false }] });
	}
	return questions;
}

/** The rules of a file, in their order. */
export function questionsOfRules(groups: readonly RuleGroup[]): Question[] {
	return groups.flatMap(({ rules }) =>
		rules.map(({ alert, record, expr }) => ({
			kind: alert === undefined ? ("recording rule" as const) : ("alert" as const),
			title: alert ?? record ?? "",
			queries: [{ expression: expr, instant: true }],
		})),
	);
}

/** Old files name no type. */
function asksPrometheus(source: DataSource | undefined): boolean {
	return source == null || typeof source === "string" || source.type === undefined || source.type === "prometheus";
}
