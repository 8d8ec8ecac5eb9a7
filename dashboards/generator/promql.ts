import { type AttributeOf, type KnownAttribute, type KnownMetric, labelOf, prometheusMetric } from "./metric.ts";

/** What a label must be: one value, one of several, or none of them. */
export type Match = string | readonly string[] | { readonly not: string | readonly string[] };

/** Conditions on the labels of one metric; another metric's label is refused by its type. */
export type Where<Name extends KnownMetric> = { readonly [Attribute in AttributeOf<Name>]?: Match };

/** Template variables of dashboards that narrow a series wherever its metric has the label. */
export const variableLabels = {
	pipeline: "pipeline.name",
	stage: "stage.name",
	breaker: "circuit_breaker.name",
	stream: "stream.name",
	exporter: "exporter.name",
	model: "gen_ai.request.model",
} as const;

/** A template variable that a dashboard may have beside `datasource`, `job` and `instance`. */
export type Variable = keyof typeof variableLabels;

/** Writes selectors of series. */
export interface Scope {
	/** Series of a metric that is no histogram. */
	series<Name extends KnownMetric>(name: Name, where?: Where<Name>): string;
	/** Series of any of these metrics; they have the same labels. */
	any(names: readonly [KnownMetric, ...KnownMetric[]]): string;
	/** The buckets of a histogram. */
	buckets<Name extends KnownMetric>(name: Name, where?: Where<Name>): string;
	/** How much a histogram has recorded in all. */
	sums<Name extends KnownMetric>(name: Name, where?: Where<Name>): string;
	/** How often a histogram has recorded. */
	counts<Name extends KnownMetric>(name: Name, where?: Where<Name>): string;
}

/** Selectors of a dashboard: narrowed by `$job` and `$instance`, and by its own variables where a metric has their label. */
export function dashboardScope(...variables: readonly Variable[]): Scope {
	return scope((labels) => [
		'job=~"$job"',
		'instance=~"$instance"',
		...variables
			.map((variable) => [labelOf(variableLabels[variable]), variable] as const)
			.filter(([label]) => labels.includes(label))
			.map(([label, variable]) => `${label}=~"$${variable}"`),
	]);
}

/** Selectors of alerts: all there is. */
export const everywhere: Scope = scope(() => []);

function scope(narrowing: (labels: readonly string[]) => readonly string[]): Scope {
	function selector(name: KnownMetric, where: Readonly<Record<string, Match | undefined>>, suffix: string): string {
		const metric = prometheusMetric(name);
		return written(`${metric.name}${suffix}`, [
			...narrowing(metric.labels),
			...Object.entries(where).flatMap(([attribute, match]) =>
				match === undefined ? [] : [`${labelOf(attribute as KnownAttribute)}${matcher(match)}`],
			),
		]);
	}
	return {
		series: (name, where = {}) => selector(name, where, ""),
		any(names) {
			const matchers = narrowing(prometheusMetric(names[0]).labels);
			const [name = "", ...others] = names.map((one) => prometheusMetric(one).name);
			return others.length === 0
				? written(name, matchers)
				: written("", [`__name__=~"${[name, ...others].join("|")}"`, ...matchers]);
		},
		buckets: (name, where = {}) => selector(name, where, "_bucket"),
		sums: (name, where = {}) => selector(name, where, "_sum"),
		counts: (name, where = {}) => selector(name, where, "_count"),
	};
}

function written(name: string, matchers: readonly string[]): string {
	return matchers.length === 0 ? name : `${name}{${matchers.join(",")}}`;
}

function matcher(match: Match): string {
	if (typeof match === "string") return `="${match}"`;
	if (!("not" in match)) return `=~"${match.join("|")}"`;
	return typeof match.not === "string" ? `!="${match.not}"` : `!~"${match.not.join("|")}"`;
}

/** The interval over which dashboards take rates: never shorter than four scrapes. */
export const rateInterval = "$__rate_interval";

/** For so long before the window a series is looked for, so that a gap in scraping does not make an old one new. */
const bornWithin = "1h";

/** How fast counters rise, per second. */
export function rate(selector: string, window: string = rateInterval): string {
	return `rate(${selector}[${window}])`;
}

/** By how much counters rose. */
export function increase(selector: string, window: string = rateInterval): string {
	return `increase(${selector}[${window}])`;
}

/**
 * By how much counters rose, their birth included. A counter whose labels are known only when it first counts is born
 * above zero, and `increase` does not see that: a single loss would never be told.
 *
 * A series that Prometheus has not seen for longer than that, as after an outage of its own, is taken for newborn as well; and of one
 * that was born and began anew within the window only what it stands at is known.
 */
export function risen(selector: string, window: string): string {
	return `(${selector} unless last_over_time(${selector}[${bornWithin}] offset ${window})) or ${increase(selector, window)}`;
}

/** Adds up what has the same labels. */
export function sumBy(attributes: readonly KnownAttribute[], expression: string): string {
	return aggregate("sum", attributes, expression);
}

/** Keeps the highest of what has the same labels. */
export function maxBy(attributes: readonly KnownAttribute[], expression: string): string {
	return aggregate("max", attributes, expression);
}

/** Keeps the lowest of what has the same labels. */
export function minBy(attributes: readonly KnownAttribute[], expression: string): string {
	return aggregate("min", attributes, expression);
}

/** The worst of all processes: what is right for their sum hides one that is full beside nine that are idle. */
export function worstProcess(
	attributes: readonly KnownAttribute[],
	ofEach: (attributes: readonly KnownAttribute[]) => string,
): string {
	return maxBy(attributes, ofEach([...attributes, "job", "instance"]));
}

/** A part of a whole, from 0 to 1; nothing where there is no whole, so that a pause is a gap and no `NaN`. */
export function share(part: string, whole: string): string {
	return `${part} / (${whole} > 0)`;
}

/** A part that is absent until it is first counted: zero where there is a whole of the same labels. */
export function orZero(part: string, whole: string): string {
	return `(${part} or ${whole} * 0)`;
}

/** A part for each of the whole that the attributes name; the part keeps further labels, the whole has these alone. */
export function perEach(attributes: readonly KnownAttribute[], part: string, whole: string): string {
	const labels = attributes.map((attribute) => labelOf(attribute)).join(", ");
	return `${part} / on (${labels}) group_left () (${whole} > 0)`;
}

/**
 * A quantile of a histogram's buckets; the attributes are those it is kept apart by. Nothing where nothing was recorded:
 * the comparison leaves out the `NaN` of a pause.
 */
export function quantile(
	q: number,
	attributes: readonly KnownAttribute[],
	buckets: string,
	window: string = rateInterval,
): string {
	const labels = ["le", ...attributes.map((attribute) => labelOf(attribute))];
	return `(histogram_quantile(${q}, sum by (${labels.join(", ")}) (${rate(buckets, window)})) >= 0)`;
}

function aggregate(operator: string, attributes: readonly KnownAttribute[], expression: string): string {
	const by = attributes.length === 0 ? "" : `by (${attributes.map((attribute) => labelOf(attribute)).join(", ")}) `;
	return `${operator} ${by}(${expression})`;
}
