import type { Color } from "./palette.ts";
import type { Variable } from "./promql.ts";

/** A question to Prometheus. */
export interface Query {
	readonly expression: string;
	/** How a series is called, with labels as `{{outcome}}`. */
	readonly legend: string;
	/** Whether points lead to the traces behind them; for histograms. */
	readonly exemplars?: boolean;
	/** For tables: the heading of its column. */
	readonly column?: Column;
}

/** A column of a table. */
export interface Column {
	readonly heading: string;
	readonly unit: Unit;
	readonly thresholds?: readonly Threshold[];
	readonly decimals?: number;
}

/** Units of Grafana that the dashboards use. */
export type Unit =
	| "s"
	| "percentunit"
	| "currencyUSD"
	| "bytes"
	| "short"
	| "none"
	| "reqps"
	| "ops"
	| "cps"
	| "dateTimeFromNow"
	| "suffix:x"
	| "suffix:/s"
	| "suffix:tokens/s";

/** From this value on, this colour; the first has no value. */
export interface Threshold {
	readonly from?: number;
	readonly color: Color;
}

/** Where a click on a point leads, besides to its traces. */
export type DrillDown = "resilience" | "stages" | "streaming" | "cost" | "telemetry";

interface Common {
	readonly title: string;
	/** What it shows, and what to do when it looks bad. */
	readonly description: string;
	readonly unit: Unit;
	/** Of 24 columns. */
	readonly width: number;
	/** In rows of Grafana's grid. @default 8; 4 for `stat` */
	readonly height?: number;
	readonly queries: readonly [Query, ...Query[]];
	readonly thresholds?: readonly [Threshold, ...Threshold[]];
	readonly decimals?: number;
	/** Colours of series by their names; a name between slashes is a pattern. */
	readonly colors?: Readonly<Record<string, Color>>;
	readonly drillDown?: DrillDown;
	/** What every value lies between where the demo runs: the proof fails outside of it. */
	readonly expected: readonly [least: number, most: number];
	/** Why its values may stand still in the demo; any other panel has to move. */
	readonly steady?: string;
	/** Why there may be nothing but zeros on it in the demo. */
	readonly mayBeZero?: string;
}

/** Lines, areas or bars over time. */
export interface TimeSeriesPanel extends Common {
	readonly kind: "timeseries";
	readonly draw?: "line" | "area" | "stacked" | "share" | "bars";
	/** Draws the thresholds as lines. */
	readonly thresholdLines?: boolean;
	readonly max?: number;
	/** Series that are dashed: limits, thresholds and capacities. */
	readonly dashed?: readonly string[];
	readonly logarithmic?: boolean;
}

/** One figure of each series, large. */
export interface StatPanel extends Common {
	readonly kind: "stat";
	readonly mappings?: readonly ValueText[];
	/** Draws the course behind the figure. @default true */
	readonly sparkline?: boolean;
}

/** A text and a colour for a value. */
export interface ValueText {
	readonly value: number;
	readonly text: string;
	readonly color: Color;
}

/** States over time, a row for each series. */
export interface StateTimelinePanel extends Common {
	readonly kind: "state-timeline";
	readonly mappings: readonly ValueText[];
}

/** How a histogram's recordings spread, over time. */
export interface HeatmapPanel extends Common {
	readonly kind: "heatmap";
	readonly yUnit: Unit;
}

/** Figures of now, joined by their labels: a row for each set of labels. */
export interface TablePanel extends Common {
	readonly kind: "table";
	/** Labels that rows have in common, with their headings. */
	readonly rows: Readonly<Record<string, string>>;
	readonly sortBy?: string;
}

/** A horizontal bar for each series, as it is now. */
export interface BarGaugePanel extends Common {
	readonly kind: "bargauge";
	readonly max?: number;
}

/** A panel of a dashboard. */
export type Panel = TimeSeriesPanel | StatPanel | StateTimelinePanel | HeatmapPanel | TablePanel | BarGaugePanel;

/** Panels under one heading, from left to right. */
export interface Row {
	readonly title: string;
	readonly panels: readonly Panel[];
}

/** What happened, drawn through all panels. */
export interface Annotation {
	readonly name: string;
	readonly expression: string;
	readonly title: string;
	readonly text: string;
	readonly color: Color;
	/** Whether the expression's value says when it happened, in milliseconds since 1970, rather than its point. */
	readonly valueIsTime?: boolean;
	/** Whether it is drawn until somebody hides it. */
	readonly isShown: boolean;
}

/** A dashboard, before it is Grafana's JSON. */
export interface Dashboard {
	/** Its uid is `footlight-` and this. */
	readonly name: string;
	readonly title: string;
	readonly description: string;
	/** Beside datasource, job and instance. */
	readonly variables: readonly Variable[];
	readonly rows: readonly Row[];
}
