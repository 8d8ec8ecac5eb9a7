import { show } from "@footlight/core/option";
import type { Surroundings } from "./explain.ts";
import { notLoadedCure } from "./explain.ts";
import { inPrometheus } from "./window.ts";

/** What is wrong as a whole, before any panel is looked at. */
export interface GeneralProblem {
	readonly code: "no-metrics" | "no-such-job" | "nobody-scraped" | "rules-not-loaded";
	readonly message: string;
	readonly cure: string;
}

/** Every series of Footlight's namespace, also where an exporter has kept its dots or put something before it. */
const ours = '{__name__=~"(.*[^a-zA-Z0-9])?pipeline[^a-zA-Z0-9].+"}';
/** What every process serves as long as it lives; what rules record outlives it. */
const living = '__name__=~"(.*[^a-zA-Z0-9])?pipeline[^a-zA-Z0-9]sdk[^a-zA-Z0-9]info.*"';
const mostTargets = 5;

/** Undefined where Footlight's metrics, of this job if one is given, reach this Prometheus, under whatever name. */
export async function findAbsence(
	{ prometheus, window }: Surroundings,
	job: string | undefined,
): Promise<GeneralProblem | undefined> {
	const range = inPrometheus(window.range);
	const found = await prometheus.query(`count by (job) (last_over_time(${ours}[${range}]))`, window.end);
	if (found.length === 0) {
		const targets = await downTargets({ prometheus });
		const cure =
			"Name the application in scrape_configs: startTelemetry() serves /metrics on port 9464, and footlight doctor says where. Or give a longer --range.";
		return {
			code: "no-metrics",
			message: `No metric of Footlight has reached this Prometheus in this time${targets?.message ?? ""}.`,
			cure: targets?.cure ?? cure,
		};
	}
	const jobs = found.flatMap(({ labels }) => labels.job ?? []).sort();
	if (job === undefined || jobs.includes(job)) return undefined;
	const there = jobs.length === 0 ? "none has a job" : `there is ${jobs.join(", ")}`;
	return {
		code: "no-such-job",
		message: `No metric of Footlight has the job ${show(job)} in this time; ${there}.`,
		cure: "Give --job as Prometheus has it, or leave it out.",
	};
}

/** Undefined where an application, of this job if one is given, is scraped now. */
export async function findStandstill(
	{ prometheus, window }: Surroundings,
	job: string | undefined,
): Promise<GeneralProblem | undefined> {
	const selector = job === undefined ? `{${living}}` : `{${living},job=${JSON.stringify(job)}}`;
	const before = `count(last_over_time(${selector}[${inPrometheus(window.range)}]))`;
	// Where no process ever told that it lives, its silence says nothing.
	const gone = await prometheus.query(`${before} unless count(${selector})`, window.end);
	if (gone.length === 0) return undefined;
	const targets = await downTargets({ prometheus }, job);
	const of = job === undefined ? "" : ` of job ${show(job)}`;
	return {
		code: "nobody-scraped",
		message: `No application of Footlight${of} is scraped any more: pipeline_sdk_info had samples in this time, and has none now${targets?.message ?? ""}.`,
		cure:
			targets?.cure ?? "Start the application, or see in Prometheus under Status > Targets why it is no longer there.",
	};
}

/** Undefined where the shipped rules are loaded, and where Prometheus does not tell. */
export function findMissingRules({ rulesLoaded }: Surroundings): GeneralProblem | undefined {
	if (rulesLoaded !== false) return undefined;
	const message = "This Prometheus has not loaded the shipped alerts and recording rules: no alert can fire.";
	return { code: "rules-not-loaded", message, cure: notLoadedCure };
}

/** What to say of the targets that are down; undefined where none is. */
async function downTargets(
	{ prometheus }: Pick<Surroundings, "prometheus">,
	job?: string,
): Promise<Pick<GeneralProblem, "message" | "cure"> | undefined> {
	const targets = (await prometheus.targets())?.filter(({ labels }) => job === undefined || labels.job === job) ?? [];
	const down = targets.filter(({ health }) => health === "down");
	if (down.length === 0) return undefined;
	const named = down.slice(0, mostTargets).map(({ scrapeUrl, lastError }) => `${scrapeUrl} (${lastError})`);
	const more = down.length > mostTargets ? `, and ${down.length - mostTargets} more` : "";
	return {
		message: `, and ${down.length} of its ${targets.length} targets are down`,
		cure: `Look at the targets that are down: ${named.join(", ")}${more}.`,
	};
}
