import * as sdk from "@grafana/grafana-foundation-sdk/dashboard";
import { type KnownAttribute, labelOf } from "./metric.ts";
import { type Variable, variableLabels } from "./promql.ts";
import type { DrillDown, Panel } from "./specification.ts";

/** Labels that are attributes of spans too: a trace can be searched by them. */
const searchable = ["stage.name", "pipeline.name", "circuit_breaker.name"] as const satisfies readonly KnownAttribute[];

/** Variables that a dashboard hands on to the one a point leads to, where the point has their labels. */
const passed: Readonly<Record<DrillDown, readonly Variable[]>> = {
	stages: ["pipeline", "stage"],
	resilience: ["pipeline", "stage", "breaker"],
	streaming: ["pipeline", "stage", "stream"],
	cost: ["pipeline", "stage", "model"],
	telemetry: [],
};

/** All dashboards, in a menu at the top, with the time and the variables of this one. */
export function dashboardMenu(): sdk.DashboardLinkBuilder {
	return new sdk.DashboardLinkBuilder("Footlight")
		.type(sdk.DashboardLinkType.Dashboards)
		.tags(["footlight"])
		.includeVars(true)
		.keepTime(true);
}

/** Where a click on a point of a panel leads: to the traces behind it, and to the dashboard that tells more. */
export function pointLinks(panel: Panel): sdk.DashboardLinkBuilder[] {
	const links = [link("Traces in Jaeger", tracesUrl(panel))];
	if (panel.drillDown !== undefined) {
		links.push(link(`More on the dashboard of ${panel.drillDown}`, dashboardUrl(panel.drillDown, panel)));
	}
	return links;
}

function link(title: string, url: string): sdk.DashboardLinkBuilder {
	return new sdk.DashboardLinkBuilder(title).type(sdk.DashboardLinkType.Link).url(url).targetBlank(false);
}

/** Explore with Jaeger's data source, searching the service by what the point's labels say. */
function tracesUrl(panel: Panel): string {
	const tags = searchable.flatMap((attribute) => {
		const value = fieldOf(panel, attribute);
		return value === undefined ? [] : [`${attribute}=\\"${value}\\"`];
	});
	const query = `"refId":"A","queryType":"search","service":"\${service}","tags":"${tags.join(" ")}","limit":20`;
	const range = `"range":{"from":"\${__from}","to":"\${__to}"}`;
	return `/explore?schemaVersion=1&panes={"traces":{"datasource":"\${jaeger}","queries":[{${query}}],${range}}}`;
}

function dashboardUrl(name: DrillDown, panel: Panel): string {
	const narrowed = passed[name].map((variable) => {
		const value = fieldOf(panel, variableLabels[variable]);
		return value === undefined ? "" : `&var-${variable}=${value}`;
	});
	return `/d/footlight-${name}?\${__url_time_range}&\${datasource:queryparam}&\${job:queryparam}&\${instance:queryparam}${narrowed.join("")}`;
}

/** How a link names a label of the point; undefined where its series do not carry it. */
function fieldOf(panel: Panel, attribute: KnownAttribute): string | undefined {
	const label = labelOf(attribute);
	if (panel.kind === "table") {
		const heading = panel.rows[label];
		return heading === undefined ? undefined : `\${__data.fields["${heading}"]}`;
	}
	const isShown = panel.queries.every(({ legend }) => legend.includes(`{{${label}}}`));
	return isShown ? `\${__field.labels.${label}}` : undefined;
}
