import { parser } from "@prometheus-io/lezer-promql";

/** A selector of an expression: the metric it asks for, and every label that is asked of it. */
export interface AskedSeries {
	/** Undefined where it is chosen by its labels alone. */
	readonly metric: string | undefined;
	/** Labels of its own matchers, and of the groupings and matchings around it; sorted, each once. */
	readonly labels: readonly string[];
	/** Its text, without range and offset: an expression of its own. */
	readonly selector: string;
	/** Functions and aggregations it passes through, the innermost first: `["rate", "sum"]`. */
	readonly functions: readonly string[];
	/** Where a range is taken of it, its text: `5m`. */
	readonly range: string | undefined;
}

type Tree = ReturnType<typeof parser.parse>;
type Node = Tree["topNode"];

/**
 * Says what an expression asks for, in the order it asks; of variables of Grafana, those in brackets have to be put in first.
 *
 * A label of `by`, `on` and their like is asked of all series inside, except where it cannot come from: the right side of
 * `and` and `unless`, and of `group_left` the other side. Labels that `label_replace` makes are not told apart.
 *
 * **Throws** SyntaxError where it is no PromQL.
 */
export function seriesOf(expression: string): AskedSeries[] {
	const tree = parser.parse(expression);
	const selectors: Node[] = [];
	tree.iterate({
		enter({ name, type, from, node }) {
			if (type.isError) throw new SyntaxError(`no PromQL from character ${from + 1} on: ${expression}`);
			if (name === "VectorSelector") selectors.push(node);
		},
	});
	return selectors.map((selector) => {
		const matchers = selector.getChild("LabelMatchers");
		const name = selector.getChild("Identifier") ?? matchers?.getChild("QuotedLabelName") ?? undefined;
		const range = selector.parent?.name === "MatrixSelector" ? selector.parent.getChild("DurationExpr") : null;
		return {
			metric: name && nameOf(name, expression),
			labels: [...new Set([...matched(matchers, expression), ...asked(selector, expression)])].sort(),
			selector: expression.slice(selector.from, selector.to),
			functions: functionsAround(selector, expression),
			range: range === null ? undefined : expression.slice(range.from, range.to),
		};
	});
}

/** The labels that matchers look at. */
function matched(matchers: Node | null, expression: string): string[] {
	const all = [
		...(matchers?.getChildren("UnquotedLabelMatcher") ?? []),
		...(matchers?.getChildren("QuotedLabelMatcher") ?? []),
	];
	return all
		.flatMap((matcher) => matcher.firstChild ?? [])
		.map((label) => nameOf(label, expression))
		.filter((label) => label !== "__name__");
}

/** The labels that everything around a node asks of it. */
function asked(selector: Node, expression: string): string[] {
	const labels: string[] = [];
	/** Labels that the other side of a `group_left` puts in. */
	const given = new Set<string>();
	for (let inner = selector, outer = inner.parent; outer !== null; inner = outer, outer = inner.parent) {
		const [grouped = []] = groupings(outer.getChild("AggregateModifier"), expression);
		labels.push(...grouped.filter((label) => !given.has(label)));
		if (outer.name !== "BinaryExpr") continue;
		const clause = outer.getChild("MatchingModifierClause");
		const [matching = [], included = []] = groupings(clause, expression);
		labels.push(...matching);
		const side = outer.firstChild?.from === inner.from ? "left" : "right";
		const giver = clause?.getChild("GroupLeft") ? "right" : clause?.getChild("GroupRight") ? "left" : undefined;
		if (side === giver) return [...labels, ...included];
		for (const label of included) given.add(label);
		if (side === "right" && (outer.getChild("And") ?? outer.getChild("Unless")) !== null) return labels;
	}
	return labels;
}

function functionsAround(selector: Node, expression: string): string[] {
	const names: string[] = [];
	for (let node: Node | null = selector; node !== null; node = node.parent) {
		const name = node.getChild("FunctionIdentifier") ?? node.getChild("AggregateOp");
		if (name !== null) names.push(expression.slice(name.from, name.to));
	}
	return names;
}

function groupings(clause: Node | null, expression: string): string[][] {
	return (clause?.getChildren("GroupingLabels") ?? []).map((list) => {
		const labels = [...list.getChildren("LabelName"), ...list.getChildren("QuotedLabelName")];
		return labels.map((label) => nameOf(label, expression));
	});
}

function nameOf({ from, to }: Node, expression: string): string {
	return expression.slice(from, to).replace(/^(["'`])(.*)\1$/s, "$2");
}
