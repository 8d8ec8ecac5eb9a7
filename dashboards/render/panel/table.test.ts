import { expect, test } from "vitest";
import type { Panel } from "../dashboard.ts";
import type { Series } from "../series.ts";
import { gridOf } from "./table.ts";

const series = (refId: string, stage: string, value: number): Series => ({
	name: "",
	labels: { stage_name: stage },
	refId,
	points: [[0, value]],
});
const target = (refId: string) => ({ refId, expr: "", legendFormat: "" });
const panel: Panel = {
	type: "table",
	title: "Stages",
	gridPos: { x: 0, y: 0, w: 24, h: 8 },
	targets: [target("A"), target("B")],
	transformations: [
		{ id: "merge", options: {} },
		{
			id: "organize",
			options: {
				excludeByName: { Time: true },
				indexByName: { stage_name: 0, "Value #B": 1, "Value #A": 2 },
				renameByName: { stage_name: "Stage", "Value #A": "Calls", "Value #B": "Failed" },
			},
		},
	],
	options: { sortBy: [{ displayName: "Failed", desc: true }] },
};

test("joins answers by labels, orders and names columns, and sorts rows; what has no value comes last", () => {
	const answers = [series("A", "load", 5), series("A", "fetch", 7), series("A", "chunk", 1)];
	expect(gridOf(panel, [...answers, series("B", "load", 0.1), series("B", "fetch", 0.4)])).toEqual({
		headings: ["Stage", "Failed", "Calls"],
		rows: [
			["fetch", 0.4, 7],
			["load", 0.1, 5],
			["chunk", undefined, 1],
		],
	});
});
