import { resilience } from "../../dashboards/generator/dashboards/resilience.ts";
import { breakerStates } from "../../dashboards/generator/palette.ts";
import type { Answer } from "../../dashboards/proof/panel-proof.ts";
import { asks } from "./dashboard-questions.ts";

const numberOf = (name: string) => breakerStates.findIndex(({ state }) => state === name);

/** States of a breaker by the numbers that the panel of breakers draws them by. */
export const breakerNumbers = { closed: numberOf("closed"), open: numberOf("open"), halfOpen: numberOf("half_open") };

/** Half open is over after a few calls. */
const stepMs = 250;

/** What the panel of breakers draws since the start of the demo, a timeline for each of them. */
export async function breakerTimelines(url: string, startedAt: number): Promise<Answer> {
	return asks(url, startedAt, stepMs).ask(resilience.rows[0]?.panels[0]?.queries[0].expression ?? "");
}
