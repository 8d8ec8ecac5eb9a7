import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Dashboard } from "./dashboard.ts";
import type { Ask } from "./prometheus.ts";
import type { TimeRange } from "./time-range.ts";

/** A dashboard with a panel of each kind, and what a Prometheus that watched the demo answered for it. */
export interface PageFixture {
	readonly dashboard: Dashboard;
	readonly range: TimeRange;
	readonly answers: Readonly<Record<string, unknown>>;
}

export const fixtureFile: string = join(import.meta.dirname, "page.fixture.json");

/** Names an answer by its question. */
export function answerKey(path: string, parameters: Readonly<Record<string, string>>): string {
	return `${path}?${new URLSearchParams(Object.entries(parameters).toSorted())}`;
}

/** Reads what was recorded, with something that answers as that Prometheus did. */
export function pageFixture(): { readonly dashboard: Dashboard; readonly range: TimeRange; readonly ask: Ask } {
	const { dashboard, range, answers }: PageFixture = JSON.parse(readFileSync(fixtureFile, "utf8"));
	const ask: Ask = async (path, parameters) => {
		const answer = answers[answerKey(path, parameters)];
		if (answer === undefined) throw new Error(`not recorded: ${path} ${JSON.stringify(parameters)}`);
		return answer;
	};
	return { dashboard, range, ask };
}
