// Draws the pictures of the docs from the demo in a real stack: `npm run pictures`. It takes four minutes.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { renderDashboards } from "../../dashboards/render/render-dashboards.ts";
import { root } from "../../scripts/command.ts";
import { findPrograms } from "../../stack/programs.ts";
import { pictureRateInterval } from "./checks/pictures.ts";
import { withStack } from "./stack.ts";

/** It reads its documents first, and rates need a past. */
const settlingMs = 20_000;
const shownMs = 180_000;

const programs = await findPrograms();
if (typeof programs === "string") throw new Error(`pictures: ${programs}`);
const [newest] = programs.prometheus;
await withStack({ ...programs, prometheus: [newest] }, async ({ prometheusUrls: [server], startedAt }) => {
	const from = new Date(startedAt + settlingMs);
	const to = new Date(from.getTime() + shownMs);
	await sleep(to.getTime() - Date.now());
	const out = join(root, "docs/images/dashboards");
	const options = { prometheusUrl: server?.url ?? "", from, to, rateInterval: pictureRateInterval, out };
	for (const { file, empty } of await renderDashboards(options)) {
		console.log(`${file}${empty.length > 0 ? `: no data on ${empty.join(", ")}` : ""}`);
	}
});
