import { eventually } from "../eventually.ts";
import { metricNames } from "../prometheus-api.ts";
import { pushedRun } from "../pushed-run.ts";
import type { Stack } from "../stack.ts";
import { NotRun } from "./check.ts";

/** A metric has one name, whether it is scraped or pushed by OTLP: the dashboards know only one. */
export async function names(stack: Stack): Promise<string> {
	const run = await pushedRun(stack);
	if (run === undefined) throw new NotRun("no Prometheus here takes OTLP");
	// What has a colon is made by a rule.
	const ours = '__name__=~"(pipeline|gen_ai)_[^:]+"';
	const { host } = new URL(stack.demo.metricsUrl);
	const scraped = await metricNames(run.prometheusUrl, `{${ours}, instance="${host}"}`);
	const pushed = await eventually(10_000, async () => {
		const found = await metricNames(run.prometheusUrl, `{${ours}, ${run.matcher}}`);
		return found.length > 0 ? { found } : { missing: "metrics that were pushed" };
	});
	const missing = [
		...scraped.filter((name) => !pushed.includes(name)).map((name) => `${name} is scraped and not pushed`),
		...pushed.filter((name) => !scraped.includes(name)).map((name) => `${name} is pushed and not scraped`),
	];
	if (missing.length > 0) throw new Error(missing.join("; "));
	return `${scraped.length} names, the same scraped and pushed`;
}
