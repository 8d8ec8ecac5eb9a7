import { footlight } from "@footlight/core";
import { prometheusMetering } from "../../prometheus.ts";
import { type Stage, work } from "../../work.ts";

const { meterProvider, total } = prometheusMetering();
const stage: Stage = footlight("benchmark", { meterProvider }).stage("work", work);

export default stage;

export async function recorded(): Promise<Record<string, number>> {
	return { durations: await total("pipeline.stage.duration"), calls: await total("pipeline.stage.calls") };
}
