import type { FieldSettings, Panel } from "../dashboard.ts";
import { seriesColor, settingsOf } from "../field.ts";
import type { Point, Series } from "../series.ts";

/** A series where it is drawn. */
export interface Drawn {
	readonly series: Series;
	readonly settings: FieldSettings;
	readonly color: string;
	readonly upper: readonly Point[];
	/** What it stands on; empty where that is the axis. */
	readonly lower: readonly Point[];
}

/** Puts series onto each other where the panel stacks them. */
export function stacked(series: readonly Series[], panel: Panel): readonly Drawn[] {
	const tops = new Map<number, number>();
	const all = series.map((one, index) => {
		const settings = settingsOf(one, panel.fieldConfig);
		return { series: one, settings, color: seriesColor(settings, index) };
	});
	const totals = new Map<number, number>();
	for (const { series: one, settings } of all) {
		if (settings.custom?.stacking?.mode !== "percent") continue;
		for (const [timeMs, value] of one.points) totals.set(timeMs, (totals.get(timeMs) ?? 0) + (value ?? 0));
	}
	return all.map((one) => {
		const mode = one.settings.custom?.stacking?.mode ?? "none";
		if (mode === "none") return { ...one, upper: one.series.points, lower: [] };
		const lower: Point[] = [];
		const upper = one.series.points.map(([timeMs, value]): Point => {
			const bottom = tops.get(timeMs) ?? 0;
			lower.push([timeMs, bottom]);
			if (value === null) return [timeMs, null];
			const whole = mode === "percent" ? totals.get(timeMs) || 1 : 1;
			tops.set(timeMs, bottom + value / whole);
			return [timeMs, bottom + value / whole];
		});
		return { ...one, upper, lower };
	});
}
