import type { Attributes } from "@opentelemetry/api";
import { DataPointType, type Histogram, MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";

/** One series as a real SDK has it; of a histogram, how many values and their sum. */
export interface Point {
	readonly attributes: Attributes;
	readonly value: number;
	readonly sum?: number;
	readonly bounds?: readonly number[];
	readonly counts?: readonly number[];
}

export interface Metric {
	readonly name: string;
	readonly unit: string;
	readonly description: string;
	readonly isHistogram: boolean;
	readonly isMonotonic: boolean | undefined;
	readonly points: readonly Point[];
}

export interface RecordedMetrics {
	readonly meterProvider: MeterProvider;
	/** Everything the provider holds at this moment. */
	collect(): Promise<ReadonlyMap<string, Metric>>;
	/** The points of a metric whose attributes include the given ones. */
	points(name: string, attributes?: Attributes): Promise<Point[]>;
	/** Their values, added up. */
	total(name: string, attributes?: Attributes): Promise<number>;
}

class PulledReader extends MetricReader {
	protected override async onForceFlush(): Promise<void> {}
	protected override async onShutdown(): Promise<void> {}
}

/** A real provider of metrics, read by asking. */
export function recordMetrics(): RecordedMetrics {
	const reader = new PulledReader();
	const meterProvider = new MeterProvider({ readers: [reader] });

	async function collect(): Promise<ReadonlyMap<string, Metric>> {
		const { resourceMetrics, errors } = await reader.collect();
		if (errors.length > 0) throw errors[0];
		return new Map(
			resourceMetrics.scopeMetrics
				.flatMap((scope) => scope.metrics)
				.map((metric) => [
					metric.descriptor.name,
					{
						name: metric.descriptor.name,
						unit: metric.descriptor.unit,
						description: metric.descriptor.description,
						isHistogram: metric.dataPointType === DataPointType.HISTOGRAM,
						isMonotonic: metric.dataPointType === DataPointType.SUM ? metric.isMonotonic : undefined,
						points: metric.dataPoints.map(({ attributes, value }) => pointOf(attributes, value as number | Histogram)),
					},
				]),
		);
	}

	async function points(name: string, attributes: Attributes = {}): Promise<Point[]> {
		const wanted = Object.entries(attributes);
		const metric = (await collect()).get(name);
		return (metric?.points ?? []).filter((point) => wanted.every(([key, value]) => point.attributes[key] === value));
	}

	return {
		meterProvider,
		collect,
		points,
		async total(name, attributes) {
			return (await points(name, attributes)).reduce((sum, { value }) => sum + value, 0);
		},
	};
}

function pointOf(attributes: Attributes, value: number | Histogram): Point {
	if (typeof value === "number") return { attributes, value };
	const { count, sum, buckets } = value;
	return { attributes, value: count, sum: sum ?? 0, bounds: buckets.boundaries, counts: buckets.counts };
}
