import type { Annotation } from "../annotation.ts";
import { type ChartSeries, timeChart } from "../chart.ts";
import { heatColor } from "../color.ts";
import type { Panel } from "../dashboard.ts";
import type { PanelData, Series } from "../series.ts";
import { formatValue } from "../unit.ts";
import { exemplarDots } from "./exemplar-dots.ts";
import type { Size } from "./size.ts";

/** A bucket of a histogram without what is in the buckets below it. */
export interface Bucket {
	readonly from: number;
	readonly to: number;
	/** By time, in the order of the series' points. */
	readonly counts: readonly number[];
}

/** Takes cumulative buckets (`le`) apart. */
export function bucketsOf(series: readonly Series[]): readonly Bucket[] {
	const sorted = series
		.map(({ labels, points }) => ({ to: labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels.le), points }))
		.toSorted((a, b) => a.to - b.to);
	return sorted.map(({ to, points }, index) => {
		const below = sorted[index - 1];
		return {
			from: below?.to ?? 0,
			to,
			// Rates of single buckets are taken one after the other: a scrape between them may make a difference negative.
			counts: points.map(([, value], at) => Math.max(0, (value ?? 0) - (below?.points[at]?.[1] ?? 0))),
		};
	});
}

/** The buckets that anything is in, with those between them. */
function occupied(buckets: readonly Bucket[]): readonly Bucket[] {
	const isUsed = ({ counts }: Bucket) => counts.some((count) => count > 0);
	const first = buckets.findIndex(isUsed);
	return first === -1 ? [] : buckets.slice(Math.max(0, first - 1), buckets.findLastIndex(isUsed) + 2);
}

const legendHeight = 26;

/** Draws how a histogram's recordings spread over time. */
export function heatmap(panel: Panel, data: PanelData, size: Size, annotations: readonly Annotation[]): string {
	const buckets = occupied(bucketsOf(data.series));
	const unit = panel.options?.yAxis?.unit;
	const most = Math.max(1e-9, ...buckets.flatMap(({ counts }) => counts));
	const times = data.series[0]?.points.map(([timeMs]) => timeMs) ?? [];
	const cells: ChartSeries = {
		type: "custom",
		silent: true,
		clip: true,
		data: [[0, 0]],
		renderItem: (_, api) => {
			const children = buckets.flatMap(({ counts }, row) =>
				counts.flatMap((count, at) => {
					if (count < 1e-9) return [];
					const timeMs = times[at] as number;
					const [left, bottom] = api.coord([timeMs - data.stepMs, row]) as [number, number];
					const [right, top] = api.coord([timeMs, row + 1]) as [number, number];
					const shape = { x: left, y: top + 0.5, width: Math.max(1, right - left - 0.5), height: bottom - top - 1 };
					return [{ type: "rect", shape, style: { fill: heatColor(count / most) } }];
				}),
			);
			return { type: "group", children } as never;
		},
	};
	const label = (value: number) => (Number.isFinite(value) ? formatValue(value, unit) : "+Inf");
	const every = Math.ceil(buckets.length / Math.max(1, Math.floor((size.height - 60) / 18)));
	const ticks = buckets
		.map(({ to }, row) => ({ value: row + 1, text: label(to) }))
		.filter((_, row) => (buckets.length - 1 - row) % every === 0);
	const dots = data.exemplars.flatMap(({ timeMs, value }) => {
		const row = buckets.findIndex(({ to }) => value <= to);
		const bucket = buckets[row];
		if (bucket === undefined) return [];
		const share = Number.isFinite(bucket.to) ? (value - bucket.from) / (bucket.to - bucket.from) : 0.5;
		return [[timeMs, row + Math.min(Math.max(share, 0), 1)] as const];
	});
	const svg = timeChart({
		...{ width: size.width, height: size.height - legendHeight, range: data.range, annotations },
		y: { min: 0, max: Math.max(1, buckets.length), ticks },
		series: [cells, exemplarDots(dots, "#FFFFFF")],
	});
	const scale = Array.from({ length: 11 }, (_, index) => heatColor(index / 10)).join(",");
	return `${svg}<div class="scale"><span>0</span><i style="background:linear-gradient(90deg,${scale})"></i><span>${formatValue(most, panel.fieldConfig?.defaults.unit)}</span></div>`;
}
