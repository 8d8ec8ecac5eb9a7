import { attributeSets } from "../../labels.ts";
import { prometheusMetering } from "../../prometheus.ts";

const { meterProvider, total } = prometheusMetering();
const counter = meterProvider.getMeter("benchmark").createCounter("stage.calls");

export default (index: number): void => counter.add(1, attributeSets[index & 15]);

export const recorded = (): Promise<number> => total("stage.calls");
