import { attributeSets, durations } from "../../labels.ts";
import { bounds, otelMetering } from "../../meter.ts";

const { meterProvider, total } = otelMetering();
const advice = { explicitBucketBoundaries: bounds };
const histogram = meterProvider.getMeter("benchmark").createHistogram("stage.duration", { unit: "s", advice });

export default (index: number): void => histogram.record(durations[index & 1_023] as number, attributeSets[index & 15]);

export const recorded = (): Promise<number> => total("stage.duration");
