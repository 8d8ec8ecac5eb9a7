import { measured } from "./child.ts";
import type { nodes, Shape } from "./graph.ts";
import { column, type Figures, type Row, type Table, verdict } from "./table.ts";

interface RunnerRow extends Row {
	readonly subject: string;
	readonly shape: Shape;
	readonly nodes: keyof typeof nodes;
}

const shapes: readonly Shape[] = ["linear-10", "dag-100", "dag-1k", "dag-10k", "dag-100k", "linear-100k"];
const floor = "in-degree, by hand";
const ours = "footlight pipeline";

/** What it costs to run a graph, without telemetry: of one node, and in memory for a whole run. */
export const runner: Table<RunnerRow> = {
	title: "One node of a graph, no telemetry; memory: what a first run adds at its peak; build: once, before any run",
	columns: [column("ns", "ns"), column("peak MB", "peakMb", 1), column("build ms", "buildMs", 1)],
	rows: [
		...shapes.flatMap((shape) => [
			row(floor, "in-degree", shape),
			{ ...row(ours, "footlight", shape), atMost: 5 },
			row("footlight, defaults, no SDK", "footlight-defaults", shape),
			row("a promise for each node", "promises", shape),
			row("Effect.all", "effect", shape),
			...(shape.includes("0k") ? [] : [row("LangGraph StateGraph", "langgraph", shape)]),
		]),
		row(floor, "in-degree", "dag-1k", "sync"),
		row(ours, "footlight", "dag-1k", "sync"),
	],
	measure: (row) => measured(row.label, "runner.ts", [row.subject, row.shape, row.nodes], ["--expose-gc"]) as Figures,
	pair: (row, against) =>
		measured(row.label, "runner-pair.ts", [row.subject, against.subject, row.shape, row.nodes]) as Figures,
	footer(medians) {
		const times = shapes.flatMap((shape) => medians.get(`${shape} ${ours}`)?.ns ?? []);
		if (times.length < shapes.length) return [];
		const flatness = Math.max(...times) / Math.min(...times);
		return [
			`${ours}: dearest over cheapest node of all shapes ${flatness.toFixed(2)}, ${verdict("flat", flatness, 2)}`,
		];
	},
};

function row(name: string, subject: string, shape: Shape, nodes: RunnerRow["nodes"] = "async"): RunnerRow {
	const place = nodes === "sync" ? `${shape} (sync)` : shape;
	return {
		label: `${place} ${name}`,
		subject,
		shape,
		nodes,
		...(name !== floor && { against: `${place} ${floor}` }),
	};
}
