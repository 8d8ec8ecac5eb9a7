import type { Annotation } from "../annotation.ts";
import { type ChartSeries, plotHeight, timeChart } from "../chart.ts";
import { textColorOn, withOpacity } from "../color.ts";
import type { Panel } from "../dashboard.ts";
import { settingsOf, valueColor, valueText } from "../field.ts";
import { legendList } from "../legend-list.ts";
import type { PanelData, Point } from "../series.ts";
import { textWidth } from "../text.ts";
import type { Size } from "./size.ts";

/** A state for as long as it lasted. */
export interface Stretch {
	readonly fromMs: number;
	readonly toMs: number;
	readonly value: number;
}

/** Joins points of the same value that follow each other; the last lasts one step. */
export function stretchesOf(points: readonly Point[], stepMs: number): readonly Stretch[] {
	const stretches: Stretch[] = [];
	for (const [fromMs, value] of points) {
		if (value === null) continue;
		const last = stretches.at(-1);
		const toMs = fromMs + stepMs;
		if (last !== undefined && last.value === value && last.toMs === fromMs) {
			stretches[stretches.length - 1] = { ...last, toMs };
		} else stretches.push({ fromMs, toMs, value });
	}
	return stretches;
}

const rowRatio = 0.85;

/** Draws the states that each series was in. */
export function stateTimeline(panel: Panel, data: PanelData, size: Size, annotations: readonly Annotation[]): string {
	const { mappings = [] } = panel.fieldConfig?.defaults ?? {};
	const legend = legendList(
		mappings.flatMap((mapping) =>
			mapping.type !== "value"
				? []
				: Object.entries(mapping.options).map(([value, { text }]) => ({
						name: text,
						color: valueColor(Number(value), { mappings }),
					})),
		),
		size.width,
		size.height,
	);
	const height = size.height - legend.height;
	const rowHeight = plotHeight(height) / Math.max(1, data.series.length);
	const series = data.series.map(({ name, points }, index): ChartSeries => {
		const settings = settingsOf({ name, points }, panel.fieldConfig);
		const stretches = stretchesOf(points, data.stepMs);
		return {
			type: "custom",
			silent: true,
			clip: true,
			data: [[0, 0]],
			renderItem: (_, api) => {
				const children = stretches.flatMap(({ fromMs, toMs, value }) => {
					const [left, middle] = api.coord([fromMs, data.series.length - index - 0.5]) as [number, number];
					const [right] = api.coord([toMs, 0]) as [number, number];
					const color = valueColor(value, settings);
					const box = {
						x: left,
						y: middle - (rowHeight * rowRatio) / 2,
						width: right - left,
						height: rowHeight * rowRatio,
					};
					const text = valueText(value, settings);
					const rect = { type: "rect", shape: { ...box, r: 2 }, style: { fill: withOpacity(color, 0.85) } };
					if (textWidth(text) + 10 > box.width) return [rect];
					const style = { text, fill: textColorOn(color), fontSize: 12, fontFamily: "Inter", x: box.x + 6, y: middle };
					return [rect, { type: "text", style: { ...style, textVerticalAlign: "middle" } }];
				});
				return { type: "group", children } as never;
			},
		};
	});
	const ticks = data.series.map(({ name }, index) => ({ value: data.series.length - index - 0.5, text: name }));
	const y = { min: 0, max: Math.max(1, data.series.length), ticks, lines: false };
	return timeChart({ width: size.width, height, range: data.range, y, series, annotations }) + legend.html;
}
