import { resilience } from "../../../dashboards/generator/dashboards/resilience.ts";
import { breakerStates } from "../../../dashboards/generator/palette.ts";
import type { Ask } from "../../../dashboards/proof/panel-proof.ts";
import { closedAgain } from "../../../dashboards/proof/story.ts";
import { asks } from "../dashboard-questions.ts";
import { eventually } from "../eventually.ts";
import type { Stack } from "../stack.ts";

const numberOf = (name: string) => breakerStates.findIndex(({ state }) => state === name);
export const states = { closed: numberOf("closed"), open: numberOf("open"), halfOpen: numberOf("half_open") };

const withinMs = 120_000;
/** Half open is over after a few calls. */
const stepMs = 250;

/** The panel of breakers draws closed, open, half-open (open again where a probe failed), closed, within two minutes of the start. */
export async function breakerPanel({ prometheusUrls, startedAt }: Stack): Promise<string> {
	const told = await Promise.all(
		prometheusUrls.map(({ url, version }) =>
			eventually(startedAt + withinMs - Date.now(), async () => {
				const answer = await timelines(url, startedAt);
				const cycles = answer.filter(({ values }) => closedAgain(values, states)).length;
				if (cycles > 0) return { found: `${cycles} of ${answer.length} breakers in Prometheus ${version}` };
				return { missing: `a breaker of ${answer.length} that opens and closes again in Prometheus ${version}` };
			}),
		),
	);
	return `${((Date.now() - startedAt) / 1_000).toFixed(0)} s after the start: ${told.join("; ")}`;
}

/** What the panel of breakers draws since the start of the demo, a timeline for each of them. */
export async function timelines(url: string, startedAt: number): ReturnType<Ask> {
	return asks(url, startedAt, stepMs).ask(resilience.rows[0]?.panels[0]?.queries[0].expression ?? "");
}
