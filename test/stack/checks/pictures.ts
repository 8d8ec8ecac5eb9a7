import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { renderDashboards } from "../../../dashboards/render/render-dashboards.ts";
import type { Stack } from "../stack.ts";

/** Four scrapes of two seconds: a breaker that is half open for a few calls is seen. */
export const pictureRateInterval = "8s";

/** Every dashboard can be drawn from the demo's data, with something on every panel. */
export async function pictures({ prometheusUrls: [newest], startedAt, folder }: Stack): Promise<string> {
	const htmlOnly = spawnSync(process.env.CHROMIUM_PATH ?? "chromium", ["--version"]).status !== 0;
	const rendered = await renderDashboards({
		prometheusUrl: newest?.url ?? "",
		from: new Date(startedAt),
		to: new Date(),
		rateInterval: pictureRateInterval,
		out: join(folder, "pictures"),
		htmlOnly,
	});
	const empty = rendered.flatMap(({ name, empty }) => empty.map((title) => `${name} / ${title}`));
	if (empty.length > 0) throw new Error(`nothing is drawn on ${empty.join(", ")}`);
	const bytes = await Promise.all(rendered.map(async ({ file }) => (await readFile(file)).length));
	const kilobytes = Math.round(bytes.reduce((sum, one) => sum + one, 0) / 1_000);
	return `${rendered.length} ${htmlOnly ? "pages (no Chromium to take pictures with)" : "pictures"}, ${kilobytes} kB`;
}
