import { measured } from "./child.ts";
import type { Mode } from "./provider.ts";
import { column, type Figures, type Row, type Table } from "./table.ts";

interface StageRow extends Row {
	readonly subject: string;
	readonly mode: Mode;
}

// A young generation larger than what a row allocates while it is counted.
const allocationFlags = ["--expose-gc", "--min-semi-space-size=64", "--max-semi-space-size=128"];

const byHand = "hand-written span (H)";
const byHandInFull = "hand-written full (F)";
const byHandWithCost = "hand-written full + cost";
const byHandWithTokens = "hand-written full + cost + tokens";

/** What one instrumented async stage costs. */
export const overhead: Table<StageRow> = stages("One awaited call of an async stage", [
	{ label: "bare await", subject: "bare", mode: "no-sdk" },
	{ label: byHand, subject: "hand-written-span", mode: "sdk" },
	{ label: "footlight", subject: "footlight-span", mode: "sdk", against: byHand, atMost: 1 },
	{ label: "@traceloop withTask", subject: "traceloop", mode: "sdk", against: byHand },
	{ label: "@langfuse observe", subject: "langfuse", mode: "sdk", against: byHand },
	{ label: "openinference withSpan", subject: "openinference", mode: "sdk", against: byHand },
	{ label: "Effect withSpan", subject: "effect", mode: "sdk", against: byHand },
	{ label: "hand-written span + line", subject: "hand-written-span-and-line", mode: "sdk" },
	{
		label: "footlight + line",
		subject: "footlight-span-and-line",
		mode: "sdk",
		against: "hand-written span + line",
		atMost: 1,
	},
	{ label: "hand-written, sampled out", subject: "hand-written-span", mode: "sampled-out" },
	{
		label: "footlight, sampled out",
		subject: "footlight-span",
		mode: "sampled-out",
		against: "hand-written, sampled out",
		atMost: 1,
	},
	{ label: "hand-written, no SDK", subject: "hand-written-span", mode: "no-sdk" },
	{
		label: "footlight, no SDK",
		subject: "footlight-span",
		mode: "no-sdk",
		against: "hand-written, no SDK",
		atMost: 1.3,
	},
]);

/** The same with everything beside the span: metrics, a line, and what a model's answer cost. */
export const fullStage: Table<StageRow> = stages("One awaited call, with span, duration, count and line", [
	{ label: byHandInFull, subject: "hand-written-full", mode: "sdk" },
	{ label: "footlight full", subject: "footlight-full", mode: "sdk", against: byHandInFull, atMost: 0.9 },
	{ label: "footlight full, OTel metrics", subject: "footlight-full-on-otel", mode: "sdk", against: byHandInFull },
	{ label: byHandWithCost, subject: "hand-written-cost", mode: "sdk" },
	{ label: byHandWithTokens, subject: "hand-written-cost-and-tokens", mode: "sdk" },
	{ label: "footlight full + cost", subject: "footlight-cost", mode: "sdk", against: byHandWithCost },
	{
		label: "footlight full + cost, the same metrics",
		subject: "footlight-cost",
		mode: "sdk",
		against: byHandWithTokens,
		atMost: 0.9,
	},
	{
		label: "footlight full + cost, OTel metrics",
		subject: "footlight-cost-on-otel",
		mode: "sdk",
		against: byHandWithTokens,
	},
	{ label: byHand, subject: "hand-written-span", mode: "sdk" },
	{ label: "hand-written metrics, sampled out", subject: "hand-written-metrics", mode: "sampled-out", against: byHand },
	{
		label: "footlight metrics, sampled out",
		subject: "footlight-metrics",
		mode: "sampled-out",
		against: byHand,
		atMost: 0.75,
	},
]);

function stages(title: string, rows: readonly StageRow[]): Table<StageRow> {
	return {
		title,
		columns: [column("ns", "ns"), column("bytes", "bytes")],
		rows,
		measure: ({ label, subject, mode }) => measured(label, "stage.ts", [subject, mode], allocationFlags) as Figures,
		pair: (row, against) =>
			measured(row.label, "stage-pair.ts", [row.subject, row.mode, against.subject, against.mode]) as Figures,
	};
}
