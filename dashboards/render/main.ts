import { parseArgs } from "node:util";
import { renderDashboards } from "./render-dashboards.ts";

const usage = `Draws the dashboards from the data of a Prometheus, without a Grafana.

Usage: node --conditions=@footlight/source dashboards/render/main.ts --prometheus URL --from TIME --to TIME --out FOLDER

  --prometheus URL      where Prometheus is
  --from, --to TIME     what to show, as 2026-11-21T20:30:00Z
  --out FOLDER          where the pictures go
  --dashboard NAME      only this one, such as resilience; may be repeated
  --rate-interval TIME  shortest interval of rates: four scrapes (default 20s)
  --html-only           keep the pages, and make no pictures
  --help                show this text

CHROMIUM_PATH names the Chromium that makes the pictures (default: chromium).
`;

function fail(message: string): never {
	process.stderr.write(`${message}\n\n${usage}`);
	process.exit(2);
}

function read() {
	const text = { type: "string" } as const;
	const flag = { type: "boolean", default: false } as const;
	try {
		return parseArgs({
			options: {
				...{ prometheus: text, from: text, to: text, out: text, "rate-interval": text },
				dashboard: { ...text, multiple: true },
				"html-only": flag,
				help: { ...flag, short: "h" },
			},
		}).values;
	} catch (error) {
		fail((error as Error).message);
	}
}

function time(name: string, text: string): Date {
	const date = new Date(text);
	return Number.isNaN(date.getTime()) ? fail(`--${name} is no time: ${text}`) : date;
}

const { help, prometheus, from, to, out, dashboard, "rate-interval": rateInterval, "html-only": htmlOnly } = read();
if (help) {
	process.stdout.write(usage);
	process.exit(0);
}
if (prometheus === undefined || from === undefined || to === undefined || out === undefined) {
	fail("--prometheus, --from, --to and --out are needed");
}
const rendered = await renderDashboards({
	prometheusUrl: prometheus,
	from: time("from", from),
	to: time("to", to),
	out,
	htmlOnly,
	...(dashboard !== undefined && { dashboards: dashboard }),
	...(rateInterval !== undefined && { rateInterval }),
});
for (const { file, empty } of rendered) {
	console.log(`${file}${empty.length === 0 ? "" : `\n  no data: ${empty.join(", ")}`}`);
}
