import { classicJson } from "../../dashboards/generator/classic-json.ts";
import { dashboards } from "../../dashboards/generator/index.ts";
import type { AskValues } from "../../dashboards/proof/dashboard-proof.ts";
import type { Ask } from "../../dashboards/proof/panel-proof.ts";
import type { DashboardVariable } from "../../dashboards/render/dashboard.ts";
import { substitute } from "../../dashboards/render/substitute.ts";
import { readDuration } from "../../dashboards/render/time-range.ts";
import { readYaml } from "../../stack/compose.ts";
import { prometheusConfigFile } from "../../stack/prometheus.ts";
import { ask as askPrometheus, queryRange } from "./prometheus-api.ts";

const { scrape_interval: interval } = readYaml<{ global: { scrape_interval: string } }>(prometheusConfigFile).global;
/** That of the stack's Prometheus, as Grafana is told it. */
const scrapeMs = readDuration("scrape_interval", interval);

/** What a person sees who looks at a dashboard from the demo's start until now, all variables at "All". */
export function asks(
	url: string,
	startedAt: number,
	stepMs = 1_000,
): { readonly ask: Ask; readonly askValues: AskValues } {
	const range = { fromMs: startedAt, toMs: Date.now(), scrapeMs };
	const shown = (expression: string) => substitute(expression, variables, range, stepMs);
	return {
		async ask(expression) {
			const series = await queryRange(url, shown(expression), { ...range, stepMs });
			return series.map(({ values }) => ({ values: values.map(([, value]) => Number(value)) }));
		},
		askValues: (selector, label) => askPrometheus(url, `label/${label}/values`, { "match[]": shown(selector) }),
	};
}

/** The variables of every dashboard: one of a name is the same on all of them. */
const variables = dashboards.flatMap(
	(dashboard) => (classicJson(dashboard).templating as { list: readonly DashboardVariable[] }).list,
);
