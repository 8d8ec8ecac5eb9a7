import { measured } from "./child.ts";
import { column, type Figures, type Row, type Table } from "./table.ts";

interface RecordRow extends Row {
	readonly subject: string;
}

const histogram = "prom-client histogram, child";
const counter = "prom-client counter, child";

/** What one recording with a resolved label set costs: sixteen sets in turn where nothing else is said. */
export const metrics: Table<RecordRow> = {
	title: "One recording, three labels, already known",
	columns: [column("ns", "ns", 1)],
	rows: [
		{ label: "typed array, by hand", subject: "typed-array", against: histogram },
		{ label: "footlight histogram, one set", subject: "footlight-histogram-one", against: histogram, atMostNs: 60 },
		{ label: "footlight histogram", subject: "footlight-histogram", against: histogram, atMostNs: 60 },
		{ label: "footlight histogram, exemplars", subject: "footlight-exemplars", against: histogram, atMostNs: 60 },
		{ label: histogram, subject: "prom-client-histogram-child" },
		{ label: "prom-client histogram, object", subject: "prom-client-histogram", against: histogram },
		{ label: "@prometheus-io histogram, child", subject: "prometheus-io-histogram-child", against: histogram },
		{ label: "@prometheus-io histogram, object", subject: "prometheus-io-histogram", against: histogram },
		{ label: "OTel SDK histogram", subject: "otel-histogram", against: histogram },
		{ label: "footlight counter", subject: "footlight-counter", against: counter, atMostNs: 60 },
		{ label: counter, subject: "prom-client-counter-child" },
		{ label: "prom-client counter, object", subject: "prom-client-counter", against: counter },
		{ label: "@prometheus-io counter, child", subject: "prometheus-io-counter-child", against: counter },
		{ label: "@prometheus-io counter, object", subject: "prometheus-io-counter", against: counter },
		{ label: "OTel SDK counter", subject: "otel-counter", against: counter },
	],
	measure: ({ label, subject }) => measured(label, "record.ts", [subject]) as Figures,
};
