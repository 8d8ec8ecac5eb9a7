import { eventually } from "../eventually.ts";
import { findTrace } from "../jaeger-api.ts";
import { exemplarTraceIds } from "../prometheus-api.ts";
import type { Stack } from "../stack.ts";

const wanted = 10;

/** The points of the graphs lead to traces: exemplars of each Prometheus are found in Jaeger by their id. */
export async function exemplars({ prometheusUrls, jaegerUrl, startedAt }: Stack): Promise<string> {
	const counts = await Promise.all(
		prometheusUrls.map(({ url, version }) =>
			// A trace is sent some seconds after its spans have ended, and only then is it in Jaeger.
			eventually(30_000, async () => {
				const found = await exemplarTraceIds(url, "pipeline_stage_duration_seconds_bucket", startedAt);
				const ids = found.slice(0, wanted);
				if (ids.length < wanted)
					return { missing: `${wanted} exemplars of traces in Prometheus ${version}; there are ${ids.length}` };
				const traces = await Promise.all(ids.map((id) => findTrace(jaegerUrl, id)));
				const lost = ids.filter((_, index) => traces[index]?.every(({ service }) => service !== "docs-qa"));
				if (lost.length > 0) return { missing: `traces ${lost.join(", ")} of Prometheus ${version} in Jaeger` };
				return { found: `${ids.length} of ${ids.length} from Prometheus ${version}, such as ${ids[0]}` };
			}),
		),
	);
	return counts.join("; ");
}
