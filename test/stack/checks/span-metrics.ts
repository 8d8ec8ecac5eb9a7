import { eventually } from "../eventually.ts";
import { callRates } from "../jaeger-api.ts";
import { query } from "../prometheus-api.ts";
import type { Stack } from "../stack.ts";

/** Jaeger's Monitor tab has something to show: it counts spans, Prometheus has the counts, Jaeger answers with them. */
export async function spanMetrics({ jaegerUrl, prometheusUrls: [prometheus] }: Stack): Promise<string> {
	const calls = 'sum by (span_name) (traces_span_metrics_calls_total{service_name="docs-qa"})';
	const counted = await eventually(60_000, async () => {
		const counts = await query(prometheus?.url ?? "", calls);
		const spans = counts.reduce((sum, count) => sum + count, 0);
		// They are born at zero.
		if (spans > 0) return { found: `${spans} spans of ${counts.length} operations counted` };
		return { missing: `counts above 0 in ${calls}; there are ${counts.length} series` };
	});
	const rates = await eventually(60_000, async () => {
		const points = await callRates(jaegerUrl, "docs-qa");
		if (points.some((rate) => rate > 0)) return { found: points };
		return { missing: `rates of calls above 0 in Jaeger; it answers with ${points.length} points` };
	});
	return `${counted}, ${rates.length} points of their rate`;
}
