import { eventually } from "../eventually.ts";
import { metricsOfSpan } from "../grafana-links.ts";
import { findTraces } from "../jaeger-api.ts";
import { queryRange } from "../prometheus-api.ts";
import type { Stack } from "../stack.ts";

const stepMs = 1_000;
/** Longer than the breaks that the demo's readers make. */
const rateInterval = "20s";

/** Grafana's links from a span lead to the metrics of its stage: each has data, for one stage at least. */
export async function stageMetrics({ prometheusUrls: [newest], jaegerUrl, startedAt }: Stack): Promise<string> {
	return eventually(60_000, async () => {
		const traces = await findTraces(jaegerUrl, { service: "docs-qa", operation: "docs-qa", fromMs: startedAt });
		const stages = new Map(traces.flat().map((span) => [span.tags["stage.name"], span]));
		stages.delete(undefined);
		const counts = new Map<string, number>();
		for (const span of stages.values()) {
			for (const { name, query, ...range } of metricsOfSpan(span)) {
				const expression = query.replaceAll("$__rate_interval", rateInterval);
				const series = await queryRange(newest?.url ?? "", expression, { ...range, toMs: Date.now(), stepMs });
				const hasData = series.some(({ values }) => values.some(([, value]) => Number.isFinite(Number(value))));
				counts.set(name, (counts.get(name) ?? 0) + Number(hasData));
			}
		}
		const empty = [...counts].filter(([, count]) => count === 0).map(([name]) => name);
		if (counts.size === 0 || empty.length > 0)
			return { missing: `data for "${empty.join('", "')}" of any of ${stages.size} stages` };
		return { found: [...counts].map(([name, count]) => `${name}: ${count} of ${stages.size} stages`).join("; ") };
	});
}
