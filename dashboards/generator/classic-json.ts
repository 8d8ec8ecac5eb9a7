import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as sdk from "@grafana/grafana-foundation-sdk/dashboard";
import { annotationBuilder, annotations } from "./annotations.ts";
import { dashboardMenu } from "./links.ts";
import { panelBuilder } from "./panel.ts";
import type { Dashboard } from "./specification.ts";
import { variablesOf } from "./variables.ts";

/** The parts of Grafana's classic JSON that have to be put right, or are read again. */
export interface ClassicDashboard {
	readonly uid: string;
	readonly title: string;
	readonly panels: readonly ClassicPanel[];
	readonly [member: string]: unknown;
}

/** A panel or a row in classic JSON. */
export interface ClassicPanel {
	readonly id: number;
	readonly type: string;
	readonly title: string;
	readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[];
	readonly [member: string]: unknown;
}

/** Makes a dashboard's classic JSON: file provisioning of Grafana 12 and 13 takes it, and so does a person's import. */
export function classicJson({ name, title, description, variables, rows }: Dashboard): ClassicDashboard {
	const builder = new sdk.DashboardBuilder(title)
		.uid(`footlight-${name}`)
		.description(description)
		.tags(["footlight"])
		.timezone("browser")
		.time({ from: "now-30m", to: "now" })
		.refresh("10s")
		.readonly()
		.tooltip(sdk.DashboardCursorSync.Crosshair)
		.link(dashboardMenu());
	builder.variables(variablesOf(variables));
	for (const row of rows) {
		builder.withRow(new sdk.RowBuilder(row.title));
		for (const panel of row.panels) builder.withPanel(panelBuilder(panel));
	}
	return repaired(builder.build(), annotations.map(annotationBuilder));
}

/** What version 0.0.21 of the SDK leaves out, and Grafana wants: a list of annotations, ids of panels, letters of queries. */
function repaired(dashboard: sdk.Dashboard, drawn: readonly Builder<sdk.AnnotationQuery>[]): ClassicDashboard {
	const panels = (dashboard.panels ?? []).map((panel, index) => ({
		...panel,
		id: index + 1,
		...("targets" in panel && {
			targets: panel.targets?.map((target, at) => ({ ...target, refId: String.fromCharCode(65 + at) })),
		}),
	}));
	const { id: _, ...rest } = dashboard;
	const list = drawn.map((annotation) => annotation.build());
	const whole = { ...rest, annotations: { list }, panels };
	return JSON.parse(JSON.stringify(whole, withoutPlacement));
}

/** It also puts all links and annotations into a menu that is shut, where nobody finds them. */
function withoutPlacement(key: string, value: unknown): unknown {
	return key === "placement" && value === "inControlsMenu" ? undefined : value;
}
