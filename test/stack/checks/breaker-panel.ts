import { resilience } from "../../../dashboards/generator/dashboards/resilience.ts";
import { breakerStates } from "../../../dashboards/generator/palette.ts";
import { wentThrough } from "../../../dashboards/proof/story.ts";
import { asks } from "../dashboard-questions.ts";
import { eventually } from "../eventually.ts";
import type { Stack } from "../stack.ts";

const course = (["closed", "open", "half_open", "closed"] as const).map((state) =>
	breakerStates.findIndex((known) => known.state === state),
);

const withinMs = 120_000;
/** Half open is over after a few calls. */
const stepMs = 250;

/** The panel of breakers draws closed, open, half-open, closed, one after the other with nothing between, within two minutes of the start. */
export async function breakerPanel({ prometheusUrls, startedAt }: Stack): Promise<string> {
	const expression = resilience.rows[0]?.panels[0]?.queries[0].expression ?? "";
	const told = await Promise.all(
		prometheusUrls.map(({ url, version }) =>
			eventually(startedAt + withinMs - Date.now(), async () => {
				const answer = await asks(url, startedAt, stepMs).ask(expression);
				const cycles = answer.filter(({ values }) => wentThrough(values, course)).length;
				if (cycles > 0) return { found: `${cycles} of ${answer.length} breakers in Prometheus ${version}` };
				return { missing: `a breaker of ${answer.length} that goes ${course.join(", ")} in Prometheus ${version}` };
			}),
		),
	);
	return `${((Date.now() - startedAt) / 1_000).toFixed(0)} s after the start: ${told.join("; ")}`;
}
