import { ROOT_CONTEXT, TraceFlags, trace } from "@opentelemetry/api";
import { attributeSets, durations } from "../../labels.ts";
import { bounds } from "../../meter.ts";
import { prometheusMetering } from "../../prometheus.ts";

const { meterProvider, total } = prometheusMetering();
const advice = { explicitBucketBoundaries: bounds };
const histogram = meterProvider.getMeter("benchmark").createHistogram("stage.duration", { unit: "s", advice });
const span = trace.wrapSpanContext({
	traceId: "0af7651916cd43dd8448eb211c80319c",
	spanId: "b7ad6b7169203331",
	traceFlags: TraceFlags.SAMPLED,
});
const context = trace.setSpan(ROOT_CONTEXT, span);

/** With the context of a sampled span, as Footlight's stages record: each recording becomes an exemplar. */
export default (index: number): void =>
	histogram.record(durations[index & 1_023] as number, attributeSets[index & 15], context);

export const recorded = (): Promise<number> => total("stage.duration");
