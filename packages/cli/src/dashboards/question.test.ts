import { expect, test } from "vitest";
import { questionsOf } from "./question.ts";
import { readShipped } from "./shipped.ts";

test("panels of folded rows are found, and those that ask others than Prometheus are left out", () => {
	const prometheus = { type: "prometheus", uid: "$datasource" };
	const panel = (title: string, expr: string, more = {}) => ({ type: "stat", title, targets: [{ expr }], ...more });
	const questions = questionsOf({
		uid: "x",
		title: "X",
		panels: [
			panel("first", "a", { datasource: prometheus }),
			{ type: "row", title: "Row", panels: [panel("folded", "b")] },
			panel("traces", "c", { datasource: { type: "jaeger" } }),
			{ type: "timeseries", title: "mixed", targets: [{ expr: "d", datasource: { type: "loki" } }, { expr: "e" }] },
			{ type: "text", title: "words" },
		],
		annotations: {
			list: [
				{ name: "built in", builtIn: 1 },
				{ name: "opened", expr: "f", datasource: prometheus },
			],
		},
	});
	expect(questions.map(({ title, row, queries }) => [title, row, queries.map(({ expression }) => expression)])).toEqual(
		[
			["first", undefined, ["a"]],
			["folded", "Row", ["b"]],
			["mixed", "Row", ["e"]],
			["opened", undefined, ["f"]],
		],
	);
});

test("every panel that is shipped and has queries is asked", async () => {
	for (const { content } of (await readShipped()).dashboards) {
		const withQueries = content.panels.filter(({ targets = [] }) => targets.length > 0);
		const panels = questionsOf(content).filter(({ kind }) => kind === "panel");
		expect(panels.map(({ title }) => title)).toEqual(withQueries.map(({ title }) => title));
		expect(panels.flatMap(({ queries }) => queries)).toHaveLength(
			withQueries.flatMap(({ targets = [] }) => targets).length,
		);
	}
});
