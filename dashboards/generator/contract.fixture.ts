import { type MetricName, metricCatalogue } from "@footlight/core";
import { seriesOf } from "../../packages/cli/src/dashboards/expression.ts";
import type { Asked } from "./committed.fixture.ts";
import { type KnownMetric, neighbours, type PrometheusMetric, prometheusMetric } from "./metric.ts";
import type { Rule } from "./rule-group.fixture.ts";

/** Metrics by the name that OpenTelemetry has for them. */
export type MetricTable = ReadonlyMap<string, PrometheusMetric>;

/** Footlight's own metrics. */
export const catalogueTable: MetricTable = tableOf(Object.keys(metricCatalogue) as MetricName[]);

/** What others emit beside it. */
export const neighbourTable: MetricTable = tableOf(Object.keys(neighbours) as KnownMetric[]);

function tableOf(names: readonly KnownMetric[]): MetricTable {
	return new Map(names.map((name) => [name, prometheusMetric(name)]));
}

/** What Prometheus gives every series, or makes. */
const everySeries = ["job", "instance"];

/** The series of a metric, with the labels they may be asked for. */
export function seriesNames({ name, kind, labels }: PrometheusMetric): [name: string, labels: readonly string[]][] {
	const all = [...labels, ...everySeries];
	if (kind !== "histogram") return [[name, all]];
	return [
		[`${name}_bucket`, [...all, "le"]],
		[`${name}_sum`, all],
		[`${name}_count`, all],
	];
}

/** What rules record, with the labels their expressions speak of. */
export function recordedTable(rules: readonly Rule[]): MetricTable {
	return new Map(
		rules.flatMap(({ record: name, expr }) => {
			if (name === undefined) return [];
			return [[name, { name, kind: "gauge", labels: seriesOf(expr).flatMap(({ labels }) => labels) }] as const];
		}),
	);
}

/** Says, a line for each, which metrics are asked for that are in none of the tables, and which labels that their metric has not. */
export function strangers(asked: readonly Asked[], ...tables: readonly MetricTable[]): string[] {
	const known = new Map(tables.flatMap((table) => [...table.values()].flatMap(seriesNames)));
	return asked.flatMap(({ where, series }) =>
		series.flatMap(({ metric, labels, selector }) => {
			const names = metric === undefined ? namesIn(selector) : [metric];
			if (names.length === 0) return isOfOverflow(labels) ? [] : [`${where}: ${selector} is of no metric`];
			return names.flatMap((name) => {
				const legal = known.get(name);
				if (legal === undefined) return [`${where}: no metric gives ${name}`];
				return labels
					.filter((label) => label !== "__name__" && !legal.includes(label))
					.map((label) => `${where}: ${name} has no ${label}`);
			});
		}),
	);
}

/** Names of a selector that says which metrics it is of by their label. */
function namesIn(selector: string): string[] {
	return /^\{__name__=~"([\w|]+)"/.exec(selector)?.[1]?.split("|") ?? [];
}

/** What overflows is found by its label, whatever it is of. */
function isOfOverflow(labels: readonly string[]): boolean {
	const legal = ["otel_metric_overflow", ...everySeries];
	return labels.includes("otel_metric_overflow") && labels.every((label) => legal.includes(label));
}

/** Metrics of a table that nobody asks for. */
export function unasked(asked: readonly Asked[], table: MetricTable): string[] {
	const found = new Set(asked.flatMap(({ series }) => series.map(({ metric }) => metric)));
	return [...table]
		.filter(([, metric]) => !seriesNames(metric).some(([name]) => found.has(name)))
		.map(([name]) => name);
}
