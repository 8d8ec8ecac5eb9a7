import { measured } from "./child.ts";
import { column, type Figures, type Row, type Table } from "./table.ts";

interface SpoolRow extends Row {
	readonly duty: "append" | "deliver" | "sync" | "open";
}

/** 200,000 events a second. */
const atMostNs = 5_000;

/** What it costs to keep small events on disk before they are delivered, and how soon a large spool gives its first. */
export const spool: Table<SpoolRow> = {
	title: "Small events emitted through a spool, 500 at a time; a spool of 1 GB is opened and gives its first batch",
	columns: [column("ns", "ns"), column("events/s", "rate"), column("first batch ms", "firstMs"), column("GB", "gb", 2)],
	rows: [
		{ label: "spool: emitted, sink away", duty: "append", atMostNs },
		{ label: "spool: emitted and delivered", duty: "deliver", atMostNs },
		{ label: "spool: emitted, disk synced", duty: "sync" },
		{ label: "spool: 1 GB opened", duty: "open" },
	],
	measure: ({ label, duty }) => measured(label, "spool.ts", [duty]) as Figures,
	footer: (medians) => {
		const first = medians.get("spool: 1 GB opened")?.firstMs;
		return first === undefined ? [] : [`first batch of 1 GB within 1000 ms: ${first <= 1_000 ? "met" : "missed"}`];
	},
};
