import type { MeterProvider } from "@opentelemetry/api";
import { MetricReader, MeterProvider as SdkMeterProvider } from "@opentelemetry/sdk-metrics";

/** Upper bounds of the buckets that every histogram here has, in seconds. */
export const bounds: number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** A provider of meters, and what its metrics come to. */
export interface Metering {
	readonly meterProvider: MeterProvider;
	/** Sum of a counter, or how many values a histogram has seen, over all labels. */
	total(metric: string): Promise<number>;
}

/** Read by nobody but the bench itself: nothing is exported. */
export class OnDemand extends MetricReader {
	protected async onForceFlush(): Promise<void> {}
	protected async onShutdown(): Promise<void> {}
}

/** The metrics SDK of OpenTelemetry. */
export function otelMetering(): Metering {
	const reader = new OnDemand();
	return {
		meterProvider: new SdkMeterProvider({ readers: [reader] }),
		async total(metric) {
			const { resourceMetrics } = await reader.collect();
			const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
			const points = metrics
				.filter(({ descriptor }) => descriptor.name === metric)
				.flatMap<{ value: number | { count: number } }>(({ dataPoints }) => dataPoints);
			return points.reduce((sum, { value }) => sum + (typeof value === "number" ? value : value.count), 0);
		},
	};
}
