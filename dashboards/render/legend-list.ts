import { escapeHtml, textWidth } from "./text.ts";

/** A series in a legend. */
export interface LegendEntry {
	readonly name: string;
	readonly color: string;
	readonly dashed?: boolean;
}

const rowHeight = 22;
const gap = 30;
/** Grafana gives a legend no more of a panel's height; what is beyond has to be scrolled to. */
const mostRatio = 0.35;

/** Lists series under a graph, and says how much height that takes. */
export function legendList(
	entries: readonly LegendEntry[],
	width: number,
	panelHeight: number,
): { readonly html: string; readonly height: number } {
	let rows = entries.length === 0 ? 0 : 1;
	let used = 0;
	for (const { name } of entries) {
		const entryWidth = textWidth(name) + gap;
		if (used > 0 && used + entryWidth > width) {
			rows++;
			used = 0;
		}
		used += entryWidth;
	}
	const height = Math.min(rows * rowHeight, Math.max(rowHeight, Math.floor(panelHeight * mostRatio)));
	const items = entries.map(
		({ name, color, dashed }) =>
			`<li><i class="${dashed ? "dashed" : ""}" style="color:${color}"></i>${escapeHtml(name)}</li>`,
	);
	return { html: `<ul class="legend" style="height:${height}px">${items.join("")}</ul>`, height };
}
