import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type AskedSeries, seriesOf } from "../../packages/cli/src/dashboards/expression.ts";
import { substitute } from "../../packages/cli/src/dashboards/substitute.ts";
import type { ClassicDashboard, ClassicPanel } from "./classic-json.ts";
import { type Rule, rulesIn } from "./rule-group.fixture.ts";

/** A dashboard as it was committed, with what tests look at. */
export interface CommittedDashboard extends ClassicDashboard {
	readonly editable: boolean;
	readonly schemaVersion: number;
	readonly tags: readonly string[];
	readonly templating: { readonly list: readonly CommittedVariable[] };
	readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
	readonly links: readonly {
		readonly type: string;
		readonly tags: readonly string[];
		readonly keepTime: boolean;
		readonly includeVars: boolean;
	}[];
	readonly panels: readonly CommittedPanel[];
}

export interface CommittedVariable {
	readonly type: string;
	readonly name: string;
	readonly label: string;
	readonly query: string | { readonly query: string };
	readonly datasource?: { readonly type: string; readonly uid: string };
	readonly refresh?: number;
	readonly multi?: boolean;
	readonly includeAll?: boolean;
	readonly allValue?: string;
	readonly hide?: number;
}

export interface CommittedTarget {
	readonly refId: string;
	readonly expr: string;
	readonly legendFormat: string;
	readonly datasource?: { readonly type: string; readonly uid: string };
}

export interface CommittedPanel extends ClassicPanel {
	readonly description?: string;
	readonly targets?: readonly CommittedTarget[];
	readonly datasource?: { readonly uid: string };
	readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
	readonly fieldConfig?: {
		readonly defaults: {
			readonly unit?: string;
			readonly mappings?: readonly unknown[];
			readonly thresholds?: { readonly steps: readonly { readonly color: string; readonly value: number | null }[] };
			readonly links?: readonly { readonly title: string; readonly url: string }[];
		};
		readonly overrides: readonly {
			readonly properties: readonly { readonly id: string; readonly value: unknown }[];
		}[];
	};
}

/** What is asked of Prometheus, with values in place of variables, and where it stands. */
export interface Asked {
	readonly where: string;
	readonly expression: string;
	readonly series: readonly AskedSeries[];
}

/** The folder of the package. */
export const folder: string = join(import.meta.dirname, "..");

/** The dashboards as they stand in `grafana/`. */
export const committedDashboards: readonly CommittedDashboard[] = filesIn("grafana", ".json").map((path) =>
	JSON.parse(readFileSync(join(folder, path), "utf8")),
);

/** The rules as they stand in `rules/`. */
export const committedRules: readonly Rule[] = filesIn("rules", ".yaml").flatMap((path) =>
	rulesIn(readFileSync(join(folder, path), "utf8")),
);

/** Paths of files with this ending, within the package. */
export function filesIn(directory: string, ending: string): string[] {
	return readdirSync(join(folder, directory))
		.filter((file) => file.endsWith(ending))
		.map((file) => `${directory}/${file}`);
}

/** Panels without the rows they stand in. */
export function panelsOf({ panels }: CommittedDashboard): CommittedPanel[] {
	return panels.filter(({ type }) => type !== "row");
}

/** Puts values in for a dashboard's variables; throws for one that it has not. */
export function withValues(text: string, { templating }: CommittedDashboard): string {
	const values = new Map(templating.list.map(({ name, allValue }) => [name, allValue ?? name]));
	return substitute(text, (name) => values.get(name) ?? builtIn[name]);
}

/** What Grafana puts in by itself, in expressions. */
export const builtIn: Readonly<Record<string, string>> = { __interval: "15s", __rate_interval: "1m", __range: "30m" };

/** What a dashboard's panels ask. */
export function askedByPanels(dashboard: CommittedDashboard): Asked[] {
	return panelsOf(dashboard).flatMap(({ title, targets = [] }) =>
		targets.map(({ expr }) => asked(`${dashboard.title}: ${title}`, withValues(expr, dashboard))),
	);
}

/** What a dashboard's variables and annotations ask; `label_values(series, label)` as a grouping by the label. */
export function askedBeside(dashboard: CommittedDashboard): Asked[] {
	const { title, templating, annotations } = dashboard;
	const variables = templating.list.flatMap((variable) => {
		const query = labelValues(variable);
		if (query === undefined) return [];
		return [[`variable ${variable.name}`, `count by (${query.label}) (${query.series})`] as const];
	});
	const drawn = annotations.list.map(({ name, expr }) => [`annotation ${name}`, expr] as const);
	return [...variables, ...drawn].map(([where, expression]) =>
		asked(`${title}: ${where}`, withValues(expression, dashboard)),
	);
}

/** What rules ask. */
export function askedByRules(rules: readonly Rule[]): Asked[] {
	return rules.map(({ alert, record, expr }) => asked(alert ?? record ?? "", expr));
}

export function asked(where: string, expression: string): Asked {
	return { where, expression, series: seriesOf(expression) };
}

/** The parts of `label_values(series, label)`; undefined for a variable that asks for none, or otherwise. */
export function labelValues({ type, query }: CommittedVariable): { series: string; label: string } | undefined {
	if (type !== "query" || typeof query === "string") return undefined;
	const [, series, label] = /^label_values\((.+), (\w+)\)$/.exec(query.query) ?? [];
	return series === undefined || label === undefined ? undefined : { series, label };
}
