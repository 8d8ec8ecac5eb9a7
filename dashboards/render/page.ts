import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Annotation, annotationsOf } from "./annotation.ts";
import { colorOf } from "./color.ts";
import type { Dashboard, Panel } from "./dashboard.ts";
import { panelContent } from "./panel/content.ts";
import type { Ask } from "./prometheus.ts";
import { panelData } from "./series.ts";
import { style } from "./style.ts";
import { escapeHtml } from "./text.ts";
import type { TimeRange } from "./time-range.ts";

/** Grafana's grid: 24 columns; rows of 30 pixels, 8 between them. */
const columns = 24;
const cellHeight = 30;
const gap = 8;
const pageWidth = 1_600;
const sides = 16;
const headHeight = 96;
const titleHeight = 36;
const padding = 8;

/** A page that needs nothing besides itself. */
export interface Page {
	readonly html: string;
	readonly width: number;
	readonly height: number;
	/** Titles of panels that had nothing to draw. */
	readonly empty: readonly string[];
}

/** Draws a whole dashboard. */
export async function dashboardPage(ask: Ask, dashboard: Dashboard, range: TimeRange): Promise<Page> {
	const annotations = await annotationsOf(ask, dashboard, range);
	const boxes: string[] = [];
	const empty: string[] = [];
	for (const panel of dashboard.panels) {
		const html = panel.type === "row" ? rowHeading(panel) : await panelBox(ask, panel, dashboard, range, annotations);
		if (html.includes('class="no-data"')) empty.push(panel.title);
		boxes.push(html);
	}
	const bottom = Math.max(...dashboard.panels.map(({ gridPos: { y, h } }) => y + h));
	const height = headHeight + bottom * (cellHeight + gap) + gap;
	const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escapeHtml(dashboard.title)}</title>
<style>${fontFace()}${style}</style>
<body style="width:${pageWidth}px;height:${height}px">
${head(dashboard, range)}
<main style="left:${sides}px;top:${headHeight}px">
${boxes.join("\n")}
</main>
</body>
</html>
`;
	return { html, width: pageWidth, height, empty };
}

function boxOf({ gridPos: { x, y, w, h } }: Panel) {
	const unit = (pageWidth - 2 * sides + gap) / columns;
	return {
		left: Math.round(x * unit),
		top: y * (cellHeight + gap),
		width: Math.round((x + w) * unit) - Math.round(x * unit) - gap,
		height: h * (cellHeight + gap) - gap,
	};
}

function placed(panel: Panel): string {
	const { left, top, width, height } = boxOf(panel);
	return `left:${left}px;top:${top}px;width:${width}px;height:${height}px`;
}

function rowHeading(panel: Panel): string {
	return `<h2 style="${placed(panel)}">${chevron}${escapeHtml(panel.title)}</h2>`;
}

async function panelBox(
	ask: Ask,
	panel: Panel,
	dashboard: Dashboard,
	range: TimeRange,
	annotations: readonly Annotation[],
): Promise<string> {
	const { width, height } = boxOf(panel);
	const size = { width: width - 2 * padding - 2, height: height - titleHeight - padding - 2 };
	const data = await panelData(ask, panel.targets ?? [], range, size.width, dashboard.templating.list);
	const content = panelContent(panel, data, size, annotations);
	return `<section style="${placed(panel)}"><h3>${escapeHtml(panel.title)}${panel.description ? info : ""}</h3>
<div class="content" style="height:${size.height}px">${content}</div></section>`;
}

const info =
	'<svg width="14" height="14" viewBox="0 0 24 24"><path fill="currentColor" d="M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm0 18a8 8 0 1 1 0-16 8 8 0 0 1 0 16Zm-1-9h2v6h-2Zm0-4h2v2h-2Z"/></svg>';
const chevron =
	'<svg width="18" height="18" viewBox="0 0 24 24"><path fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" d="m7 10 5 5 5-5"/></svg>';

function head({ title, templating, annotations }: Dashboard, { fromMs, toMs }: TimeRange): string {
	const time = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace("T", " ");
	const variables = templating.list
		.filter(({ hide }) => hide !== 2)
		.map(({ name, label = name, type }) => {
			const value = type === "datasource" ? "Prometheus" : "All";
			return `<span class="variable"><em>${escapeHtml(label)}</em>${value}</span>`;
		});
	const marks = annotations.list.map(
		({ name, iconColor, enable }) =>
			`<span class="mark${enable === false ? " off" : ""}"><i style="border-color:${colorOf(iconColor)}"></i>${escapeHtml(name)}</span>`,
	);
	return `<header><div><h1>${escapeHtml(title)}</h1><span class="time">${time(fromMs)} to ${time(toMs).slice(11)} <em>UTC</em></span></div>
<div>${variables.join("")}<span class="marks">${marks.join("")}</span></div></header>`;
}

/** The font of Grafana, within the page: whoever looks at it need not have it. */
function fontFace(): string {
	const file = createRequire(import.meta.url).resolve("@fontsource-variable/inter/files/inter-latin-wght-normal.woff2");
	const data = readFileSync(file).toString("base64");
	return `@font-face{font-family:Inter;font-weight:100 900;src:url(data:font/woff2;base64,${data}) format("woff2")}`;
}
