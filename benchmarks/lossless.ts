import { measured } from "./child.ts";
import { column, type Figures, type Row, type Table, verdict } from "./table.ts";

interface SpanRow extends Row {
	readonly subject: "batch" | "lossless";
	readonly duty: "quick" | "slow" | "million";
}

const batch = "BatchSpanProcessor, answered at once";
const batchSlow = "BatchSpanProcessor, answered after 50 ms";
const losslessSlow = "lossless, answered after 50 ms";
const million = "lossless, a million spans, 50 ms";

/** What it costs to export a span over OTLP, and how many never arrive. */
export const lossless: Table<SpanRow> = {
	title: "20,000 spans a second to a collector on loopback; ns: CPU of the process for each span that was taken",
	columns: [column("ns", "ns"), column("lost %", "lostPercent", 1), column("MB", "mb"), column("MB later", "laterMb")],
	rows: [
		{ label: batch, subject: "batch", duty: "quick" },
		{ label: "lossless, answered at once", subject: "lossless", duty: "quick", against: batch, atMost: 1.1 },
		{ label: batchSlow, subject: "batch", duty: "slow" },
		{ label: losslessSlow, subject: "lossless", duty: "slow", against: batchSlow },
		{ label: million, subject: "lossless", duty: "million" },
	],
	measure: ({ label, subject, duty }) => measured(label, "spans.ts", [subject, duty], ["--expose-gc"]) as Figures,
	pair: (row, against) => measured(row.label, "spans-pair.ts", [row.subject, against.subject]) as Figures,
	footer(medians) {
		const lost = [losslessSlow, million].flatMap((label) => medians.get(label)?.lostPercent ?? []);
		const { mb, laterMb } = medians.get(million) ?? {};
		return [
			...(lost.length > 0 ? [verdict("lost by lossless", Math.max(...lost), 0)] : []),
			...(mb !== undefined && laterMb !== undefined
				? [verdict("heap after a million spans over that after 200,000", laterMb / mb, 1.1)]
				: []),
		];
	},
};
