// Over 250 lines: one function for each kind of panel, beside what all of them have.
import * as bargauge from "@grafana/grafana-foundation-sdk/bargauge";
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import * as common from "@grafana/grafana-foundation-sdk/common";
import * as sdk from "@grafana/grafana-foundation-sdk/dashboard";
import * as heatmap from "@grafana/grafana-foundation-sdk/heatmap";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as statetimeline from "@grafana/grafana-foundation-sdk/statetimeline";
import * as table from "@grafana/grafana-foundation-sdk/table";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import { pointLinks } from "./links.ts";
import type {
	BarGaugePanel,
	HeatmapPanel,
	Panel,
	Query,
	StateTimelinePanel,
	StatPanel,
	TablePanel,
	Threshold,
	TimeSeriesPanel,
	ValueText,
} from "./specification.ts";

/** Where the dashboards' panels ask: whatever the variable says, so that the same file serves every Grafana. */
export const dataSource = { type: "prometheus", uid: "$datasource" } as const;

const usualHeight = 8;
const statHeight = 4;

/** Makes a panel as the SDK of Grafana has it; ids come later. */
export function panelBuilder(panel: Panel): Builder<sdk.Panel> {
	switch (panel.kind) {
		case "timeseries":
			return timeSeries(panel);
		case "stat":
			return figure(panel);
		case "state-timeline":
			return stateTimeline(panel);
		case "heatmap":
			return heat(panel);
		case "table":
			return figures(panel);
		case "bargauge":
			return bars(panel);
	}
}

/** What every kind of panel has. */
interface AnyBuilder {
	title(title: string): this;
	description(description: string): this;
	datasource(source: common.DataSourceRef): this;
	unit(unit: string): this;
	decimals(decimals: number): this;
	span(width: number): this;
	height(height: number): this;
	withTarget(target: Builder<Dataquery>): this;
	thresholds(thresholds: Builder<sdk.ThresholdsConfig>): this;
	dataLinks(links: Builder<sdk.DashboardLink>[]): this;
	overrideByName(name: string, properties: sdk.DynamicConfigValue[]): this;
	overrideByRegexp(pattern: string, properties: sdk.DynamicConfigValue[]): this;
}

function begun<Builder extends AnyBuilder>(builder: Builder, panel: Panel): Builder {
	builder
		.title(panel.title)
		.description(panel.description)
		.datasource(dataSource)
		.unit(panel.unit)
		.span(panel.width)
		.height(panel.height ?? (panel.kind === "stat" ? statHeight : usualHeight))
		.thresholds(thresholdsOf(panel.thresholds ?? [{ color: "green" }]))
		.dataLinks(pointLinks(panel));
	// What `increase` says of a counter is seldom a whole number, and always of whole things.
	const decimals = panel.decimals ?? (panel.kind === "stat" && panel.unit === "short" ? 0 : undefined);
	if (decimals !== undefined) builder.decimals(decimals);
	for (const query of panel.queries) builder.withTarget(target(query, panel));
	for (const [name, color] of Object.entries(panel.colors ?? {})) {
		const fixed = [{ id: "color", value: { mode: "fixed", fixedColor: color } }];
		if (name.startsWith("/")) builder.overrideByRegexp(name, fixed);
		else builder.overrideByName(name, fixed);
	}
	return builder;
}

function target({ expression, legend, exemplars }: Query, panel: Panel): prometheus.DataqueryBuilder {
	const { kind } = panel;
	const query = new prometheus.DataqueryBuilder().expr(expression).legendFormat(legend).datasource(dataSource);
	// The last point of a course may be long over; without a course only now counts.
	if (kind === "table" || kind === "bargauge" || (kind === "stat" && panel.sparkline === false)) {
		query.instant().format(kind === "table" ? prometheus.PromQueryFormat.Table : prometheus.PromQueryFormat.TimeSeries);
	} else query.range();
	if (kind === "heatmap") query.format(prometheus.PromQueryFormat.Heatmap);
	if (exemplars) query.exemplar(true);
	return query;
}

function thresholdsOf(thresholds: readonly Threshold[]): sdk.ThresholdsConfigBuilder {
	return new sdk.ThresholdsConfigBuilder()
		.mode(sdk.ThresholdsMode.Absolute)
		.steps(thresholds.map(({ from, color }) => ({ value: from ?? null, color })));
}

function mappingsOf(mappings: readonly ValueText[]): sdk.ValueMapping[] {
	const options = Object.fromEntries(
		mappings.map(({ value, text, color }, index) => [String(value), { text, color, index }]),
	);
	return [{ type: sdk.MappingType.ValueToText, options }];
}

const lastValue = () => new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false);

function timeSeries(panel: TimeSeriesPanel): timeseries.PanelBuilder {
	const { draw = "line" } = panel;
	const builder = begun(new timeseries.PanelBuilder(), panel)
		.lineWidth({ line: 2, area: 1, stacked: 1, share: 1, bars: 0 }[draw])
		.lineInterpolation(common.LineInterpolation.Linear)
		.drawStyle(draw === "bars" ? common.GraphDrawStyle.Bars : common.GraphDrawStyle.Line)
		.fillOpacity({ line: 8, area: 25, stacked: 60, share: 70, bars: 85 }[draw])
		.gradientMode(draw === "line" ? common.GraphGradientMode.Opacity : common.GraphGradientMode.None)
		.showPoints(common.VisibilityMode.Auto)
		.axisBorderShow(false)
		.legend(
			new common.VizLegendOptionsBuilder()
				.displayMode(common.LegendDisplayMode.List)
				.placement(common.LegendPlacement.Bottom)
				.showLegend(true),
		)
		.tooltip(
			new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
		);
	// A logarithmic axis never reaches 0: a Grafana that is told to draw it there draws nothing.
	if (!panel.logarithmic) builder.min(0);
	if (panel.max !== undefined) builder.max(panel.max);
	if (draw === "stacked" || draw === "bars" || draw === "share") {
		const mode = draw === "share" ? common.StackingMode.Percent : common.StackingMode.Normal;
		builder.stacking(new common.StackingConfigBuilder().mode(mode).group("A"));
		builder.withOverride({
			matcher: { id: "byValue", options: allZero },
			properties: [{ id: "custom.hideFrom", value: { legend: true, tooltip: true, viz: true } }],
		});
	}
	if (panel.thresholdLines) {
		builder.thresholdsStyle(
			new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed),
		);
	}
	if (panel.logarithmic) {
		builder.scaleDistribution(new common.ScaleDistributionConfigBuilder().type(common.ScaleDistribution.Log).log(10));
	}
	for (const name of panel.dashed ?? []) {
		builder.overrideByRegexp(`/^${name}/`, [
			{ id: "custom.lineStyle", value: { fill: "dash", dash: [8, 6] } },
			{ id: "custom.fillOpacity", value: 0 },
			{ id: "custom.stacking", value: { mode: "none" } },
		]);
	}
	return builder;
}

/** A result that never came up is born at zero all the same: it would only fill the legend. As Grafana itself writes it. */
const allZero = { reducer: "allIsZero", op: "gte", value: 0 };

function figure(panel: StatPanel): stat.PanelBuilder {
	const builder = begun(new stat.PanelBuilder(), panel)
		.reduceOptions(lastValue())
		.colorMode(common.BigValueColorMode.BackgroundSolid)
		.graphMode(panel.sparkline === false ? common.BigValueGraphMode.None : common.BigValueGraphMode.Area)
		.textMode(panel.queries.some(({ legend }) => legend.includes("{{")) ? valueAndName : common.BigValueTextMode.Value)
		.wideLayout(true)
		.noValue("–");
	return builder.mappings([...(panel.mappings === undefined ? [] : mappingsOf(panel.mappings)), nothing]);
}

/** No value is no alarm: without this it has the colour of the lowest threshold. */
const nothing: sdk.ValueMapping = {
	type: sdk.MappingType.SpecialValue,
	options: { match: sdk.SpecialValueMatch.NullAndNan, result: { text: "–", color: "#808080" } },
};

const valueAndName = common.BigValueTextMode.ValueAndName;

function stateTimeline(panel: StateTimelinePanel): statetimeline.PanelBuilder {
	return begun(new statetimeline.PanelBuilder(), panel)
		.mappings(mappingsOf(panel.mappings))
		.showValue(common.VisibilityMode.Auto)
		.mergeValues(true)
		.rowHeight(0.85)
		.fillOpacity(85)
		.lineWidth(0)
		.alignValue(common.TimelineValueAlignment.Left)
		.legend(
			new common.VizLegendOptionsBuilder()
				.displayMode(common.LegendDisplayMode.List)
				.placement(common.LegendPlacement.Bottom)
				.showLegend(true),
		);
}

function heat(panel: HeatmapPanel): heatmap.PanelBuilder {
	return begun(new heatmap.PanelBuilder(), panel)
		.calculate(false)
		.color(new heatmap.HeatmapColorOptionsBuilder().mode(heatmap.HeatmapColorMode.Scheme).scheme("Oranges").steps(64))
		.yAxis(new heatmap.YAxisConfigBuilder().unit(panel.yUnit).axisPlacement(common.AxisPlacement.Left))
		.filterValues(new heatmap.FilterValueRangeBuilder().le(1e-9))
		.cellGap(1)
		.exemplarsColor("rgba(255,255,255,0.9)")
		.showLegend();
}

/** Grafana's own is 150 pixels, of which seven do not fit. */
const minColumnWidth = 90;

function figures(panel: TablePanel): table.PanelBuilder {
	const builder = begun(new table.PanelBuilder(), panel)
		.showHeader(true)
		.cellHeight(common.TableCellHeight.Sm)
		.minWidth(minColumnWidth);
	const letters = panel.queries.map((_, index) => String.fromCharCode(65 + index));
	const valueName = (index: number) => (letters.length === 1 ? "Value" : `Value #${letters[index]}`);
	const headings = Object.fromEntries(
		panel.queries.map(({ column, legend }, index) => [valueName(index), column?.heading ?? legend]),
	);
	builder.withTransformation({ id: "merge", options: {} });
	builder.withTransformation({
		id: "organize",
		options: {
			excludeByName: { Time: true },
			indexByName: Object.fromEntries(
				[...Object.keys(panel.rows), ...Object.keys(headings)].map((name, at) => [name, at]),
			),
			renameByName: { ...panel.rows, ...headings },
		},
	});
	for (const { column } of panel.queries) {
		if (column === undefined) continue;
		const properties: sdk.DynamicConfigValue[] = [{ id: "unit", value: column.unit }];
		if (column.decimals !== undefined) properties.push({ id: "decimals", value: column.decimals });
		if (column.thresholds !== undefined) {
			properties.push(
				{ id: "thresholds", value: thresholdsOf(column.thresholds).build() },
				{ id: "custom.cellOptions", value: { type: "color-background", mode: "gradient" } },
			);
		}
		builder.overrideByName(column.heading, properties);
	}
	if (panel.sortBy !== undefined) {
		builder.sortBy([new common.TableSortByFieldStateBuilder().displayName(panel.sortBy).desc(true)]);
	}
	return builder;
}

function bars(panel: BarGaugePanel): bargauge.PanelBuilder {
	const builder = begun(new bargauge.PanelBuilder(), panel)
		.min(0)
		.reduceOptions(lastValue())
		.orientation(common.VizOrientation.Horizontal)
		.maxVizHeight(60)
		.displayMode(common.BarGaugeDisplayMode.Gradient)
		.valueMode(common.BarGaugeValueMode.Color)
		.showUnfilled(true)
		.namePlacement(common.BarGaugeNamePlacement.Left);
	if (panel.max !== undefined) builder.max(panel.max);
	return builder;
}
