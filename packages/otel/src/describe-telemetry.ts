import type { Instrumentation } from "@opentelemetry/instrumentation";
import type { Resource } from "@opentelemetry/resources";
import { instrumentationName } from "./loaded-module.ts";
import type { MetricPipeline } from "./metrics/metric-pipeline.ts";
import type { SignalPipeline } from "./signal-pipeline.ts";
import type { SignalDescription, TelemetryDescription } from "./telemetry.ts";
import type { TelemetryOptions } from "./telemetry-options.ts";

export interface TelemetryParts {
	readonly options: TelemetryOptions;
	readonly resource: Resource;
	readonly traces: SignalPipeline<unknown, object>;
	readonly logs: SignalPipeline<unknown, object>;
	readonly metrics: MetricPipeline;
	readonly instrumentations: readonly Instrumentation[];
}

/** What options and environment have come to. */
export function describeTelemetry({
	options,
	resource,
	traces,
	logs,
	metrics,
	instrumentations,
}: TelemetryParts): Omit<TelemetryDescription, "state" | "loadedTooEarly"> {
	return {
		resource: { ...resource.attributes },
		traces: describeSignal(traces),
		logs: describeSignal(logs),
		metrics: metrics.describe(),
		sampler: describeSampler(options),
		redaction: options.redact !== false,
		instrumentations: instrumentations.map(instrumentationName),
	};
}

function describeSignal({ delivery, exporters }: SignalPipeline<unknown, object>): SignalDescription {
	return { exporters, endpoint: delivery?.target.url, protocol: delivery?.target.protocol };
}

function describeSampler({ sampler }: TelemetryOptions): string {
	const name = process.env.OTEL_TRACES_SAMPLER?.trim();
	if (name) {
		const ratio = process.env.OTEL_TRACES_SAMPLER_ARG?.trim();
		return name.includes("ratio") ? `${name} ${ratio ?? "1"}` : name;
	}
	return sampler?.toString() ?? "parentbased_always_on";
}
