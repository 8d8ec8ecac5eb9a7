import { everywhere, risen, share, sumBy } from "../promql.ts";
import { define, label } from "./alert.ts";

const { series } = everywhere;
const byProcess = ["job", "instance", "exporter.name"] as const;
const byReason = ["job", "exporter.name", "error.type"] as const;

export const exporterQueueNearlyFull = define({
	name: "PipelineExporterQueueNearlyFull",
	defaults: { severity: "warning", for: "5m", threshold: 0.8 },
	by: byProcess,
	operator: ">",
	thresholdBelow: 1,
	dashboard: "streaming",
	panel: "Exporter queue utilisation",
	summary: `Exporter ${label("exporter.name")} cannot keep up.`,
	description: () =>
		`The queue of exporter ${label("exporter.name")} in ${label("instance")} (${label("job")}) is {{ $value | humanizePercentage }} full; once it is full, items are dropped or callers wait.`,
	value: () =>
		share(
			sumBy(byProcess, series("pipeline.exporter.queue.size")),
			sumBy(byProcess, series("pipeline.exporter.queue.capacity")),
		),
});

export const exporterDroppingData = define({
	name: "PipelineExporterDroppingData",
	defaults: { severity: "warning", for: "5m", threshold: 0, window: "10m" },
	by: byReason,
	operator: ">",
	dashboard: "streaming",
	panel: "Items given up by reason",
	summary: `Exporter ${label("exporter.name")} loses items.`,
	description: ({ window }) =>
		`Exporter ${label("exporter.name")} of ${label("job")} lost {{ $value | printf "%.0f" }} items in the last ${window} (${label("error.type")}): they never will be delivered.`,
	// The window is longer than the wait, so that a single loss is told.
	value: ({ window }) =>
		sumBy(byReason, risen(series("pipeline.exporter.items", { "error.type": { not: "" } }), window)),
});

export const metricsAbsent = define({
	name: "PipelineMetricsAbsent",
	defaults: { severity: "warning", for: "10m", memory: "1h" },
	// Where there is no process at all, there is no job to name either.
	by: [],
	operator: ">",
	fixedThreshold: 0,
	dashboard: "telemetry",
	panel: "Processes that record",
	isEmptyWhenWell: true,
	summary: "No metrics of Footlight{{ with $labels.job }} from {{ . }}{{ end }}.",
	description: ({ memory }) =>
		`{{ if $labels.job }}No process of {{ $labels.job }} sends metrics, and within the last ${memory} one did{{ else }}No process sends metrics of Footlight{{ end }}: none of the other alerts can fire.`,
	value: ({ memory }) => {
		const info = series("pipeline.sdk.info");
		return `(absent(${info}) or (count by (job) (last_over_time(${info}[${memory}])) unless count by (job) (${info})))`;
	},
});
