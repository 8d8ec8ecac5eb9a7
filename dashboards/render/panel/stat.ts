import { LineChart } from "echarts/charts";
import { use } from "echarts/core";
import { svgOf } from "../chart.ts";
import { colorOf, textColorOn } from "../color.ts";
import type { Panel } from "../dashboard.ts";
import { settingsOf, valueColor, valueText } from "../field.ts";
import { lastValue, type PanelData, type Series } from "../series.ts";
import { escapeHtml, textWidth } from "../text.ts";
import type { Size } from "./size.ts";

use([LineChart]);

const gap = 6;
const largestPixels = 60;
/** How much of a tile its course takes. */
const chartRatio = 0.32;

/** Draws the last value of each series, large, on its colour. */
export function stat(panel: Panel, data: PanelData, size: Size): string {
	const { noValue = "No data" } = panel.fieldConfig?.defaults ?? {};
	if (data.series.length === 0) {
		const color = valueColor(undefined, panel.fieldConfig?.defaults ?? {});
		const none = { color, name: "", text: noValue, chart: "" };
		return `<div class="tiles">${tile(none, size, typeOf([none], size))}</div>`;
	}
	const columns = columnsFor(data.series.length, size);
	const rows = Math.ceil(data.series.length / columns);
	const width = (size.width - gap * (columns - 1)) / columns;
	const height = (size.height - gap * (rows - 1)) / rows;
	const shown = data.series.map((series) => {
		const settings = settingsOf(series, panel.fieldConfig);
		const value = lastValue(series);
		return {
			color: valueColor(value, settings),
			name: panel.options?.textMode === "value" ? "" : series.name,
			text: value === undefined ? noValue : valueText(value, settings, { nowMs: data.range.toMs }),
			chart: panel.options?.graphMode === "area" ? sparkline(series, width, height * chartRatio) : "",
		};
	});
	const type = typeOf(shown, { width, height });
	const tiles = shown.map((one) => tile(one, { width, height }, type));
	return `<div class="tiles" style="gap:${gap}px">${tiles.join("")}</div>`;
}

/** As many columns as make tiles the nearest to three times as wide as high. */
function columnsFor(count: number, { width, height }: Size): number {
	const fit = (columns: number) => Math.abs(Math.log(width / columns / (height / Math.ceil(count / columns)) / 3));
	return Array.from({ length: count }, (_, index) => index + 1).reduce((best, one) =>
		fit(one) < fit(best) ? one : best,
	);
}

interface Tile {
	readonly color: string;
	readonly name: string;
	readonly text: string;
	readonly chart: string;
}

/** Sizes of the type, in pixels, and the room under it. */
interface Type {
	readonly name: number;
	readonly text: number;
	readonly below: number;
}

/** The largest type that all tiles have room for: they are read beside each other. */
function typeOf(tiles: readonly Tile[], { width, height }: Size): Type {
	const chartHeight = tiles.some(({ chart }) => chart !== "") ? height * chartRatio : 0;
	const hasNames = tiles.some(({ name }) => name !== "");
	const nameWidth = hasNames ? Math.min(Math.max(...tiles.map(({ name }) => textWidth(name, 16))) + 16, width / 2) : 0;
	const fits = (width - nameWidth - 24) / Math.max(...tiles.map(({ text }) => textWidth(text, 1)));
	const text = Math.floor(Math.min(fits, (height - chartHeight) * (hasNames ? 0.45 : 0.62), largestPixels));
	return { name: Math.min(20, Math.max(12, Math.floor(text * 0.6))), text, below: chartHeight * 0.75 };
}

function tile({ color, name, text, chart }: Tile, { width, height }: Size, type: Type): string {
	const heading = name === "" ? "" : `<span style="font-size:${type.name}px">${escapeHtml(name)}</span>`;
	const shade = `background:${color};color:${textColorOn(color)};width:${width}px;height:${height}px`;
	return `<div class="tile${name === "" ? " lone" : ""}" style="${shade};padding-bottom:${type.below}px">${chart}${heading}<b style="font-size:${type.text}px">${escapeHtml(text)}</b></div>`;
}

/** Draws a series' course without axes. */
function sparkline({ points }: Series, width: number, height: number): string {
	const known = points.filter(([, value]) => value !== null);
	if (known.length < 2) return "";
	const white = colorOf("#FFFFFF");
	return svgOf(width, height, {
		animation: false,
		grid: { left: 0, right: 0, top: 2, bottom: 0, outerBoundsMode: "none" },
		xAxis: { type: "value", show: false, min: known[0]?.[0], max: known.at(-1)?.[0] },
		yAxis: { type: "value", show: false, min: ({ min }: { min: number }) => Math.min(0, min) },
		series: {
			type: "line",
			data: points.map((point) => [...point]),
			symbol: "none",
			lineStyle: { color: white, opacity: 0.55, width: 1 },
			areaStyle: { color: white, opacity: 0.2 },
		},
	});
}
