import type { ChartSeries } from "../chart.ts";
import { withOpacity } from "../color.ts";
import type { CustomSettings } from "../dashboard.ts";
import type { Point } from "../series.ts";
import type { Drawn } from "./stacked.ts";

type Pixel = [x: number, y: number];
type At = (timeMs: number, value: number) => Pixel;

/** How much of a step a bar takes. */
const barRatio = 0.7;

/** Outlines what is drawn of a series, each unbroken run of points by itself. */
export function outline(
	{ settings: { custom = {} }, color, upper, lower }: Drawn,
	place: (value: number) => number,
	base: number,
	stepMs: number,
): ChartSeries {
	const foot = (index: number) => place(lower.length === 0 ? base : Math.max(base, lower[index]?.[1] ?? base));
	const shaped = custom.drawStyle === "bars" ? bars : line;
	return {
		type: "custom",
		silent: true,
		clip: true,
		data: [[0, 0]],
		renderItem: (_, api) => {
			const at: At = (timeMs, value) => api.coord([timeMs, value]) as Pixel;
			const children = runsOf(upper).flatMap((run) => {
				const points = run.map(({ index, timeMs, value }) => ({ timeMs, value: place(value), foot: foot(index) }));
				return shaped(points, at, color, custom, stepMs);
			});
			return { type: "group", children } as never;
		},
	};
}

interface Standing {
	readonly timeMs: number;
	readonly value: number;
	/** What it stands on. */
	readonly foot: number;
}

function bars(points: readonly Standing[], at: At, color: string, custom: CustomSettings, stepMs: number): object[] {
	const half = (stepMs * barRatio) / 2;
	const style = { fill: withOpacity(color, (custom.fillOpacity ?? 0) / 100) };
	return points.map(({ timeMs, value, foot }) => {
		const [x, y] = at(timeMs - half, value);
		const [right, bottom] = at(timeMs + half, foot);
		return { type: "rect", shape: { x, y, width: Math.max(1, right - x), height: bottom - y }, style };
	});
}

function line(points: readonly Standing[], at: At, color: string, custom: CustomSettings): object[] {
	const { lineWidth = 1, fillOpacity = 0, lineStyle } = custom;
	const heads = points.map(({ timeMs, value }) => at(timeMs, value));
	const [first] = heads;
	if (first === undefined) return [];
	if (heads.length === 1) {
		const [cx, cy] = first;
		return [{ type: "circle", shape: { cx, cy, r: Math.max(lineWidth, 2) }, style: { fill: color } }];
	}
	const feet = points.map(({ timeMs, foot }) => at(timeMs, foot)).reverse();
	const dash = lineStyle?.fill === "dash" && { lineDash: [...(lineStyle.dash ?? [8, 6])] };
	return [
		...(fillOpacity > 0
			? [{ type: "polygon", shape: { points: [...heads, ...feet] }, style: { fill: filling(color, custom) } }]
			: []),
		...(lineWidth > 0
			? [{ type: "polyline", shape: { points: heads }, style: { stroke: color, lineWidth, fill: "none", ...dash } }]
			: []),
	];
}

function filling(color: string, { fillOpacity = 0, gradientMode }: CustomSettings) {
	const full = withOpacity(color, fillOpacity / 100);
	if (gradientMode !== "opacity") return full;
	const colorStops = [full, withOpacity(color, 0)].map((stop, offset) => ({ offset, color: stop }));
	return { type: "linear", x: 0, y: 0, x2: 0, y2: 1, colorStops };
}

interface Known {
	readonly index: number;
	readonly timeMs: number;
	readonly value: number;
}

/** Points that follow each other without a gap. */
function runsOf(points: readonly Point[]): readonly Known[][] {
	const runs: Known[][] = [[]];
	for (const [index, [timeMs, value]] of points.entries()) {
		if (value === null) runs.push([]);
		else runs.at(-1)?.push({ index, timeMs, value });
	}
	return runs;
}
