import { everywhere, increase, maxBy, rate, sumBy } from "../promql.ts";
import { define, label } from "./alert.ts";

const { series } = everywhere;
const byStream = ["job", "pipeline.name", "stage.name", "stream.name"] as const;
const byProcess = ["job", "instance", "pipeline.name", "stage.name", "stream.name"] as const;
const stream = `Stream ${label("stream.name")} of stage ${label("stage.name")} of ${label("pipeline.name")} (${label("job")})`;
const dashboard = "streaming";

export const streamBackpressure = define({
	name: "PipelineStreamBackpressure",
	defaults: { severity: "warning", for: "10m", threshold: 0.25, window: "5m" },
	by: byStream,
	operator: ">",
	dashboard,
	panel: "Time producers wait for room",
	summary: `Producers of stream ${label("stream.name")} wait for its consumers.`,
	description: ({ window }) =>
		`${stream}: producers of one process waited for {{ $value | humanizePercentage }} of the last ${window}, summed over them: consumers are too slow.`,
	// The worst process, so that the number of processes does not change what the threshold means.
	value: ({ window }) =>
		maxBy(byStream, sumBy(byProcess, rate(series("pipeline.stream.producer.blocked_time"), window))),
});

export const streamDropping = define({
	name: "PipelineStreamDropping",
	defaults: { severity: "warning", for: "5m", threshold: 0, window: "5m" },
	by: byStream,
	operator: ">",
	dashboard,
	panel: "Items dropped by reason",
	summary: `Stream ${label("stream.name")} drops items.`,
	description: ({ window }) =>
		`${stream} dropped {{ $value | printf "%.0f" }} items in the last ${window}: they were produced and nobody will see them.`,
	// What is left where a consumer has stopped is nobody's loss.
	value: ({ window }) =>
		sumBy(
			byStream,
			increase(series("pipeline.stream.dropped", { "stream.drop_reason": { not: ["cancelled", "closed"] } }), window),
		),
});
