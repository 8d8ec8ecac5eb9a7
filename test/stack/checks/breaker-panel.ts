import { resilience } from "../../../dashboards/generator/dashboards/resilience.ts";
import { breakerStates } from "../../../dashboards/generator/palette.ts";
import { closedAgain } from "../../../dashboards/proof/story.ts";
import { asks } from "../dashboard-questions.ts";
import { eventually } from "../eventually.ts";
import type { Stack } from "../stack.ts";

const numberOf = (name: string) => breakerStates.findIndex(({ state }) => state === name);
const states = { closed: numberOf("closed"), open: numberOf("open"), halfOpen: numberOf("half_open") };

const withinMs = 120_000;
/** Half open is over after a few calls. */
const stepMs = 250;

/** The panel of breakers draws closed, open, half-open (open again where a probe failed), closed, within two minutes of the start. */
export async function breakerPanel({
	prometheusUrls,
	startedAt,
}: Pick<Stack, "prometheusUrls" | "startedAt">): Promise<string> {
	const expression = resilience.rows[0]?.panels[0]?.queries[0].expression ?? "";
	const told = await Promise.all(
		prometheusUrls.map(({ url, version }) =>
			eventually(startedAt + withinMs - Date.now(), async () => {
				const answer = await asks(url, startedAt, stepMs).ask(expression);
				const cycles = answer.filter(({ values }) => closedAgain(values, states)).length;
				if (cycles > 0) return { found: `${cycles} of ${answer.length} breakers in Prometheus ${version}` };
				return { missing: `a breaker of ${answer.length} that opens and closes again in Prometheus ${version}` };
			}),
		),
	);
	return `${((Date.now() - startedAt) / 1_000).toFixed(0)} s after the start: ${told.join("; ")}`;
}
