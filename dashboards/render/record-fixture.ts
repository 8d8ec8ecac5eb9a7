// Records what a Prometheus answers for a few panels of each kind, for the test of a whole page:
//   node --conditions=@footlight/source dashboards/render/record-fixture.ts URL TO
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Dashboard } from "./dashboard.ts";
import { answerKey, fixtureFile, type PageFixture } from "./page.fixture.ts";
import { dashboardPage } from "./page.ts";
import { type Ask, prometheus } from "./prometheus.ts";

const recorded = {
	resilience: [
		"State of every breaker",
		"Share of time not closed",
		"Calls through breakers by result",
		"Attempts per call",
		"Retry budget used",
	],
	overview: ["Failed runs", "Run duration", "Stages"],
} as const;
const shownMs = 90_000;
const scrapeMs = 5_000;

const [url, to] = process.argv.slice(2);
if (url === undefined || to === undefined) throw new RangeError("the address of a Prometheus and a time are needed");

const read = (name: string): Dashboard =>
	JSON.parse(readFileSync(join(import.meta.dirname, `../grafana/footlight-${name}.json`), "utf8"));
const whole = read("resilience");
const panels = Object.entries(recorded).flatMap(([name, titles]) =>
	titles.map((title) => {
		const panel = read(name).panels.find((candidate) => candidate.title === title);
		if (panel === undefined) throw new RangeError(`the dashboard ${name} has no panel ${title}`);
		return panel;
	}),
);
const dashboard: Dashboard = {
	...whole,
	panels: panels.map((panel, index) => ({ ...panel, gridPos: { x: 0, y: index * 8, w: 24, h: 8 } })),
};
const toMs = new Date(to).getTime();
const range = { fromMs: toMs - shownMs, toMs, scrapeMs };
const answers: Record<string, unknown> = {};
const server = prometheus(url);
const recording: Ask = async (path, parameters) => {
	const answer = await server(path, parameters);
	answers[answerKey(path, parameters)] = answer;
	return answer;
};
await dashboardPage(recording, dashboard, range);
writeFileSync(fixtureFile, `${JSON.stringify({ dashboard, range, answers } satisfies PageFixture, null, 1)}\n`);
