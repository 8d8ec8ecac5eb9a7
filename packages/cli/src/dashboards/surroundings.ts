import type { ScrapeTarget } from "./answer-shapes.ts";
import { secondsIn } from "./duration.ts";
import type { Surroundings } from "./explain.ts";
import { seriesOf } from "./expression.ts";
import type { Prometheus } from "./prometheus.ts";
import { questionsOf, questionsOfRules } from "./question.ts";
import type { Shipped } from "./shipped.ts";
import { substitute } from "./substitute.ts";
import { builtInVariables, type Window, windowBefore } from "./window.ts";

/** Metric that every process of Footlight has. */
const presence = "pipeline_sdk_info";
/** What Grafana takes where nobody says. */
const usualScrapeSeconds = 15;

/** Looks at what a Prometheus has, once for all questions. */
export async function lookAround(
	prometheus: Prometheus,
	shipped: Shipped,
	nowSeconds: () => number,
	rangeSeconds: number,
): Promise<Surroundings> {
	const [namesEver, alertNames, interval] = await Promise.all([
		prometheus.labelValues("__name__"),
		prometheus.alertNames(),
		scrapeInterval(prometheus, nowSeconds()),
	]);
	// Later than the names: what has one of them has a sample before the end.
	const window = windowBefore(nowSeconds(), rangeSeconds, interval);
	const rules = shipped.rules.flatMap(({ groups }) => groups.flatMap(({ rules }) => rules));
	const alerts = rules.flatMap(({ alert }) => alert ?? []);
	return {
		prometheus,
		window,
		namesEver: new Set(namesEver),
		asked: askedMetrics(shipped, window),
		recorded: new Set(rules.flatMap(({ record }) => record ?? [])),
		rulesLoaded: alertNames === undefined ? undefined : alerts.some((name) => alertNames.includes(name)),
	};
}

/** How often the applications are scraped: as their targets say, else as the distance of samples tells. */
async function scrapeInterval(prometheus: Prometheus, end: number): Promise<number> {
	const [present, targets] = await Promise.all([prometheus.query(`${presence}[5m]`, end), prometheus.targets()]);
	const jobs = new Set(present.map(({ labels }) => labels.job));
	const ofJobs = (targets ?? []).filter(({ labels }) => jobs.has(labels.job));
	const told = secondsOf(ofJobs.length > 0 ? ofJobs : (targets ?? []));
	if (told.length > 0) return Math.max(...told);
	const measured = present.flatMap(({ times }) =>
		times.length > 1 ? [((times.at(-1) ?? 0) - (times[0] ?? 0)) / (times.length - 1)] : [],
	);
	return measured.length > 0 ? Math.max(1, Math.round(Math.max(...measured))) : usualScrapeSeconds;
}

function secondsOf(targets: readonly ScrapeTarget[]): number[] {
	return targets.flatMap(({ scrapeInterval = "" }) => secondsIn(scrapeInterval) ?? []);
}

/** Every metric that the shipped files ask for; the values of variables make no difference to that. */
function askedMetrics({ dashboards, rules }: Shipped, window: Window): Set<string> {
	const builtIn = builtInVariables(window);
	const valueFor = (name: string) => builtIn[name] ?? ".+";
	const questions = [
		...dashboards.flatMap(({ content }) => questionsOf(content)),
		...rules.flatMap(({ groups }) => questionsOfRules(groups)),
	];
	return new Set(
		questions
			.flatMap(({ queries }) => queries)
			.flatMap(({ expression }) => metricsOf(substitute(expression, valueFor))),
	);
}

function metricsOf(expression: string): string[] {
	try {
		return seriesOf(expression).flatMap(({ metric }) => metric ?? []);
	} catch {
		// It is told of where it is asked.
		return [];
	}
}
