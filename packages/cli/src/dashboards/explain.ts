import { seriesOf } from "./expression.ts";
import type { Reason } from "./finding.ts";
import { otherName } from "./other-name.ts";
import type { Prometheus } from "./prometheus.ts";
import { readSelector, type Selector, without } from "./selector.ts";
import { inPrometheus, type Window } from "./window.ts";

/** What is known of a Prometheus before anything is explained. */
export interface Surroundings {
	readonly prometheus: Prometheus;
	readonly window: Window;
	/** Metrics that it has ever had. */
	readonly namesEver: ReadonlySet<string>;
	/** Metrics that the shipped files ask for. */
	readonly asked: ReadonlySet<string>;
	/** Series that the shipped rules record. */
	readonly recorded: ReadonlySet<string>;
	/** Whether it has loaded the shipped alerts; undefined where it does not tell. */
	readonly rulesLoaded: boolean | undefined;
}

/** Says why nothing comes out of an expression that has values for its variables. */
export async function explain(expression: string, around: Surroundings): Promise<Reason> {
	const reasons = await Promise.all(
		seriesOf(expression).map(({ metric, selector }) => explainSelector(metric, selector, around)),
	);
	const found = reasons.filter((one) => one !== undefined);
	const order = ["wrong", "unused", "quiet"];
	return found.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state))[0] ?? noValue;
}

/** Its series are there, so it says what it can say. */
const noValue: Reason = {
	code: "no-value",
	state: "quiet",
	message: "its series are there, but nothing comes out: no traffic to divide by, or a condition that does not hold",
};

/** Undefined where its series are there, with samples enough. */
async function explainSelector(
	metric: string | undefined,
	text: string,
	around: Surroundings,
): Promise<Reason | undefined> {
	if (metric !== undefined && !around.namesEver.has(metric)) return absent(metric, around);
	const most = await samplesOf(text, around);
	if (most === 0) {
		if (metric !== undefined && (await samplesOf(metric, around)) === 0) return notInRange(metric);
		return noSuchSeries(readSelector(text), text, around);
	}
	if (most > 1) return undefined;
	return {
		code: "one-sample",
		state: "quiet",
		message: `${metric ?? text} has one sample so far, and a rate needs two`,
		cure: "Ask again after the next scrape.",
	};
}

/** How many samples the series with the most has. */
async function samplesOf(selector: string, { prometheus, window }: Surroundings): Promise<number> {
	const range = inPrometheus(window.range);
	const [counted] = await prometheus.query(`max(count_over_time(${selector}[${range}]))`, window.end);
	return counted?.values[0] ?? 0;
}

function notInRange(metric: string): Reason {
	return {
		code: "not-in-range",
		state: "wrong",
		message: `${metric} was there before, but has no sample in this time`,
		cure: "Start the application, or see in Prometheus under Status > Targets why it is not scraped.",
	};
}

function absent(metric: string, { namesEver, asked, recorded, rulesLoaded }: Surroundings): Reason {
	if (metric === "ALERTS" || metric === "ALERTS_FOR_STATE") {
		if (rulesLoaded !== false) {
			return { code: "no-alert-active", state: "quiet", message: "no alert is pending or firing" };
		}
		return notLoaded("no alert can fire: this Prometheus has not loaded the shipped rules");
	}
	if (recorded.has(metric)) {
		if (rulesLoaded === false) return notLoaded(`${metric} is recorded by the shipped rules, which are not loaded`);
		return { code: "not-recorded", state: "quiet", message: `${metric} has not been recorded yet` };
	}
	const other = otherName(metric, namesEver.difference(asked));
	if (other !== undefined) {
		const { name, why, cure } = other;
		return { code: "other-name", state: "wrong", message: `${metric} is not there, but ${name} is: ${why}`, cure };
	}
	const message = metric.startsWith("scrape_")
		? `nothing is scraped here, so there is no ${metric}`
		: `no application has emitted ${metric} here`;
	return { code: "metric-absent", state: "unused", message };
}

/** What to do where the shipped rules are not loaded. */
export const notLoadedCure =
	"Write them with footlight dashboards export --rules --to FOLDER, and name the file in rule_files.";

function notLoaded(message: string): Reason {
	return { code: "rules-not-loaded", state: "unused", message, cure: notLoadedCure };
}

/** Finds the matcher that leaves nothing, and what its label has instead. */
async function noSuchSeries(selector: Selector, text: string, around: Surroundings): Promise<Reason> {
	const { prometheus, window } = around;
	const name = selector.metric;
	if (name === undefined) return { code: "no-such-series", state: "quiet", message: `there is no series ${text}` };
	for (const matcher of selector.matchers) {
		const range = `${without(selector, matcher)}[${inPrometheus(window.range)}]`;
		const rest = await prometheus.query(`count by (${matcher.label}) (last_over_time(${range}))`, window.end);
		if (rest.length === 0) continue;
		const values = rest.map(({ labels }) => labels[matcher.label] ?? "").filter((value) => value !== "");
		if (values.length === 0) {
			// What asks for any value at all came from a variable: every series should have the label.
			return missingLabel(name, matcher.label, /=~"\.[+]"$/.test(matcher.text) ? "wrong" : "quiet");
		}
		const shown = `${values.sort().slice(0, 5).join(", ")}${values.length > 5 ? ", …" : ""}`;
		return {
			code: "no-such-series",
			state: matcher.label === "job" || matcher.label === "instance" ? "wrong" : "quiet",
			message: `${name} has no series with ${matcher.text}; there is ${shown}`,
		};
	}
	return { code: "no-such-series", state: "quiet", message: `there is no series ${text}` };
}

/** Says that a label is nowhere, and what to do where every series should have it. */
export function missingLabel(name: string, label: string, state: "wrong" | "quiet"): Reason {
	const message = `no series of ${name} has the label ${label} here`;
	if (state === "quiet") return { code: "no-such-label", state, message };
	const cure = name.startsWith("target_info")
		? "Set otlp.keep_identifying_resource_attributes: true in the Prometheus that metrics are pushed to."
		: "Look for a relabelling that drops it, or an exporter that names it otherwise.";
	return { code: "no-such-label", state, message, cure };
}
