import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Dashboard } from "./dashboard.ts";
import { dashboardPage } from "./page.ts";
import { prometheus } from "./prometheus.ts";
import { screenshot } from "./screenshot.ts";
import { readDuration, type TimeRange } from "./time-range.ts";

/** What to draw, and from where. */
export interface RenderOptions {
	readonly prometheusUrl: string;
	readonly from: Date;
	readonly to: Date;
	/**
	 * The shortest interval that rates are taken over: four scrapes.
	 * @default "20s"
	 */
	readonly rateInterval?: string;
	/** Folder for the pictures. */
	readonly out: string;
	/** Names of dashboards, such as `resilience`; all by default. */
	readonly dashboards?: readonly string[];
	/**
	 * Whether the pages are kept and no pictures made.
	 * @default false
	 */
	readonly htmlOnly?: boolean;
}

/** A dashboard that was drawn. */
export interface Rendered {
	readonly name: string;
	readonly file: string;
	/** Titles of panels that said "No data". */
	readonly empty: readonly string[];
}

const folder = join(import.meta.dirname, "../grafana");
const prefix = "footlight-";

/** Draws the committed dashboards from the data of a Prometheus. */
export async function renderDashboards(options: RenderOptions): Promise<readonly Rendered[]> {
	const { prometheusUrl, from, to, rateInterval = "20s", out, dashboards, htmlOnly = false } = options;
	if (!(from < to)) throw new RangeError(`render: from must be before to, got ${from.toString()} and ${to.toString()}`);
	const range: TimeRange = {
		fromMs: from.getTime(),
		toMs: to.getTime(),
		scrapeMs: readDuration("render: rateInterval", rateInterval) / 4,
	};
	const known = (await readdir(folder))
		.filter((file) => file.startsWith(prefix) && file.endsWith(".json"))
		.map((file) => file.slice(prefix.length, -".json".length))
		.toSorted();
	const unknown = dashboards?.find((name) => !known.includes(name));
	if (unknown !== undefined) {
		throw new RangeError(`render: dashboard must be one of ${known.join(", ")}, got ${JSON.stringify(unknown)}`);
	}
	await mkdir(out, { recursive: true });
	const ask = prometheus(prometheusUrl);
	const rendered: Rendered[] = [];
	for (const name of dashboards ?? known) {
		const dashboard: Dashboard = JSON.parse(await readFile(join(folder, `${prefix}${name}.json`), "utf8"));
		const { html, width, height, empty } = await dashboardPage(ask, dashboard, range);
		const page = join(out, `${name}.html`);
		await writeFile(page, html);
		if (htmlOnly) {
			rendered.push({ name, file: page, empty });
			continue;
		}
		const picture = join(out, `${name}.png`);
		await screenshot(page, picture, { width, height });
		await rm(page);
		rendered.push({ name, file: picture, empty });
	}
	return rendered;
}
