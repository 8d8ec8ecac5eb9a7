import { parser } from "@prometheus-io/lezer-promql";

/** A selector, taken apart. */
export interface Selector {
	/** Undefined where the metric is chosen by labels. */
	readonly metric: string | undefined;
	readonly matchers: readonly Matcher[];
}

export interface Matcher {
	readonly label: string;
	/** As it stands: `job=~"a|b"`. */
	readonly text: string;
}

/** Takes a selector apart; matchers of `__name__` are among the others. */
export function readSelector(text: string): Selector {
	const node = parser.parse(text).topNode.getChild("VectorSelector");
	const name = node?.getChild("Identifier");
	const list = node?.getChild("LabelMatchers");
	return {
		metric: name ? text.slice(name.from, name.to) : undefined,
		matchers: (list?.getChildren("UnquotedLabelMatcher") ?? []).map((matcher) => {
			const label = matcher.getChild("LabelName");
			return { label: label ? text.slice(label.from, label.to) : "", text: text.slice(matcher.from, matcher.to) };
		}),
	};
}

/** Writes a selector without one of its matchers. */
export function without({ metric = "", matchers }: Selector, left: Matcher): string {
	const others = matchers.filter((one) => one !== left).map(({ text }) => text);
	return others.length === 0 && metric !== "" ? metric : `${metric}{${others.join(",")}}`;
}
