import { describe, expect, it, test } from "vitest";
import { seriesOf } from "../../packages/cli/src/dashboards/expression.ts";
import {
	asked,
	askedBeside,
	askedByPanels,
	askedByRules,
	committedDashboards,
	committedRules,
	panelsOf,
	withValues,
} from "./committed.fixture.ts";
import {
	catalogueTable,
	type MetricTable,
	neighbourTable,
	recordedTable,
	seriesNames,
	strangers,
	unasked,
} from "./contract.fixture.ts";
import type { PrometheusMetric } from "./metric.ts";

const onPanels = committedDashboards.flatMap(askedByPanels);
const onDashboards = [...onPanels, ...committedDashboards.flatMap(askedBeside)];
const inRules = askedByRules(committedRules);
const recorded = recordedTable(committedRules);

const strangersWith = (table: MetricTable) => [
	...strangers(onDashboards, table, neighbourTable),
	...strangers(inRules, table, neighbourTable, recorded),
];

test("dashboards and rules ask for nothing but metrics that are emitted, by labels that each has", () => {
	expect(strangersWith(catalogueTable)).toEqual([]);
});

test("every metric of the catalogue is on a panel", () => {
	expect(unasked(onPanels, catalogueTable)).toEqual([]);
});

test("every neighbour is asked for", () => {
	expect(unasked(onDashboards, neighbourTable)).toEqual([]);
});

describe("a metric that is renamed without new dashboards is found", () => {
	it.each([...catalogueTable])("%s", (name, metric) => {
		const renamed = new Map(catalogueTable).set(`${name}.new`, { ...metric, name: `${metric.name}_new` });
		renamed.delete(name);
		const metrics = new RegExp(` ${metric.name}(_bucket|_sum|_count)?$`);
		expect(strangersWith(renamed)).toContainEqual(expect.stringMatching(metrics));
		expect(unasked(onPanels, renamed)).toContain(`${name}.new`);
	});
});

describe("a label that is renamed without new dashboards is found", () => {
	const isUsed = (metric: PrometheusMetric, label: string) =>
		seriesNames(metric).some(([name]) =>
			onDashboards.some(({ series }) => series.some((one) => one.metric === name && one.labels.includes(label))),
		);
	const uses = [...catalogueTable].flatMap(([name, metric]) =>
		metric.labels.filter((label) => isUsed(metric, label)).map((label) => ({ name, label, metric })),
	);

	it.each(uses)("$label of $name", ({ name, label, metric }) => {
		const labels = metric.labels.map((one) => (one === label ? `${one}_new` : one));
		const renamed = new Map(catalogueTable).set(name, { ...metric, labels });
		expect(strangersWith(renamed)).toContainEqual(expect.stringMatching(`${metric.name}\\w* has no ${label}$`));
	});
});

describe("the checks see", () => {
	const table: MetricTable = new Map([
		["a.calls", { name: "a_calls_total", kind: "monotonic_sum", labels: ["outcome"] }],
		["a.duration", { name: "a_duration_seconds", kind: "histogram", labels: ["stage_name"] }],
	]);
	const found = (expression: string) => strangers([asked("panel", expression)], table);

	it.each([
		["a counter without its suffix", "a_calls", "panel: no metric gives a_calls"],
		["a histogram that is asked for as a whole", "a_duration_seconds", "panel: no metric gives a_duration_seconds"],
		["buckets of a counter", "a_calls_total_bucket", "panel: no metric gives a_calls_total_bucket"],
		["another metric's label in a matcher", 'a_calls_total{stage_name="x"}', "panel: a_calls_total has no stage_name"],
		[
			"another metric's label in a grouping",
			"sum by (stage_name) (a_calls_total)",
			"panel: a_calls_total has no stage_name",
		],
		["le without buckets", "sum by (le) (a_duration_seconds_sum)", "panel: a_duration_seconds_sum has no le"],
		["a selector of everything", '{job="x"}', 'panel: {job="x"} is of no metric'],
	])("%s", (_, expression, complaint) => {
		expect(found(expression)).toEqual([complaint]);
	});

	it("nothing in what is right", () => {
		expect(found('sum by (job, outcome) (rate(a_calls_total{instance="x"}[5m]))')).toEqual([]);
		expect(found("histogram_quantile(0.9, sum by (le, stage_name) (a_duration_seconds_bucket))")).toEqual([]);
		expect(found('{otel_metric_overflow="true",job="x"}')).toEqual([]);
	});
});

test("a legend names only labels that its query groups by", () => {
	const complaints = committedDashboards.flatMap((dashboard) =>
		panelsOf(dashboard).flatMap(({ title, targets = [] }) =>
			targets.flatMap(({ expr, legendFormat }) => {
				const labels = seriesOf(withValues(expr, dashboard)).flatMap(({ labels }) => labels);
				const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
				return named.filter((label) => !labels.includes(label)).map((label) => `${title}: {{${label}}}`);
			}),
		),
	);
	expect(complaints).toEqual([]);
});
