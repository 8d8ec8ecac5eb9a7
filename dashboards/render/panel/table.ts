import { textColorOn } from "../color.ts";
import type { Organize, Panel } from "../dashboard.ts";
import { settingsOf, valueColor, valueText } from "../field.ts";
import { lastValue, type PanelData, type Series } from "../series.ts";
import { escapeHtml } from "../text.ts";
import type { Size } from "./size.ts";

/** A table before it is drawn: headings and rows of texts and values. */
export interface Grid {
	readonly headings: readonly string[];
	readonly rows: readonly (readonly (string | number | undefined)[])[];
}

/** Joins the answers of all queries by their labels, and orders and names the columns. */
export function gridOf(panel: Panel, series: readonly Series[]): Grid {
	const refIds = (panel.targets ?? []).map(({ refId }) => refId);
	const valueName = (refId: string) => (refIds.length === 1 ? "Value" : `Value #${refId}`);
	const rows = new Map<string, Record<string, string | number | undefined>>();
	for (const one of series) {
		const key = JSON.stringify(Object.entries(one.labels).toSorted());
		const row = rows.get(key) ?? { ...one.labels };
		row[valueName(one.refId)] = lastValue(one);
		rows.set(key, row);
	}
	const organize: Organize = panel.transformations?.find(({ id }) => id === "organize")?.options ?? {};
	const { excludeByName = {}, indexByName = {}, renameByName = {} } = organize;
	const names = [...new Set([...rows.values()].flatMap((row) => Object.keys(row)))]
		.filter((name) => !excludeByName[name])
		.toSorted((a, b) => (indexByName[a] ?? 1_000) - (indexByName[b] ?? 1_000));
	const headings = names.map((name) => renameByName[name] ?? name);
	const grid = [...rows.values()].map((row) => names.map((name) => row[name]));
	const [order] = panel.options?.sortBy ?? [];
	const column = headings.indexOf(order?.displayName ?? "");
	if (column === -1) return { headings, rows: grid };
	const rank = (row: (typeof grid)[number]) =>
		typeof row[column] === "number" ? row[column] : Number.NEGATIVE_INFINITY;
	return { headings, rows: grid.toSorted((a, b) => (order?.desc ? rank(b) - rank(a) : rank(a) - rank(b))) };
}

const rowHeight = 36;

/** Draws a table; rows that do not fit would be scrolled to. */
export function table(panel: Panel, data: PanelData, size: Size): string {
	const { headings, rows } = gridOf(panel, data.series);
	const isNumber = headings.map((_, column) => rows.some((row) => typeof row[column] === "number"));
	const head = headings.map(
		(heading, column) => `<th class="${isNumber[column] ? "number" : ""}">${escapeHtml(heading)}</th>`,
	);
	const body = rows.slice(0, Math.floor(size.height / rowHeight) - 1).map((row) => {
		const cells = row.map((value, column) => cell(value, headings[column] as string, panel));
		return `<tr>${cells.join("")}</tr>`;
	});
	return `<table><thead><tr>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody></table>`;
}

function cell(value: string | number | undefined, heading: string, panel: Panel): string {
	if (typeof value === "string") return `<td>${escapeHtml(value)}</td>`;
	const settings = settingsOf({ name: heading }, panel.fieldConfig);
	const text = value === undefined ? "" : escapeHtml(valueText(value, settings));
	if (settings.custom?.cellOptions?.type !== "color-background") return `<td class="number">${text}</td>`;
	// Grafana colours a cell without a value as the lowest of all.
	const color = valueColor(value, settings);
	const shade = `background:linear-gradient(120deg,color-mix(in srgb,${color},black 8%),${color});color:${textColorOn(color)}`;
	return `<td class="number" style="${shade}">${text}</td>`;
}
