import type { Annotation } from "../annotation.ts";
import { plotHeight, timeChart } from "../chart.ts";
import { colorOf } from "../color.ts";
import type { FieldSettings, Panel } from "../dashboard.ts";
import { legendList } from "../legend-list.ts";
import type { PanelData } from "../series.ts";
import { logarithmicAxis, valueAxis } from "../tick.ts";
import { formatValue } from "../unit.ts";
import { exemplarDots } from "./exemplar-dots.ts";
import { outline } from "./outline.ts";
import type { Size } from "./size.ts";
import { stacked } from "./stacked.ts";

/** Draws lines, areas or bars over time. */
export function timeSeries(panel: Panel, data: PanelData, size: Size, annotations: readonly Annotation[]): string {
	const shared = panel.fieldConfig?.defaults ?? {};
	const isLogarithmic = shared.custom?.scaleDistribution?.type === "log";
	const isShare = shared.custom?.stacking?.mode === "percent";
	const drawn = stacked(data.series, panel);
	const legend = legendList(
		drawn
			.filter(({ settings }) => !settings.custom?.hideFrom?.legend)
			.map(({ series: { name }, color, settings }) => ({ name, color, dashed: isDashed(settings) })),
		size.width,
		size.height,
	);
	const height = size.height - legend.height;
	const values = drawn.flatMap(({ upper }) => upper.flatMap(([, value]) => (value === null ? [] : [value])));
	const dots = data.exemplars.map(({ timeMs, value }) => [timeMs, value] as const);
	const levels = shared.custom?.thresholdsStyle === undefined ? [] : (shared.thresholds?.steps ?? []).slice(1);
	const axis = isLogarithmic
		? logarithmicAxis(values)
		: valueAxis([...values, ...dots.map(([, value]) => value)], {
				min: shared.min,
				max: isShare ? 1 : shared.max,
				unit: shared.unit,
				heightPixels: plotHeight(height),
			});
	const place = (value: number) => (isLogarithmic ? Math.log10(Math.max(value, axis.min)) : value);
	const unit = isShare ? "percentunit" : shared.unit;
	const svg = timeChart({
		...{ width: size.width, height, range: data.range, annotations },
		y: {
			min: place(axis.min),
			max: place(axis.max),
			ticks: axis.ticks.map((value) => ({
				value: place(value),
				text: formatValue(value, unit, { tickDecimals: axis.decimals }),
			})),
		},
		series: [
			...drawn
				.filter(({ settings }) => !settings.custom?.hideFrom?.viz)
				.map((one) => outline(one, place, axis.min, data.stepMs)),
			exemplarDots(dots.map(([timeMs, value]) => [timeMs, place(value)])),
		],
		levels: levels.flatMap(({ value, color }) =>
			value === null || value > axis.max ? [] : [{ value: place(value), color: colorOf(color) }],
		),
	});
	return svg + legend.html;
}

function isDashed({ custom }: FieldSettings): boolean {
	return custom?.lineStyle?.fill === "dash";
}
