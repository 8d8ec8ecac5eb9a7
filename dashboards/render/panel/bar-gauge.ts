import { theme } from "../color.ts";
import type { FieldSettings, Panel } from "../dashboard.ts";
import { settingsOf, valueColor, valueText } from "../field.ts";
import { lastValue, type PanelData } from "../series.ts";
import { escapeHtml, textWidth } from "../text.ts";
import type { Size } from "./size.ts";

/** Draws a horizontal bar for each series, as it is now. */
export function barGauge(panel: Panel, data: PanelData, size: Size): string {
	const known = data.series.map((series) => ({
		name: series.name,
		value: lastValue(series) ?? 0,
		settings: settingsOf(series, panel.fieldConfig),
	}));
	const { max = Math.max(...known.map(({ value }) => value), 1e-9) } = panel.fieldConfig?.defaults ?? {};
	const nameWidth = Math.min(size.width * 0.4, Math.max(...known.map(({ name }) => textWidth(name, 14))) + 10);
	const texts = known.map(({ value, settings }) => valueText(value, settings));
	const valueWidth = Math.max(...texts.map((text) => textWidth(text, 18))) + 12;
	const height = Math.min(panel.options?.maxVizHeight ?? 300, (size.height - 8 * known.length) / known.length);
	const bars = known.map(({ name, value, settings }, index) => {
		const share = Math.min(1, Math.max(0, value / max));
		const color = valueColor(value, settings);
		const filled = `width:${share * 100}%;background:${gradient(settings, value)};background-size:100%;border-right:2px solid ${color}`;
		return `<div class="bar" style="height:${height}px">
			<span style="width:${nameWidth}px">${escapeHtml(name)}</span>
			<div style="background:${theme.border}"><i style="${filled}"></i></div>
			<b style="width:${valueWidth}px;color:${color}">${escapeHtml(texts[index] as string)}</b>
		</div>`;
	});
	return `<div class="bars">${bars.join("")}</div>`;
}

/** From the first threshold's colour through all that the value has passed. */
function gradient(settings: FieldSettings, value: number): string {
	const passed = (settings.thresholds?.steps ?? []).filter(({ value: from }) => from === null || from <= value);
	const colors = passed.map(({ value: from }) => ({
		from: Math.max(0, from ?? 0),
		color: valueColor(from ?? undefined, settings),
	}));
	const stops = colors.map(({ from, color }) => `${color} ${value > 0 ? (from / value) * 100 : 0}%`);
	return `linear-gradient(90deg,${[...stops, `${valueColor(value, settings)} 100%`].join(",")})`;
}
