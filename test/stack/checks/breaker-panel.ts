import { closedAgain } from "../../../dashboards/proof/story.ts";
import { breakerNumbers, breakerTimelines } from "../breaker-timelines.ts";
import { eventually } from "../eventually.ts";
import type { Stack } from "../stack.ts";

const withinMs = 120_000;

/** The panel of breakers draws closed, open, half-open (open again where a probe failed), closed, within two minutes of the start. */
export async function breakerPanel({ prometheusUrls, startedAt }: Stack): Promise<string> {
	const told = await Promise.all(
		prometheusUrls.map(({ url, version }) =>
			eventually(startedAt + withinMs - Date.now(), async () => {
				const answer = await breakerTimelines(url, startedAt);
				const cycles = answer.filter(({ values }) => closedAgain(values, breakerNumbers)).length;
				if (cycles > 0) return { found: `${cycles} of ${answer.length} breakers in Prometheus ${version}` };
				return { missing: `a breaker of ${answer.length} that opens and closes again in Prometheus ${version}` };
			}),
		),
	);
	return `${((Date.now() - startedAt) / 1_000).toFixed(0)} s after the start: ${told.join("; ")}`;
}
