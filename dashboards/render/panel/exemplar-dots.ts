import type { ChartSeries } from "../chart.ts";

/** Draws exemplars: each leads to a trace. */
export function exemplarDots(
	places: readonly (readonly [timeMs: number, value: number])[],
	color: string = "#5794F2",
): ChartSeries {
	return {
		type: "scatter",
		silent: true,
		symbol: "diamond",
		symbolSize: 7,
		itemStyle: { color, borderColor: "rgba(0,0,0,0.45)", borderWidth: 0.5 },
		data: places.map((place) => [...place]),
		z: 10,
	};
}
