import { Histogram, Registry } from "prom-client";
import { bounds } from "../../meter.ts";

const registry = new Registry();
const labelNames = ["stage_name", "outcome", "otel_scope_name"];
const histogram = new Histogram({
	name: "stage_duration",
	help: "d",
	labelNames,
	buckets: bounds,
	registers: [registry],
});
// Footlight and the SDK of OpenTelemetry say who made an instrument; so does this, to write as much.
const scope = { otel_scope_name: "benchmark" };
for (let stage = 0; stage < 1_000; stage++)
	histogram.observe({ stage_name: `stage-${stage}`, outcome: "ok", ...scope }, 0.1);

export default (): Promise<string> => registry.metrics();
