import {
	CustomChart,
	type CustomSeriesOption,
	LineChart,
	type LineSeriesOption,
	ScatterChart,
	type ScatterSeriesOption,
} from "echarts/charts";
import { GridComponent, MarkAreaComponent, MarkLineComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { Annotation } from "./annotation.ts";
import { theme, withOpacity } from "./color.ts";
import { textWidth } from "./text.ts";
import { type Tick, timeTicks } from "./tick.ts";
import type { TimeRange } from "./time-range.ts";

use([CustomChart, LineChart, ScatterChart, GridComponent, MarkAreaComponent, MarkLineComponent, SVGRenderer]);

/** A series as the library draws it. */
export type ChartSeries = LineSeriesOption | CustomSeriesOption | ScatterSeriesOption;

/** A graph over time. */
export interface TimeChart {
	readonly width: number;
	readonly height: number;
	readonly range: TimeRange;
	readonly y: { readonly min: number; readonly max: number; readonly ticks: readonly Tick[]; readonly lines?: boolean };
	readonly series: readonly ChartSeries[];
	readonly annotations: readonly Annotation[];
	/** Dashed lines at these values. */
	readonly levels?: readonly { readonly value: number; readonly color: string }[];
}

const margin = { top: 8, right: 12, bottom: 24 } as const;
const longestLabelRatio = 0.4;

/** Pixels that the labels of a value axis take. */
function axisWidth(ticks: readonly Tick[], chartWidth: number): number {
	const widest = Math.max(0, ...ticks.map(({ text }) => textWidth(text)));
	return Math.ceil(Math.min(widest, chartWidth * longestLabelRatio)) + 12;
}

/** Height of the plot in a chart of this height. */
export function plotHeight(chartHeight: number): number {
	return chartHeight - margin.top - margin.bottom;
}

/** Draws a graph over time as SVG. */
export function timeChart({ width, height, range, y, series, annotations, levels = [] }: TimeChart): string {
	const left = axisWidth(y.ticks, width);
	const times = timeTicks(range, width - left - margin.right);
	const label = { color: theme.text, fontSize: 12, fontFamily: theme.font };
	const line = { show: true, lineStyle: { color: theme.grid, width: 1 } };
	return svgOf(width, height, {
		animation: false,
		textStyle: { fontFamily: theme.font },
		grid: { ...margin, left, outerBoundsMode: "none" },
		xAxis: {
			type: "time",
			...{ min: range.fromMs, max: range.toMs },
			axisLine: { show: false },
			axisTick: { ...line, length: 4, customValues: times.map(({ value }) => value) },
			axisLabel: { ...label, margin: 9, ...written(times) },
			splitLine: line,
		},
		yAxis: {
			type: "value",
			...{ min: y.min, max: y.max },
			axisLine: { show: false },
			axisTick: { show: y.lines !== false, length: 4, lineStyle: { color: theme.grid }, ...placed(y.ticks) },
			axisLabel: { ...label, margin: 8, width: left - 12, overflow: "truncate", ...written(y.ticks) },
			splitLine: { ...line, show: y.lines !== false },
		},
		series: [...series, marks(annotations, levels)],
	});
}

function placed(ticks: readonly Tick[]) {
	return { customValues: ticks.map(({ value }) => value) };
}

function written(ticks: readonly Tick[]) {
	const texts = new Map(ticks.map(({ value, text }) => [value, text]));
	return { ...placed(ticks), hideOverlap: false, formatter: (value: number) => texts.get(value) ?? "" };
}

/** What lies over the series: what happened, and limits. */
function marks(annotations: readonly Annotation[], levels: NonNullable<TimeChart["levels"]>): LineSeriesOption {
	const dashed = (color: string) => ({ color, type: [4, 4], width: 1 });
	const happened = annotations.flatMap(({ color, fromMs, toMs }) =>
		(fromMs === toMs ? [fromMs] : [fromMs, toMs]).map((xAxis) => ({ xAxis, lineStyle: dashed(color) })),
	);
	const lasted = annotations.filter(({ fromMs, toMs }) => toMs > fromMs);
	return {
		type: "line",
		data: [],
		silent: true,
		markLine: {
			symbol: "none",
			silent: true,
			label: { show: false },
			data: [
				...happened,
				...levels.map(({ value, color }) => ({ yAxis: value, lineStyle: { color, type: [10, 10], width: 2 } })),
			] as NonNullable<LineSeriesOption["markLine"]>["data"] & {},
		},
		markArea: {
			silent: true,
			data: lasted.map(({ color, fromMs, toMs }) => [
				{ xAxis: fromMs, itemStyle: { color: withOpacity(color, 0.08) } },
				{ xAxis: toMs },
			]),
		},
	};
}

/** Draws anything as SVG; without `dispose` the library keeps the process alive. */
export function svgOf(
	width: number,
	height: number,
	option: Parameters<ReturnType<typeof init>["setOption"]>[0],
): string {
	const chart = init(null, null, { renderer: "svg", ssr: true, width: Math.floor(width), height: Math.floor(height) });
	try {
		chart.setOption(option);
		// Styles and marks are for hovering, which pictures do not know; and styles would count for the whole page.
		return chart
			.renderToSVGString()
			.replace(/<style[^>]*>[\s\S]*?<\/style>/g, "")
			.replace(/ (?:ecmeta_\w+|pointer-events|class)="[^"]*"/g, "");
	} finally {
		chart.dispose();
	}
}
