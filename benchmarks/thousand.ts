import { type PrometheusExporter, prometheusExporter } from "@footlight/exporters/prometheus";
import { bounds } from "./meter.ts";

/** Footlight's exporter with a thousand histograms recorded. */
export const exporter: PrometheusExporter = prometheusExporter();

const advice = { explicitBucketBoundaries: bounds };
const meter = exporter.meterProvider.getMeter("benchmark");
const histogram = meter.createHistogram("stage.duration", { unit: "s", advice });
for (let stage = 0; stage < 1_000; stage++) histogram.record(0.1, { "stage.name": `stage-${stage}`, outcome: "ok" });
