import { tailSampling } from "@footlight/otel/processors";
import type { Attributes } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { defaultResource, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";

/** For a batch, attempts and waits included: the program does not stay for them when it ends. */
const timeoutMillis = 500;

export interface BackgroundTraces {
	readonly tracerProvider: TracerProvider;
	/** What became of the spans that ended. */
	report(): { readonly ended: number; readonly kept: number; readonly sampledOut: number };
	shutdown(): Promise<void>;
}

/**
 * Traces of what nobody waits for: not drawn on the terminal, and of the rounds that `isRoutine` names only those kept that
 * say something: that failed, were slow, or tried again.
 */
export function backgroundTraces(serviceName: string, isRoutine: (pipeline: string) => boolean): BackgroundTraces {
	const sampling = tailSampling({
		ratio: 0,
		keepIf: ({ attributes }) => !isRoutine(String((attributes as Attributes)["pipeline.name"])),
		processors: [new BatchSpanProcessor({ exporter: quiet(new OTLPTraceExporter({ timeoutMillis })) })],
	});
	const resource = defaultResource()
		.merge(resourceFromAttributes({ "service.name": serviceName }))
		.merge(resourceFromAttributes(envDetector.detect().attributes ?? {}));
	const isOff = process.env.OTEL_SDK_DISABLED === "true" || process.env.OTEL_TRACES_EXPORTER === "none";
	const tracerProvider = new TracerProvider({ resource, spanProcessors: isOff ? [] : [sampling] });
	return { tracerProvider, report: () => sampling.report(), shutdown: () => tracerProvider.shutdown() };
}

/** Where nothing listens the traces of questions have said so already, and nobody waits for these. */
function quiet(exporter: SpanExporter): SpanExporter {
	return {
		export: (spans, done) => exporter.export(spans, () => done({ code: 0 })),
		shutdown: () => exporter.shutdown(),
	};
}
