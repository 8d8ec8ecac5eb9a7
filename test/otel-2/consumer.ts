// A user's file on API 1.9: the published types have to hold there, their declarations included.
import { footlight, type Logger, observe } from "@footlight/core";
import { recordingSink } from "@footlight/core/testing";
import {
	baggageAttributes,
	losslessLogProcessor,
	losslessSpanProcessor,
	redaction,
	sizeLimits,
	tailSampling,
} from "@footlight/otel/processors";
import { type Span, trace } from "@opentelemetry/api";
import { InMemoryLogRecordExporter, LoggerProvider } from "@opentelemetry/sdk-logs";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

const light = footlight("typed", { use: [observe()] });
const lengthOf = light.stage("length-of", async (text: string) => text.length);

export type UsedLogger = Logger;
export const span: Span | undefined = trace.getActiveSpan();
export const length: Promise<number> = light.run({ userId: "user-7" }, () => lengthOf("seven"));
export const sink = recordingSink();
export const provider: TracerProvider = new TracerProvider({
	spanProcessors: [
		baggageAttributes({ keys: ["user.id"] }),
		redaction(),
		sizeLimits(),
		new SimpleSpanProcessor({ exporter: new InMemorySpanExporter() }),
		losslessSpanProcessor({ exporter: new InMemorySpanExporter() }),
		tailSampling({
			ratio: 0.1,
			processors: [
				losslessSpanProcessor({ exporter: new InMemorySpanExporter() }),
				new SimpleSpanProcessor({ exporter: new InMemorySpanExporter() }),
			],
		}),
	],
});
export const loggers: LoggerProvider = new LoggerProvider({
	processors: [losslessLogProcessor({ exporter: new InMemoryLogRecordExporter() })],
});
