import { setTimeout as wait } from "node:timers/promises";
import { seriesIn } from "../../prometheus-server.ts";
import { eventually } from "../eventually.ts";
import { findTraces } from "../jaeger-api.ts";
import { query } from "../prometheus-api.ts";
import { runDemo } from "../run-demo.ts";
import { startScaleTier } from "../scale-tier.ts";
import type { Stack } from "../stack.ts";
import { rootOf, spansWithoutParent } from "../trace.ts";
import { NotRun } from "./check.ts";

/** What Jaeger has counted it tells every 15 seconds, and Prometheus looks every half. */
const flushMs = 17_000;

/**
 * The tiers of the profile `scale` count every run, keep whole traces, and lose none of those that have something to tell.
 */
export async function scaleTier(stack: Stack): Promise<string> {
	const { programs, jaegerUrl, otlpUrl, folder } = stack;
	if (programs?.collector === undefined) throw new NotRun("there is no collector here");
	// From here on all runs take the way through the tiers.
	await stack.demo.stop();
	const startedAt = Date.now();
	const tier = await startScaleTier({ program: programs.collector, jaegerOtlpUrl: otlpUrl, folder });
	stack.endsWith(tier.stop);
	try {
		const { summary } = await runDemo(tier.otlpUrl, { OTEL_METRICS_EXPORTER: "none" });
		const outcomes = Object.entries(summary.runs["docs-qa"] ?? {});
		const asked = outcomes.reduce((sum, [, count]) => sum + count, 0);
		const toKeep = asked - (summary.runs["docs-qa"]?.ok ?? 0);

		const counted = await eventually(30_000, async () => {
			const text = await (await fetch(tier.spanMetricsUrl)).text();
			const series = seriesIn(text, "traces_span_metrics_calls_total");
			const roots = series.filter(({ labels }) => labels.span_name === "docs-qa");
			const found = roots.reduce((sum, { value }) => sum + value, 0);
			return found >= asked ? { found } : { missing: `${asked} runs counted before sampling; there are ${found}` };
		});
		if (counted !== asked) throw new Error(`${asked} runs, and ${counted} of them were counted before sampling`);

		const kept = await eventually(45_000, async () => {
			const found = await findTraces(jaegerUrl, { service: "docs-qa", operation: "docs-qa", fromMs: startedAt });
			const telling = found.filter((trace) => rootOf(trace, "docs-qa")?.tags.outcome !== "ok").length;
			if (telling >= toKeep) return { found };
			return { missing: `${toKeep} traces of runs that did not end well; Jaeger has ${telling}` };
		});
		const broken = kept.flatMap(spansWithoutParent);
		if (broken.length > 0) throw new Error(`kept traces are not whole: ${broken.map(({ name }) => name).join(", ")}`);
		await countedOnce(stack);
		return `${counted} runs counted, ${kept.length} traces kept, all ${toKeep} of those that did not end well`;
	} finally {
		await tier.stop();
	}
}

/** Jaeger has counted just the runs that came to it straight from the demo: the others are marked as counted before. */
async function countedOnce({ jaegerUrl, prometheusUrls: [prometheus], startedAt }: Stack): Promise<void> {
	const traces = await findTraces(jaegerUrl, { service: "docs-qa", operation: "docs-qa", fromMs: startedAt });
	const straight = traces.filter((trace) => rootOf(trace, "docs-qa")?.resource["spanmetrics.counted"] === undefined);
	// Only then is it known that nothing more comes.
	await wait(flushMs);
	await eventually(15_000, async () => {
		const calls = 'sum(traces_span_metrics_calls_total{span_name="docs-qa"})';
		const [counted] = await query(prometheus?.url ?? "", calls);
		if (counted === straight.length && straight.length < traces.length) return { found: counted };
		const told = `${straight.length} of ${traces.length} traces came straight`;
		return { missing: `as many runs counted by Jaeger as came to it straight: ${told}, and it has counted ${counted}` };
	});
}
