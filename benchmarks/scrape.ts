import { measured } from "./child.ts";
import type { Column, Figures, Row, Table } from "./table.ts";

interface ScrapeRow extends Row {
	readonly subject: string;
}

const milliseconds: Column = { heading: "ms", show: ({ ns = 0 }) => (ns / 1e6).toFixed(2) };
const against = "prom-client";

/** What one scrape costs: a thousand histograms of fifteen bounds. */
export const scrape: Table<ScrapeRow> = {
	title: "One scrape of 1,000 histograms, fifteen bounds each",
	columns: [milliseconds],
	rows: [
		{ label: "footlight, text", subject: "footlight", against },
		{ label: "footlight, OpenMetrics", subject: "footlight-openmetrics", against },
		{ label: against, subject: "prom-client" },
		{ label: "@prometheus-io/client", subject: "prometheus-io", against },
		{ label: "OTel SDK and PrometheusSerializer", subject: "otel", against },
	],
	measure: ({ label, subject }) => measured(label, "scrape.ts", [subject]) as Figures,
};
