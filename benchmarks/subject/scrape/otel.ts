import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { bounds, OnDemand } from "../../meter.ts";

const reader = new OnDemand();
const meter = new MeterProvider({ readers: [reader] }).getMeter("benchmark");
const advice = { explicitBucketBoundaries: bounds };
const histogram = meter.createHistogram("stage.duration", { unit: "s", advice });
for (let stage = 0; stage < 1_000; stage++) histogram.record(0.1, { "stage.name": `stage-${stage}`, outcome: "ok" });
const serializer = new PrometheusSerializer();

export default async (): Promise<string> => serializer.serialize((await reader.collect()).resourceMetrics);
