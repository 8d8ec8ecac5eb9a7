import * as units from "@grafana/grafana-foundation-sdk/units";
import { type AskedSeries, seriesOf } from "../../packages/cli/src/dashboards/expression.ts";
import {
	builtIn,
	type CommittedDashboard,
	type CommittedPanel,
	type CommittedTarget,
	labelValues,
	panelsOf,
	withValues,
} from "./committed.fixture.ts";

/** Gives what a rule has to say against a dashboard, a line for each. */
type Rule = (dashboard: CommittedDashboard) => string[];

const grafanaUnits: ReadonlySet<unknown> = new Set(Object.values(units));

/**
 * The 17 rules of Grafana's dashboard-linter (v0.2.0), which is a program in Go; its warnings are complaints as well. They
 * look at every panel, the linter passes over kinds it does not know.
 */
export const linterRules: Readonly<Record<string, Rule>> = {
	"template-datasource": ({ templating }) => {
		const sources = templating.list.filter(({ type }) => type === "datasource");
		return sources.flatMap(({ name, label, query }) => {
			const isOnly = sources.length === 1;
			const names = [`${query}_datasource`, ...(isOnly ? ["datasource"] : [])];
			const labels = [`${titled(String(query))} data source`, ...(isOnly ? ["Data source"] : [])];
			return [
				...(names.includes(name) ? [] : [`${name} should be named ${names.join(" or ")}`]),
				...(labels.includes(label) ? [] : [`${name} should have the label ${labels.join(" or ")}, not ${label}`]),
			];
		});
	},
	"template-job": (dashboard) => template(dashboard, "job"),
	"template-instance": (dashboard) => template(dashboard, "instance"),
	"template-label-promql": (dashboard) =>
		dashboard.templating.list.flatMap((variable) => {
			if (variable.type !== "query") return [];
			const query = labelValues(variable);
			if (query === undefined) return [`${variable.name} does not ask for the values of a label`];
			return [...problem(variable.name, () => seriesOf(withValues(query.series, dashboard)))];
		}),
	"template-on-time-change-reload": ({ templating }) =>
		templating.list
			.filter(({ type, refresh }) => type === "query" && refresh !== 2)
			.map(({ name }) => `${name} does not reload when the time changes`),
	"panel-datasource": (dashboard) =>
		panelsOf(dashboard)
			.filter(({ datasource }) => !["$datasource", `\${datasource}`].includes(datasource?.uid ?? ""))
			.map(({ title }) => `${title} does not use the variable`),
	"panel-title-description": (dashboard) =>
		panelsOf(dashboard)
			.filter(({ title, description }) => !title || !description)
			.map(({ id, title }) => `${title || id} wants a title and a description`),
	"panel-units": (dashboard) =>
		panelsOf(dashboard).flatMap((panel) =>
			unitsOf(panel)
				.filter((unit) => !grafanaUnits.has(unit))
				.map((unit) => `${panel.title} has the unit ${unit}`),
		),
	"panel-no-targets": (dashboard) =>
		panelsOf(dashboard)
			.filter(({ targets = [] }) => targets.length === 0)
			.map(({ title }) => `${title} asks for nothing`),
	"target-logql": (dashboard) => askedOfLoki(dashboard),
	"target-logql-auto": (dashboard) => askedOfLoki(dashboard),
	"target-promql": (dashboard) =>
		targetsOf(dashboard).flatMap(({ title, target }) =>
			problem(title, () => seriesOf(withValues(target.expr, dashboard))),
		),
	"target-rate-interval": (dashboard) =>
		everySeries(dashboard)
			.filter(
				({ series: { range, functions } }) => range !== undefined && ["rate", "irate"].includes(functions[0] ?? ""),
			)
			.filter(({ series: { range } }) => range !== builtIn.__rate_interval)
			.map(({ title, series: { selector, range } }) => `${title} takes the rate of ${selector} over ${range}`),
	"target-job": (dashboard) => withoutMatcher(dashboard, "job"),
	"target-instance": (dashboard) => withoutMatcher(dashboard, "instance"),
	"target-counter-agg": (dashboard) =>
		everySeries(dashboard)
			.filter(({ series: { metric } }) => metric?.endsWith("_total"))
			.filter(
				({ series: { range, functions } }) =>
					range === undefined || !["rate", "irate", "increase"].includes(functions[0] ?? ""),
			)
			.map(({ title, series: { selector } }) => `${title} shows ${selector} as it is`),
	"uneditable-dashboard": ({ editable }) => (editable ? ["it can be edited"] : []),
};

/** Of a panel and of the columns of a table; nothing at all is a unit that Grafana does not know. */
export function unitsOf({ fieldConfig }: CommittedPanel): string[] {
	const overridden = (fieldConfig?.overrides ?? []).flatMap(({ properties }) => properties);
	return [
		fieldConfig?.defaults.unit ?? "",
		...overridden.filter(({ id }) => id === "unit").map(({ value }) => String(value)),
	];
}

function template({ templating }: CommittedDashboard, name: string): string[] {
	const variable = templating.list.find((one) => one.name === name);
	if (variable === undefined) return [`there is no variable ${name}`];
	const { type, label, datasource, multi, allValue } = variable;
	return [
		...(type === "query" ? [] : [`${name} should be a query`]),
		...(datasource?.uid === "$datasource" ? [] : [`${name} should ask $datasource`]),
		...(label === titled(name) ? [] : [`${name} should have the label ${titled(name)}, not ${label}`]),
		...(multi ? [] : [`${name} should take several values`]),
		...(allValue === ".+" ? [] : [`${name} should have .+ for all`]),
	];
}

function targetsOf(dashboard: CommittedDashboard): { readonly title: string; readonly target: CommittedTarget }[] {
	return panelsOf(dashboard).flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, target })));
}

function everySeries(dashboard: CommittedDashboard): { readonly title: string; readonly series: AskedSeries }[] {
	return targetsOf(dashboard).flatMap(({ title, target }) =>
		seriesOf(withValues(target.expr, dashboard)).map((series) => ({ title, series })),
	);
}

function withoutMatcher(dashboard: CommittedDashboard, name: string): string[] {
	return targetsOf(dashboard).flatMap(({ title, target }) =>
		// The variable itself would be gone where values are put in.
		seriesOf(target.expr.replaceAll(/\[\$\w+\]/g, "[1m]").replaceAll(/offset \$\w+/g, "offset 1m"))
			.filter(({ selector }) => !selector.includes(`${name}=~"$${name}"`))
			.map(({ selector }) => `${title} asks for ${selector}`),
	);
}

/** Its two rules on LogQL have nothing to look at as long as this finds nothing. */
function askedOfLoki(dashboard: CommittedDashboard): string[] {
	return targetsOf(dashboard)
		.filter(({ target }) => target.datasource?.type !== "prometheus")
		.map(({ title }) => `${title} asks another data source than Prometheus`);
}

function problem(title: string, parse: () => unknown): string[] {
	try {
		parse();
		return [];
	} catch (error) {
		return [`${title}: ${(error as Error).message}`];
	}
}

function titled(word: string): string {
	return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}
