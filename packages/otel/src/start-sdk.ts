import { warn } from "@footlight/core";
import type { Instrumentation } from "@opentelemetry/instrumentation";
import type { Resource } from "@opentelemetry/resources";
import type { LogRecordProcessor } from "@opentelemetry/sdk-logs";
import type { IMetricReader } from "@opentelemetry/sdk-metrics";
import { NodeSDK } from "@opentelemetry/sdk-node";
import type { Sampler, SpanProcessor } from "@opentelemetry/sdk-trace";
import { markDisabled } from "./disabled.ts";
import { registeredProvider } from "./provider.ts";

export interface SdkParts {
	readonly resource: Resource;
	readonly instrumentations: Instrumentation[];
	readonly processors: { readonly spans: SpanProcessor[]; readonly logs: LogRecordProcessor[] };
	/** Of the meter provider that NodeSDK makes; it makes none where there are none. */
	readonly metricReaders: IMetricReader[];
	readonly sampler: Sampler | undefined;
}

/** Starts NodeSDK with our own processors and resource; sampler, limits and propagators it reads from OTEL_*. */
export function startSdk({ resource, instrumentations, processors, metricReaders, sampler }: SdkParts): NodeSDK {
	warnOfForeignProvider();
	const sdk = new NodeSDK({
		...{ resource, autoDetectResources: false, instrumentations },
		...{ spanProcessors: processors.spans, logRecordProcessors: processors.logs },
		...(sampler !== undefined && !process.env.OTEL_TRACES_SAMPLER && { sampler }),
		metricReaders,
	});
	sdk.start();
	// Without a processor there is no provider: nobody wants spans, and core need not ask for one.
	markDisabled(processors.spans.length === 0);
	return sdk;
}

function warnOfForeignProvider(): void {
	const foreign = registeredProvider();
	if (foreign === undefined) return;
	warn(
		"FOOTLIGHT_FOREIGN_PROVIDER",
		`another tracer provider (${foreign.constructor.name}) is registered already and keeps getting the spans; ` +
			"startTelemetry() must run first, or give its processors to that provider.",
	);
}
