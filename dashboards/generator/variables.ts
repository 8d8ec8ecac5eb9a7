import * as sdk from "@grafana/grafana-foundation-sdk/dashboard";
import { type KnownMetric, labelOf, prometheusMetric } from "./metric.ts";
import { dataSource } from "./panel.ts";
import { dashboardScope, type Variable, variableLabels } from "./promql.ts";

/** The metrics that together know every value of a variable, and the variables that narrow them. */
const sources: Readonly<
	Record<Variable, readonly [metrics: readonly [KnownMetric, ...KnownMetric[]], ...narrowedBy: Variable[]]>
> = {
	pipeline: [["pipeline.run.active"]],
	stage: [["pipeline.stage.active"], "pipeline"],
	breaker: [["pipeline.circuit_breaker.state"]],
	stream: [["pipeline.stream.items", "pipeline.stream.buffer.fill"], "pipeline", "stage"],
	exporter: [["pipeline.exporter.queue.capacity"]],
	model: [["pipeline.tokens"], "pipeline", "stage"],
};

/** Makes the variables at the top of a dashboard, each narrowed by those before it. */
export function variablesOf(
	variables: readonly Variable[],
): sdk.DashboardBuilder["variables"] extends (list: infer List) => unknown ? List : never {
	const info = prometheusMetric("pipeline.sdk.info").name;
	return [
		new sdk.DatasourceVariableBuilder("datasource").label("Data Source").type("prometheus"),
		new sdk.DatasourceVariableBuilder("jaeger").label("Traces").type("jaeger").hide(sdk.VariableHide.HideVariable),
		values("job", `label_values(${info}, job)`),
		values("instance", `label_values(${info}{job=~"$job"}, instance)`),
		...variables.map((variable) => {
			const [metrics, ...narrowedBy] = sources[variable];
			const selector = dashboardScope(...narrowedBy).any(metrics);
			// Not every series has the label: money of a run outside every stage, a queue outside every call.
			return values(variable, `label_values(${selector}, ${labelOf(variableLabels[variable])})`).allValue(".*");
		}),
		// Traces are searched by the service's name, which a scraped job need not have.
		values("service", `label_values(${dashboardScope().series("target_info")}, service_name)`)
			.multi(false)
			.includeAll(false)
			.hide(sdk.VariableHide.HideVariable),
	];
}

function values(name: string, query: string): sdk.QueryVariableBuilder {
	return new sdk.QueryVariableBuilder(name)
		.label(name)
		.datasource(dataSource)
		.query({ query, refId: "values" })
		.definition(query)
		.refresh(sdk.VariableRefresh.OnTimeRangeChanged)
		.sort(sdk.VariableSort.AlphabeticalAsc)
		.multi(true)
		.includeAll(true)
		.allValue(".+")
		.current({ selected: true, text: ["All"], value: ["$__all"] });
}
