import { resilience } from "../../../dashboards/generator/dashboards/resilience.ts";
import { substitute } from "../../../dashboards/render/substitute.ts";
import { queryRange } from "../prometheus-api.ts";
import { pushedRun } from "../pushed-run.ts";
import type { Stack } from "../stack.ts";

/** The panel takes rates, which guess what was before the first point and after the last. */
const tolerance = 0.02;
const pastMs = 60_000;
const stepMs = 500;

const chosen = [
	{ name: "pipeline", type: "query", allValue: "docs-qa" },
	{ name: "stage", type: "query", allValue: "answer" },
];

/** Retry amplification on the dashboard is what the model's server has counted: its requests over the calls they were made for. */
export async function amplification(stack: Stack): Promise<string> {
	const run = await pushedRun(stack);
	if (run === undefined) return "not compared: no Prometheus here takes OTLP";
	const { requests, calls } = run.summary.server;
	// Points stand on multiples of the step: the last of them has to be behind the last push.
	const toMs = Date.now() + stepMs;
	const panels = resilience.rows.flatMap((row) => row.panels);
	const expression = panels.find(({ title }) => title === "Amplification by stage")?.queries[0].expression ?? "";
	const range = { fromMs: toMs - pastMs, toMs };
	// Four scrapes are what a rate looks at.
	const whole = substitute(
		expression.replaceAll('job=~"$job",instance=~"$instance"', run.matcher),
		chosen,
		{ ...range, scrapeMs: pastMs / 4 },
		stepMs,
	);
	// A process that has ended has no series any more: its last word is some steps back.
	const [series] = await queryRange(run.prometheusUrl, whole, { ...range, stepMs });
	const shown = Number(series?.values.at(-1)?.[1]);
	const counted = requests / calls;
	const told = `the panel shows ${shown.toFixed(3)}, the server counted ${requests} requests for ${calls} calls, ${counted.toFixed(3)}`;
	if (!(Math.abs(shown - counted) <= tolerance * counted)) throw new Error(told);
	return told;
}
